"""Prometheus' rules, generated from the catalogue of KPIs and the definitions of the metrics."""
