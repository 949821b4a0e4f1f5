"""What Grafana, Prometheus and Alertmanager are given: boards and rules as code, and the files that are made of it."""
