"""The metrics that a worker exposes to Prometheus."""
