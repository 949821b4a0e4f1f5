"""Reads, folds and commits the partitions of a worker, exactly once."""
