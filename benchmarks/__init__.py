"""How fast Ringboard is, measured beside what else would do the work: `python -m benchmarks --help`."""
