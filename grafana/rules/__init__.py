"""Prometheus' rules, drawn from the catalogue of KPIs and the declarations of the metrics."""
