"""Writes the boards: `python -m grafana.boards`. A test compares the committed files with this output."""

from __future__ import annotations

from grafana.boards.files import FOLDER, files

for path, text in files().items():
    (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
    (FOLDER / path).write_text(text, encoding="utf-8")
