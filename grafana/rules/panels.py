"""Which panel of a board draws a metric: alerts link to it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

BOARDS: Final = Path(__file__).parents[1] / "dashboards" / "en"


@cache
def _board(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((BOARDS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def panel_path(board: str, shows: str) -> str:
    """Return the path in Grafana of the first panel of `board` that draws `shows`; raise LookupError if none does."""
    content = _board(board)
    for panel in content["panels"]:
        if any(shows in target["expr"] for target in panel.get("targets", ())):
            return f"/d/{content['uid']}?viewPanel={panel['id']}"
    raise LookupError(f"no panel of the board {board} draws {shows}")
