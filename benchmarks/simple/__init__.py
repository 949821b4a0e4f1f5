"""The simple job: two tumbling tables of counts, sums and a histogram, which any stream processor can maintain."""
