"""The board of the floor: the six KPIs as a set, against their targets, over time, and by campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.boards import colours
from grafana.boards.board import Board
from grafana.boards.panels import COUNT, RATIO, UNITS, Column
from grafana.boards.queries import target, target_reached, total, value
from grafana.boards.waiting import by_band
from stream.kpi.catalogue import BY_ID, THE_SIX

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
_HEADS: Final = {"lead_to_customer": "conversion"}
_LITTLE: Final = 0.1
_RATIOS: Final = tuple(kpi for kpi in THE_SIX if BY_ID[kpi].unit == "ratio")


def card(board: Board, kpi: str, width: int = 4) -> Panel:
    """Return a panel with a KPI in large type, the reached share of its target (if it can have one), and a link."""
    now = value(kpi, legend="{{currency}}" if BY_ID[kpi].unit == "money" else "now")
    reached = () if BY_ID[kpi].better == "neither" else (target_reached(kpi, legend="of_target"),)
    panel = board.panels.stat(kpi, width, now, *reached, unit=UNITS[BY_ID[kpi].unit], shares="B", names=True)
    return board.link(panel, EXPLAINED[BY_ID[kpi].group])


def beside_last_week(board: Board, kpi: str, width: int = 8) -> Panel:
    """Return a panel with a KPI over today, and its values of a week before."""
    currency = " {{currency}}" if BY_ID[kpi].unit == "money" else ""
    now = value(kpi, window="today", legend=currency.strip() or "today")
    before = value(kpi, window="today", ago="1w", legend="last_week")
    aim = target(kpi, legend="target")
    most = _MOST.get(BY_ID[kpi].group, _LITTLE) if BY_ID[kpi].unit == "ratio" else None
    lines = board.panels.lines(
        f"{kpi}.week", width, now, before, aim, unit=UNITS[BY_ID[kpi].unit], faint="BC", most=most
    )
    return board.link(lines, EXPLAINED[BY_ID[kpi].group])


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("floor", language, CHOSEN, since="now/d")
    panels = board.panels
    board.row(5, *(card(board, kpi) for kpi in THE_SIX))
    board.row(
        8,
        panels.bars(
            "against_target",
            8,
            *(target_reached(kpi, legend=kpi) for kpi in THE_SIX),
            unit=RATIO._replace(decimals=0),
            steps=colours.against_target(),
            most=1.5,
        ),
        panels.lines("ratios", 10, *(value(kpi, legend=kpi) for kpi in _RATIOS), unit=RATIO, most=1),
        board.link(by_band(panels, 6), "response"),
    )
    board.heading("beside_last_week")
    board.row(6, *(beside_last_week(board, kpi) for kpi in THE_SIX[:3]))
    board.row(6, *(beside_last_week(board, kpi) for kpi in THE_SIX[3:]))
    board.heading("by_campaign")
    board.row(
        9,
        panels.table(
            "six_by_campaign",
            24,
            "campaign",
            Column(total("ringboard_window_attempts", ("campaign",)), "attempts", COUNT),
            Column(total("ringboard_window_leads_requested", ("campaign",)), "leads", COUNT),
            *(Column(value(kpi, ("campaign",)), _HEADS.get(kpi, kpi), UNITS[BY_ID[kpi].unit]) for kpi in THE_SIX),
            sort="attempts",
        ),
    )
    return board
