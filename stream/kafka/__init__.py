"""Whatever touches Kafka outside Faust: clients, topics, partitions, and what stands on the control topic."""
