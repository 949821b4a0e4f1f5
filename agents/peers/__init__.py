"""The other workers of the floor: which there are, what each owns, and what they show together."""
