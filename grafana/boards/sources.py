"""The board of the live sources: what `ringboard connect` hears, and what it sends."""

from __future__ import annotations

from typing import Final

from grafana.boards.board import Board
from grafana.boards.panels import COUNT, PER_SECOND, SECONDS, Column
from grafana.boards.queries import age, greatest, rate, summed

CHOSEN: Final = ()
_WHOLE_SECONDS: Final = SECONDS._replace(decimals=0)


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("sources", language, CHOSEN, since="now-3h")
    panels = board.panels
    board.row(
        6,
        panels.table(
            "live_sources",
            24,
            "source",
            Column(greatest("ringboard_source_connected", ("source",)), "connected", COUNT),
            Column(greatest("ringboard_source_broker_connected", ("source",)), "broker_connected", COUNT),
            Column(age("ringboard_source_last_event_seconds", ("source",), "max"), "last_heard", _WHOLE_SECONDS),
            Column(summed("ringboard_source_open_calls", ("source",)), "open_calls", COUNT),
            Column(summed("ringboard_source_unsent", ("source",)), "unsent", COUNT),
            no_data="no_sources",
        ),
    )
    board.row(
        8,
        panels.lines(
            "source_events",
            12,
            rate("ringboard_source_events_total", ("source",), legend="{{source}}"),
            unit=PER_SECOND,
            no_data="no_sources",
        ),
        panels.lines(
            "source_trouble",
            12,
            *(
                rate(f"ringboard_source_{name}_total", legend=f"source_{name}", more_than=0)
                for name in ("refused", "reconnects", "calls_timed_out", "calls_reconciled", "messages_untimed")
            ),
            unit=PER_SECOND,
            no_data="no_trouble",
        ),
    )
    return board
