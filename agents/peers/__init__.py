"""The workers of one floor: who they are, what each holds, and what they show together."""
