"""Grafana's boards as code: their panels, in English and French, generated from the catalogue of KPIs."""
