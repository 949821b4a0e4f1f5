"""Compares what the formats of a recorded floor tell with its truth, call by call: `python -m tests.scoring`."""
