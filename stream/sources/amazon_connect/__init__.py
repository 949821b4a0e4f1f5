"""Amazon Connect: contact and agent events, by webhook."""
