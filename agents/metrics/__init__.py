"""What a worker exposes to Prometheus."""
