"""Alertmanager's configuration, generated from a file of receivers: `python -m grafana.alertmanager receivers.toml`."""
