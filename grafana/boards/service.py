"""The board of service: how inbound queues were served, and how occupied the reps were."""

from __future__ import annotations

from typing import Final

from grafana.boards.board import Board
from grafana.boards.floor import card
from grafana.boards.panels import COUNT, RATIO, UNITS, Column
from grafana.boards.queries import total, value
from grafana.boards.waiting import states
from stream.kpi.catalogue import BY_ID

CHOSEN: Final = ("queue", "team", "window")
_QUEUE: Final = ("queue",)
_TEAM: Final = ("team",)
_KPIS: Final = ("service_level", "abandon_rate", "average_speed_of_answer", "average_handle_time")


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("service", language, CHOSEN)
    panels = board.panels
    board.row(5, *(card(board, kpi, width) for kpi, width in zip((*_KPIS, "occupancy"), (5, 5, 5, 5, 4), strict=True)))
    board.row(
        8,
        panels.lines(
            "queue_calls",
            12,
            *(
                total(f"ringboard_window_queue_{name}", scope=_QUEUE, legend=f"queue_{name}")
                for name in ("offered", "answered", "abandoned", "timed_out")
            ),
            unit=COUNT,
        ),
        panels.lines("queue_shares", 12, *(value(kpi, legend=kpi) for kpi in _KPIS[:2]), unit=RATIO, most=1),
    )
    board.heading("queues")
    counts = ("offered", "answered", "abandoned", "timed_out")
    board.row(
        6,
        panels.table(
            "by_queue",
            24,
            "queue",
            *(
                Column(total(f"ringboard_window_queue_{name}", _QUEUE, scope=_QUEUE), f"queue_{name}", COUNT)
                for name in counts
            ),
            *(Column(value(kpi, _QUEUE), kpi, UNITS[BY_ID[kpi].unit]) for kpi in _KPIS),
            sort="queue_offered",
        ),
    )
    board.heading("reps")
    board.row(
        8,
        panels.lines("rep_states_over_time", 12, *states(), unit=COUNT, stacked=True),
        panels.lines("occupancy_by_team", 12, value("occupancy", _TEAM, legend="{{team}}"), unit=RATIO, most=1),
    )
    return board
