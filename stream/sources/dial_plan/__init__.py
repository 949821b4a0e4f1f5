"""What telephone systems with a dial plan have in common: channels, applications, and which way a call went."""
