"""The board of the funnel and the reps: from request to customer, who opens, who closes, at what cost, and losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.boards import colours
from grafana.boards.board import COLUMNS, Board
from grafana.boards.claims import beside_claim
from grafana.boards.floor import card
from grafana.boards.panels import COUNT, MONEY, RATIO, Column
from grafana.boards.queries import OfSamples, quotient, total, value
from stream.kpi.catalogue import CATALOGUE

if TYPE_CHECKING:
    from grafana.boards.queries import Query

CHOSEN: Final = ("campaign", "team", "window", "rep", "rep_window")
_REP: Final = ("campaign", "team", "rep")
_REP_WINDOW: Final = "$rep_window"
_STEPS: Final = ("leads_requested", "leads_dialled", "leads_contacted", "qualified", "won")
_COHORTS: Final = tuple(kpi.id for kpi in CATALOGUE if kpi.is_cohort)
_CONVERSIONS: Final = ("conversion_rate", "win_rate")
_REACH: Final = tuple(
    kpi.id for kpi in CATALOGUE if kpi.group == "contact_rate" and kpi.unit == "ratio" and not kpi.is_cohort
)
_COSTS: Final = ("cost_per_lead", "cost_per_opportunity", "cost_per_customer")


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("funnel", language, CHOSEN)
    panels = board.panels
    widths = (5, 5, 5, 5, 4)
    cards = zip((*_CONVERSIONS, *_COSTS), widths, strict=True)
    board.row(5, *(card(board, kpi, width) for kpi, width in cards))
    board.row(
        8,
        panels.bars(
            "funnel",
            5,
            *(total(f"ringboard_window_{step}", legend=f"step_{step}") for step in _STEPS),
            unit=COUNT,
        ),
        panels.lines("conversions", 5, *(value(kpi, legend=kpi) for kpi in _CONVERSIONS), unit=RATIO),
        panels.lines("reach", 5, *(value(kpi, legend=kpi) for kpi in _REACH), unit=RATIO),
        beside_claim(panels, "contact_rate_claim", "contact_rate", 4),
        beside_claim(panels, "opportunities_claim", "opportunities_per_1000_calls", 5),
    )
    board.heading("cohorts")
    board.row(5, *(card(board, kpi, COLUMNS // len(_COHORTS)) for kpi in _COHORTS))
    board.heading("reps")
    board.row(
        11,
        panels.table(
            "by_rep",
            24,
            "rep",
            *(
                Column(
                    total(f"ringboard_rep_{name}", ("rep",), scope=_REP, window=_REP_WINDOW), title, COUNT, bar=drawn
                )
                for name, title, drawn in (
                    ("attempts", "attempts", False),
                    ("contacts", "contacts", False),
                    ("qualified", "opportunities_created", True),
                    ("won", "customers_closed", True),
                )
            ),
            Column(_by_rep("contacts", "attempts"), "contact_rate", RATIO),
            Column(_by_rep("won", "qualified"), "closed_for_each", RATIO),
            sort="opportunities_created",
        ),
    )
    board.heading("cost_and_loss")
    spend = OfSamples("ringboard_window_spend", ("channel", "currency"))
    board.row(
        9,
        panels.table(
            "by_channel",
            10,
            "channel",
            Column(total("ringboard_window_channel_leads_requested", ("channel",)), "leads", COUNT),
            Column(total(spend.metric, spend.by), "spend", MONEY),
            Column(value("cost_per_lead", ("channel",)), "cost_per_lead", MONEY),
            sort="spend",
        ),
        card(board, "loss_rate"),
        panels.bars(
            "risks",
            4,
            *(total(f"ringboard_window_risks{name}", legend=f"risks{name}") for name in ("_kept", "_lost")),
            unit=COUNT,
        ),
        panels.bars(
            "lost_by_reason",
            6,
            total("ringboard_window_reason_leads_lost", ("reason",), legend="{{reason}}"),
            unit=COUNT,
            colour=colours.ORANGE,
        ),
    )
    return board


def _by_rep(top: str, bottom: str) -> Query:
    above, below = (OfSamples(f"ringboard_rep_{name}", ("rep",), window=_REP_WINDOW) for name in (top, bottom))
    return quotient(above, below, scope=_REP)
