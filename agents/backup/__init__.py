"""Back-ups of a floor: what is read from its broker while all runs, and written to an empty one."""
