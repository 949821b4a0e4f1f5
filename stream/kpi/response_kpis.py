"""The KPIs of lead response: by limit or percentile, by what ends the delay, and by the clock that measures it."""

from __future__ import annotations

from typing import Final, NamedTuple

from stream.kpi import measures as m
from stream.kpi.formulas import Kpi, Percentile, Ratio


class _Reached(NamedTuple):
    """What ends a delay: in ids, as the index among measures, in names, and of leads."""

    id: str
    place: int
    en: str
    fr: str
    those_en: str
    those_fr: str


class _Clock(NamedTuple):
    """What measures a delay: at the end of ids, as the index among measures, and at the end of names."""

    id: str
    place: int
    en: str
    fr: str


class _Limit(NamedTuple):
    """What a delay is held to: in ids, as the index among measures, and in words."""

    id: str
    place: int
    words: str


_REACHED: Final = (
    _Reached("attempt", m.ATTEMPT, "first attempt", "première tentative", "called", "appelés"),
    _Reached("contact", m.CONTACT, "first contact", "premier contact", "contacted", "joints"),
)
_CLOCKS: Final = (
    _Clock("", m.WALL, "", ""),
    _Clock("_business", m.BUSINESS, " (business hours)", " (heures ouvrées)"),
)
_LIMITS: Final = (_Limit("1h", m.WITHIN_1H, "1 h"), _Limit("5m", m.WITHIN_5M, "5 min"))
_PERCENTS: Final = (50, 90, 95)


def _within(limit: _Limit, reached: _Reached, clock: _Clock) -> Kpi:
    index = m.response_index(reached.place, clock.place, limit.place)
    top, missed = m.IN_TIME + index, (m.LATE + index, m.OVERDUE + index)
    by = "channel" if (reached.place, clock.place) == (m.ATTEMPT, m.WALL) else None
    return Kpi(
        id=f"lead_response_within_{limit.id}_{reached.id}{clock.id}",
        group="lead_response",
        unit="ratio",
        better="up",
        formula=Ratio((top,), (top, *missed), by=by),
        en=(
            f"Response within {limit.words}, {reached.en}{clock.en}",
            (
                f"Of the leads requested whose {limit.words} has passed, "
                f"the share that was {reached.those_en} within it{clock.en}."
            ),
        ),
        fr=(
            f"Réponse sous {limit.words}, {reached.fr}{clock.fr}",
            (
                f"Part des demandes, délai de {limit.words} échu ou tenu, "
                f"dont les leads ont été {reached.those_fr} à temps{clock.fr}."
            ),
        ),
    )


def _percentile(percent: int, reached: _Reached, clock: _Clock) -> Kpi:
    return Kpi(
        id=f"lead_response_p{percent}_{reached.id}{clock.id}",
        group="lead_response",
        unit="seconds",
        better="down",
        formula=Percentile(percent / 100, m.DELAY + m.delay_index(reached.place, clock.place)),
        en=(
            f"Response time p{percent}, {reached.en}{clock.en}",
            (
                f"{percent} % of the leads {reached.those_en} were so within this time of their request, "
                f"of those reached{clock.en}."
            ),
        ),
        fr=(
            f"Temps de réponse p{percent}, {reached.fr}{clock.fr}",
            (
                f"{percent} % des leads {reached.those_fr} l'ont été dans ce délai, "
                f"parmi ceux qui ont été atteints{clock.fr}."
            ),
        ),
    )


RESPONSES: Final = (
    *(_within(limit, reached, clock) for limit in _LIMITS for clock in _CLOCKS for reached in _REACHED),
    *(_percentile(percent, reached, clock) for percent in _PERCENTS for clock in _CLOCKS for reached in _REACHED),
)
