"""The types of events, how one is read, and why one is refused."""
