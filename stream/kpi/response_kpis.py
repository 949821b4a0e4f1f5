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
BUSINESS_SUFFIX: Final = "_business"
"""Ends the id of a KPI that counts the opening hours alone."""
_CLOCKS: Final = (
    _Clock("", m.WALL, "", ""),
    _Clock(BUSINESS_SUFFIX, m.BUSINESS, " (business hours)", " (heures ouvrées)"),
)
_LIMITS: Final = (_Limit("1h", m.WITHIN_1H, "1 h"), _Limit("5m", m.WITHIN_5M, "5 min"))
_PERCENTS: Final = (50, 90, 95)
_OF_PARTS: Final = (50, 90)


def _within(limit: _Limit, reached: _Reached, clock: _Clock) -> Kpi:
    index = m.response_index(reached.place, clock.place, limit.place)
    top, late = m.IN_TIME + index, m.LATE + index
    by = "channel" if (reached.place, clock.place) == (m.ATTEMPT, m.WALL) else None
    return Kpi(
        id=f"lead_response_within_{limit.id}_{reached.id}{clock.id}",
        group="lead_response",
        unit="ratio",
        better="up",
        formula=Ratio((top,), (top, late), by=by),
        en=(
            f"{reached.those_en.capitalize()} within {limit.words}{clock.en}",
            (
                f"Of the leads whose {limit.words} ran out in the window, "
                f"the share that was {reached.those_en} within it{clock.en}."
            ),
        ),
        fr=(
            f"{reached.those_fr.capitalize()} sous {limit.words}{clock.fr}",
            (
                f"Part des leads {reached.those_fr} à temps, parmi ceux dont le délai de {limit.words} "
                f"a expiré dans la fenêtre{clock.fr}."
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
                f"{percent} % of the leads first {reached.those_en} in the window were so within this time "
                f"of their request, of those reached{clock.en}."
            ),
        ),
        fr=(
            f"Temps de réponse p{percent}, {reached.fr}{clock.fr}",
            (
                f"{percent} % des leads {reached.those_fr} pour la première fois dans la fenêtre l'ont été dans ce "
                f"délai, parmi ceux qui ont été atteints{clock.fr}."
            ),
        ),
    )


def _part(percent: int, name: str, first: int, en: tuple[str, str], fr: tuple[str, str]) -> Kpi:
    """Return a percentile of a part of the delay: until routing gave the lead to a rep, or until that rep called."""
    return Kpi(
        id=f"{name}_p{percent}",
        group="lead_response",
        unit="seconds",
        better="down",
        formula=Percentile(percent / 100, first),
        en=(f"{en[0]} p{percent}", f"{percent} % {en[1]}"),
        fr=(f"{fr[0]} p{percent}", f"{percent} % {fr[1]}"),
    )


RESPONSES: Final = (
    *(_within(limit, reached, clock) for limit in _LIMITS for clock in _CLOCKS for reached in _REACHED),
    *(_percentile(percent, reached, clock) for percent in _PERCENTS for clock in _CLOCKS for reached in _REACHED),
    *(
        _part(
            percent,
            "lead_assignment",
            m.ASSIGNMENT,
            ("Assignment time", "of the leads first assigned in the window were so within this time of their request."),
            ("Temps d'attribution", "des leads attribués dans la fenêtre l'ont été dans ce délai après leur demande."),
        )
        for percent in _OF_PARTS
    ),
    *(
        _part(
            percent,
            "rep_response",
            m.REP_RESPONSE,
            (
                "Rep's response time",
                "of the leads first called in the window were so within this time of being assigned.",
            ),
            ("Temps de réponse du commercial", "des leads appelés l'ont été dans ce délai après leur attribution."),
        )
        for percent in _OF_PARTS
    ),
)
