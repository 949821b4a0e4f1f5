"""The board of service: inbound queues, and what the reps are doing."""

from __future__ import annotations

from typing import Final

from agents.metrics.metrics import REP_STATES
from grafana.boards.board import Board
from grafana.boards.floor import card
from grafana.boards.panels import COUNT, RATIO, UNITS, Column
from grafana.boards.queries import greatest, total, value
from stream.kpi.catalogue import BY_ID

CHOSEN: Final = ("queue", "team", "window")
_QUEUE: Final = ("queue",)
_TEAM: Final = ("team",)
_KPIS: Final = ("service_level", "abandon_rate", "average_speed_of_answer", "average_handle_time")


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("service", language, CHOSEN)
    panels = board.panels
    waiting = total("ringboard_queue_calls_waiting", scope=_QUEUE, window=None, legend="calls_waiting")
    oldest = greatest("ringboard_queue_oldest_wait_seconds", scope=_QUEUE, legend="oldest")
    board.row(
        5,
        *(card(board, kpi) for kpi in (*_KPIS, "occupancy")),
        panels.stat("calls_waiting", 4, waiting, oldest, unit=COUNT, times="B", names=True),
    )
    board.row(
        8,
        panels.lines(
            "queue_depth",
            12,
            total("ringboard_queue_calls_waiting", _QUEUE, scope=_QUEUE, window=None, legend="{{queue}}"),
            unit=COUNT,
        ),
        panels.lines(
            "queue_calls",
            12,
            *(
                total(f"ringboard_window_queue_{name}", scope=_QUEUE, legend=f"queue_{name}")
                for name in ("offered", "answered", "abandoned", "timed_out")
            ),
            unit=COUNT,
        ),
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
    states = [
        total("ringboard_reps", labels={"state": state}, scope=_TEAM, window=None, legend=f"state_{state}")
        for state in REP_STATES
    ]
    board.row(
        8,
        panels.bars("rep_states", 6, *states, unit=COUNT),
        panels.lines("rep_states_over_time", 10, *states, unit=COUNT, stacked=True),
        panels.lines("occupancy_by_team", 8, value("occupancy", _TEAM, legend="{{team}}"), unit=RATIO, most=1),
    )
    return board
