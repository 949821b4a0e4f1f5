"""Alerts that name a lead, which no label of a metric may: what they say, when, and how Alertmanager is told."""
