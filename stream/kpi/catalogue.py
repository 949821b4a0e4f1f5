"""
Every KPI, written down once: its name and meaning in English and French, its unit, and its formula over measures.

Metrics, API, wallboard, boards and docs are drawn from here.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from stream.kpi import measures as m
from stream.kpi.wording import WORDING

Unit = Literal["ratio", "seconds", "count", "money", "per_1000", "factor"]
Better = Literal["up", "down", "neither"]


class Ratio(msgspec.Struct, frozen=True, tag=True):
    """The sum of `top` ÷ the sum of `bottom`, times `scale`; with `by`, that of each detail too."""

    top: tuple[int, ...]
    bottom: tuple[int, ...]
    scale: int = 1
    by: str | None = None


class Count(msgspec.Struct, frozen=True, tag=True):
    """How many of `measure`; with `by`, how many of each detail too."""

    measure: int
    by: str | None = None


class Percentile(msgspec.Struct, frozen=True, tag=True):
    """The `share` quantile, in seconds, of the delay histogram that begins at measure `first`."""

    share: float
    first: int


class Mean(msgspec.Struct, frozen=True, tag=True):
    """`total` ÷ `count`, times `scale`."""

    total: int
    count: int
    scale: float = 0.001


class Cost(msgspec.Struct, frozen=True, tag=True):
    """Spend ÷ `per`, by currency."""

    per: int


class Distribution(msgspec.Struct, frozen=True, tag=True):
    """How many at each number from 0 to `measures.MOST`, the last one and more together; `value` is their mean."""

    first: int


class Uplift(msgspec.Struct, frozen=True, tag=True):
    """The qualified share of leads first contacted within the hour ÷ that of those first contacted later."""


class ServiceLevel(msgspec.Struct, frozen=True, tag=True):
    """
    Calls answered within the limit ÷ calls, by one of four formulas.

    1: (answered + abandoned within) ÷ (answered + abandoned). 2: answered within ÷ answered.
    3: answered within ÷ (answered + abandoned). 4: answered within ÷ (answered + abandoned after the limit).
    """


Formula = Ratio | Count | Percentile | Mean | Cost | Distribution | Uplift | ServiceLevel


class Kpi(msgspec.Struct, frozen=True):
    """
    One KPI: `group` is the article's KPI it belongs to, `better` the direction that is good.

    `benchmark` is a figure of the article that is drawn beside it, as a claim; none where it makes none.
    """

    id: str
    group: str
    unit: Unit
    better: Better
    formula: Formula
    benchmark: float | None = None

    @property
    def name(self) -> dict[str, str]:
        """Its name, by language."""
        return {language: words[0] for language, words in WORDING[self.id].items()}

    @property
    def meaning(self) -> dict[str, str]:
        """What it means in one line, by language."""
        return {language: words[1] for language, words in WORDING[self.id].items()}


_CLOCKS: Final = (("", m.WALL), ("_business", m.BUSINESS))
_REACHED: Final = (("attempt", m.ATTEMPT), ("contact", m.CONTACT))


def _within(suffix: str, limit: int, reached: tuple[str, int], clock: tuple[str, int]) -> Kpi:
    index = m.response_index(reached[1], clock[1], limit)
    top, missed = m.IN_TIME + index, (m.LATE + index, m.OVERDUE + index)
    name = f"lead_response_within_{suffix}_{reached[0]}{clock[0]}"
    by = "channel" if (reached[1], clock[1]) == (m.ATTEMPT, m.WALL) else None
    return Kpi(name, "lead_response", "ratio", "up", Ratio((top,), (top, *missed), by=by))


def _percentile(percent: int, reached: tuple[str, int], clock: tuple[str, int]) -> Kpi:
    first = m.DELAY + m.delay_index(reached[1], clock[1])
    name = f"lead_response_p{percent}_{reached[0]}{clock[0]}"
    return Kpi(name, "lead_response", "seconds", "down", Percentile(percent / 100, first))


_RESPONSES: Final = (
    *(
        _within(suffix, limit, reached, clock)
        for suffix, limit in (("1h", m.WITHIN_1H), ("5m", m.WITHIN_5M))
        for clock in _CLOCKS
        for reached in _REACHED
    ),
    *(_percentile(percent, reached, clock) for percent in (50, 90, 95) for clock in _CLOCKS for reached in _REACHED),
)

CATALOGUE: Final[tuple[Kpi, ...]] = (
    Kpi("contact_rate", "contact_rate", "ratio", "up", Ratio((m.CONTACTS,), (m.ATTEMPTS,)), 0.362),
    Kpi("answer_rate", "contact_rate", "ratio", "up", Ratio((m.ANSWERED,), (m.ATTEMPTS,))),
    Kpi("penetration", "contact_rate", "ratio", "up", Ratio((m.DIALLED_CONTACTED,), (m.DIALLED,))),
    Kpi(
        "opportunities_per_1000_calls",
        "contact_rate",
        "per_1000",
        "up",
        Ratio((m.QUALIFIED,), (m.ATTEMPTS,), 1000),
        32.0,
    ),
    *_RESPONSES,
    Kpi("fast_response_uplift", "lead_response", "factor", "neither", Uplift(), 7.0),
    Kpi("follow_up_rate", "follow_up", "ratio", "up", Ratio((m.KEPT,), (m.KEPT, m.MISSED))),
    Kpi("early_follow_ups", "follow_up", "count", "down", Count(m.EARLY)),
    Kpi("pressing_attempts", "follow_up", "count", "down", Count(m.PRESSING)),
    Kpi("attempts_to_first_contact", "follow_up", "count", "down", Distribution(m.TO_CONTACT)),
    Kpi("noes_before_win", "follow_up", "count", "neither", Distribution(m.NOES)),
    Kpi("wins_with_one_contact", "follow_up", "ratio", "neither", Ratio((m.WON_ONE_CONTACT,), (m.WON,)), 0.02),
    Kpi("wins_after_four_noes", "follow_up", "ratio", "neither", Ratio((m.WON_FOUR_NOES,), (m.WON,)), 0.80),
    Kpi("leads_given_up_early", "follow_up", "ratio", "down", Ratio((m.LOST_EARLY,), (m.LOST,))),
    Kpi("lead_to_opportunity", "conversion", "ratio", "up", Ratio((m.CONTACTED_QUALIFIED,), (m.CONTACTED,))),
    Kpi("opportunity_to_customer", "conversion", "ratio", "up", Ratio((m.QUALIFIED_WON,), (m.QUALIFIED,))),
    Kpi("lead_to_customer", "conversion", "ratio", "up", Ratio((m.REQUESTED_WON,), (m.REQUESTED,))),
    Kpi("leads_requested", "conversion", "count", "up", Count(m.REQUESTED, by="channel")),
    Kpi("opportunities_created", "conversion", "count", "up", Count(m.QUALIFIED)),
    Kpi("customers_closed", "conversion", "count", "up", Count(m.WON)),
    Kpi("leads_lost", "conversion", "count", "down", Count(m.LOST, by="reason")),
    Kpi("cost_per_lead", "cost_per_lead", "money", "down", Cost(m.REQUESTED)),
    Kpi("cost_per_opportunity", "cost_per_lead", "money", "down", Cost(m.QUALIFIED)),
    Kpi("cost_per_customer", "cost_per_lead", "money", "down", Cost(m.WON)),
    Kpi("loss_rate", "loss_rate", "ratio", "down", Ratio((m.RISKS_LOST,), (m.RISKS,))),
    Kpi("service_level", "service", "ratio", "up", ServiceLevel()),
    Kpi("average_speed_of_answer", "service", "seconds", "down", Mean(m.WAIT_MS, m.QUEUE_ANSWERED)),
    Kpi(
        "abandon_rate",
        "service",
        "ratio",
        "down",
        Ratio((m.ABANDONED,), (m.QUEUE_ANSWERED, m.ABANDONED, m.TIMED_OUT)),
    ),
    Kpi("average_handle_time", "service", "seconds", "neither", Mean(m.HANDLE_MS, m.HANDLED)),
    Kpi("occupancy", "service", "ratio", "neither", Ratio((m.ON_CONTACT_MS,), (m.ON_CONTACT_MS, m.IDLE_MS))),
)

BY_ID: Final = {kpi.id: kpi for kpi in CATALOGUE}

THE_SIX: Final = (
    "contact_rate",
    "lead_response_within_1h_attempt",
    "follow_up_rate",
    "lead_to_customer",
    "cost_per_lead",
    "loss_rate",
)
"""The article's six, as a board shows them together."""
