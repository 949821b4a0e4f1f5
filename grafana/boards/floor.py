"""The board of the floor: the six KPIs as a set, each against its target and over time; what is to do; by campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.boards.board import COLUMNS, Board
from grafana.boards.panels import COUNT, UNITS, Column
from grafana.boards.queries import pending, target, target_reached, total, value
from grafana.boards.waiting import by_band, due, rep_states
from stream.kpi.catalogue import BY_ID, THE_SIX
from stream.kpi.counted import DAY, target_for

if TYPE_CHECKING:
    from grafana.boards.panels import Panel

CHOSEN: Final = ("campaign", "team", "window")
# The board that explains a group of KPIs.
EXPLAINED: Final = {
    "contact_rate": "funnel",
    "lead_response": "response",
    "follow_up": "follow-up",
    "conversion": "funnel",
    "cost_per_lead": "funnel",
    "loss_rate": "funnel",
    "service": "service",
}
# The least maximum of a ratio's axis.
_MOST: Final = {"lead_response": 1.0, "follow_up": 1.0}
_LITTLE: Final = 0.1
_A_ROW: Final = 3
_WIDE: Final = 5
"""From this width on two numbers stand side by side."""


def card(board: Board, kpi: str, width: int = 4) -> Panel:
    """
    Return a panel with a KPI in large type, and a link to the board that explains it.

    Beside it stands the reached share of its target, if it can have one; of a cohort, how many are pending.
    """
    now = value(kpi, legend="{{currency}}" if BY_ID[kpi].unit == "money" else "now")
    unit = UNITS[BY_ID[kpi].unit]
    if BY_ID[kpi].is_cohort:
        return board.panels.stat(kpi, width, now, pending(kpi, legend="pending"), unit=unit, counts="B", names=True)
    # How much of a day's number is reached says little before the day is over.
    judged = BY_ID[kpi].better != "neither" and target_for(BY_ID[kpi]) != DAY
    reached = (target_reached(kpi, legend="of_target"),) if judged else ()
    panel = board.panels.stat(kpi, width, now, *reached, unit=unit, shares="B", names=True, beside=width >= _WIDE)
    return board.link(panel, EXPLAINED[BY_ID[kpi].group])


def trend(board: Board, kpi: str, width: int) -> Panel:
    """Return a panel with a KPI over time, a week before, and its target."""
    now = value(kpi, legend="{{currency}}" if BY_ID[kpi].unit == "money" else "now")
    before = value(kpi, ago="1w", legend="last_week")
    aim = target(kpi, legend="target")
    most = _MOST.get(BY_ID[kpi].group, _LITTLE) if BY_ID[kpi].unit == "ratio" else None
    return board.panels.lines(
        f"{kpi}.week", width, now, before, aim, unit=UNITS[BY_ID[kpi].unit], faint="BC", most=most
    )


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("floor", language, CHOSEN, since="now/d")
    panels = board.panels
    for first in range(0, len(THE_SIX), _A_ROW):
        six = THE_SIX[first : first + _A_ROW]
        board.row(4, *(card(board, kpi, COLUMNS // _A_ROW) for kpi in six))
        board.row(6, *(trend(board, kpi, COLUMNS // _A_ROW) for kpi in six))
    board.heading("now_to_do")
    board.row(
        7,
        board.link(by_band(panels, 8), "live"),
        board.link(due(panels, 8), "live"),
        board.link(rep_states(panels, 8), "live"),
    )
    board.heading("by_campaign")
    board.row(
        9,
        panels.table(
            "six_by_campaign",
            24,
            "campaign",
            Column(total("ringboard_window_attempts", ("campaign",)), "attempts", COUNT),
            *(Column(value(kpi, ("campaign",)), kpi, UNITS[BY_ID[kpi].unit]) for kpi in THE_SIX),
            sort="attempts",
        ),
    )
    return board
