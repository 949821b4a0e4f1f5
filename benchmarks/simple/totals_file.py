"""The JSON file in which each simple job returns its tables, which are compared after the timed run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.simple.events import Totals


def write_totals(path: Path, tables: Mapping[str, Totals]) -> None:
    """Write `tables` as lists of owner, start of the window, and cell."""
    rows = {table: [[*key, cell] for key, cell in cells.items()] for table, cells in tables.items()}
    path.write_text(json.dumps(rows), encoding="utf-8")


def read_totals(path: Path) -> dict[str, Totals]:
    """Return the tables that `write_totals` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {table: {(owner, window): cell for owner, window, cell in rows} for table, rows in content.items()}
