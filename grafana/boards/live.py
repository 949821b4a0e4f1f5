"""The board of what is now: who waits, what is to do, and what each rep and each queue is at."""

from __future__ import annotations

from typing import Final

from agents.metrics.metric_defs import CUSTOMERS_AT_RISK, REP_FOLLOW_UPS_DUE, REP_STATE_SECONDS
from grafana.boards import colours
from grafana.boards.board import Board
from grafana.boards.panels import COUNT, SECONDS, Column
from grafana.boards.queries import greatest, total
from grafana.boards.waiting import by_band, due, rep_states
from stream.journeys.due import BANDS as DUE_BANDS

CHOSEN: Final = ("campaign", "team", "queue")
_QUEUE: Final = ("queue",)
_TEAM: Final = ("team",)
_WHOLE_SECONDS: Final = SECONDS._replace(decimals=0)


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("live", language, CHOSEN, since="now-3h")
    panels = board.panels
    board.heading("to_do")
    board.row(
        7,
        board.link(by_band(panels, 9), "response"),
        board.link(due(panels, 9), "follow-up"),
        panels.bars(
            "at_risk",
            6,
            total(CUSTOMERS_AT_RISK.name, ("campaign",), window=None, legend="{{campaign}}"),
            unit=COUNT,
            colour=colours.ORANGE,
            no_data="none",
        ),
    )
    board.heading("queues")
    waiting = total("ringboard_queue_calls_waiting", scope=_QUEUE, window=None, legend="calls_waiting")
    depth, in_state = (
        total("ringboard_queue_calls_waiting", _QUEUE, scope=_QUEUE, window=None, legend="{{queue}}"),
        greatest(REP_STATE_SECONDS.name, ("rep", "team", "state"), scope=_TEAM),
    )
    longest = greatest("ringboard_queue_oldest_wait_seconds", _QUEUE, scope=_QUEUE)
    oldest = greatest("ringboard_queue_oldest_wait_seconds", scope=_QUEUE, legend="oldest")
    board.row(
        8,
        panels.stat("calls_waiting", 4, waiting, oldest, unit=COUNT, times="B", names=True),
        panels.table(
            "queues_now",
            9,
            "queue",
            Column(depth, "callers_waiting", COUNT, bar=True),
            Column(longest, "oldest_wait", _WHOLE_SECONDS),
            sort="oldest_wait",
        ),
        panels.lines("queue_depth", 11, depth, unit=COUNT),
    )
    board.heading("reps")
    board.row(
        12,
        rep_states(panels, 5),
        panels.table(
            "reps_now",
            8,
            ("rep", "team", "state"),
            Column(in_state, "in_state", _WHOLE_SECONDS, bar=True),
            sort="in_state",
        ),
        panels.table(
            "due_by_rep",
            11,
            "rep",
            *(
                Column(
                    total(REP_FOLLOW_UPS_DUE.name, ("rep",), labels={"band": band}, scope=_TEAM, window=None),
                    f"due_{band}",
                    COUNT,
                )
                for band in DUE_BANDS
            ),
            sort=f"due_{DUE_BANDS[0]}",
        ),
    )
    return board
