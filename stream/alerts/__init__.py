"""Alerts on single leads, which no metric label may name: what is late, and what to post to Alertmanager."""
