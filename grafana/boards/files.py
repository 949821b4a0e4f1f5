"""The files of the boards for Grafana, as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grafana.boards import floor, follow_up, funnel, gateway, hours, live, pipeline, response, service, sources
from grafana.boards.wording import LANGUAGES

if TYPE_CHECKING:
    from grafana.boards.board import Board

FOLDER: Final = Path(__file__).parents[1] / "dashboards"
_MAKERS: Final = (
    floor.make, live.make, response.make, follow_up.make, funnel.make, hours.make, service.make, pipeline.make,
    sources.make, gateway.make,
)  # fmt: skip


def boards() -> list[Board]:
    """Return every board in every language."""
    return [make(language) for language in LANGUAGES for make in _MAKERS]


def files() -> dict[str, str]:
    """Return the content of each file, by its path in the folder."""
    return {
        f"{board.language}/{board.name}.json": json.dumps(board.as_object(), indent=2, ensure_ascii=False) + "\n"
        for board in boards()
    }
