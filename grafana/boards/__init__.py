"""Grafana's boards as code: what is on each, in English and French, drawn from the catalogue of KPIs."""
