"""The gateway: takes what other systems post, and answers once the broker has it."""
