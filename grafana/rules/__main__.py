"""Writes the rules: `python -m grafana.rules`. A test compares the committed files with this output."""

from __future__ import annotations

from grafana.rules.files import FOLDER, files

for name, text in files().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
