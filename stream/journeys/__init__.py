"""From events to journeys and slices: the state of a partition, and what a batch of records changes in it."""
