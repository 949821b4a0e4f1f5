"""The board of the gateway: what is posted to it, what it takes, and how soon it answers."""

from __future__ import annotations

from typing import Final

from grafana.boards import colours
from grafana.boards.board import Board
from grafana.boards.panels import COUNT, PER_SECOND, SECONDS
from grafana.boards.queries import least, rate, rate_quantile

CHOSEN: Final = ()


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("gateway", language, CHOSEN, since="now-3h")
    panels = board.panels
    board.row(
        8,
        panels.stat(
            "gateway_ready",
            4,
            least("ringboard_gateway_ready"),
            unit=COUNT,
            steps=colours.steps((None, colours.BAD), (1, colours.GOOD)),
            says="gateway",
            no_data="no_gateway",
        ),
        panels.lines(
            "gateway_requests",
            10,
            rate("ringboard_gateway_requests_total", ("status",), legend="{{status}}"),
            unit=PER_SECOND,
            no_data="no_gateway",
        ),
        panels.lines(
            "gateway_events",
            10,
            rate("ringboard_gateway_events_total", ("source",), legend="{{source}}"),
            unit=PER_SECOND,
            no_data="no_gateway",
        ),
    )
    board.row(
        8,
        panels.lines(
            "gateway_turned_away",
            12,
            rate("ringboard_gateway_turned_away_total", ("why",), legend="{{why}}", more_than=0),
            rate("ringboard_gateway_refused_total", ("reason",), legend="{{reason}}", more_than=0),
            unit=PER_SECOND,
            no_data="none_rejected",
        ),
        panels.lines(
            "gateway_time",
            12,
            *(
                rate_quantile(share, "ringboard_gateway_request_seconds", legend=f"p{share * 100:.0f}")
                for share in (0.5, 0.95)
            ),
            unit=SECONDS._replace(decimals=None),
            no_data="no_gateway",
        ),
    )
    return board
