"""The simple job: two tumbling tables of counts, sums and a histogram, as any stream processor could keep them."""
