"""How a worker reads, folds and commits its partitions, exactly once."""
