"""Writes the rules again: `python -m grafana.rules`. A test compares what is there with what this would write."""

from __future__ import annotations

from grafana.rules.files import FOLDER, files

for name, text in files().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
