"""The reference pages of docs/ that are drawn from declarations: `python -m stream.documentation`."""

from __future__ import annotations

from stream.documentation import events, kafka, kpis

PAGES = {"kpis.md": kpis.render, "events.md": events.render, "kafka.md": kafka.render}
"""What draws each page of docs/."""
