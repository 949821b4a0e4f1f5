"""Alertmanager's configuration, made of who is to be told: `python -m grafana.alertmanager receivers.toml`."""
