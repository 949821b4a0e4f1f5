"""A Kafka topic of the user's own, read by a mapping."""
