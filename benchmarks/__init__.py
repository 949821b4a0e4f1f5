"""Benchmarks of Ringboard and of other stream processors: `python -m benchmarks --help`."""
