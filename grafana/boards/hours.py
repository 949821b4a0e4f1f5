"""The board of the best hours: when people answer and when they talk, by the hour of the week."""

from __future__ import annotations

from typing import Final

from grafana.boards.board import COLUMNS, Board
from grafana.boards.panels import COUNT, RATIO
from grafana.boards.queries import OfSamples, quotient, total
from grafana.boards.week_panel import week
from grafana.rules.limits import ENOUGH_IN_AN_HOUR

CHOSEN: Final = ("campaign",)
_BY: Final = ("day", "hour")
_ATTEMPTS: Final = OfSamples("ringboard_hour_of_week_attempts", _BY, window=None)


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("hours", language, CHOSEN)
    for kpi, above in (("answer_rate", "answered"), ("contact_rate", "contacts")):
        top = OfSamples(f"ringboard_hour_of_week_{above}", _BY, window=None)
        shares = quotient(top, _ATTEMPTS, scope=CHOSEN, least=ENOUGH_IN_AN_HOUR)
        board.row(9, week(board.panels, f"{kpi}.hours", COLUMNS, shares, RATIO._replace(decimals=0)))
    attempts = total(_ATTEMPTS.metric, _BY, scope=CHOSEN, window=None)
    board.row(9, week(board.panels, "attempts_by_hour", COLUMNS, attempts, COUNT))
    return board
