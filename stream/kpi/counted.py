"""What a KPI counts, in words: what is above the line of its fraction and what is below it, in English and French."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

from stream.kpi import formulas as f
from stream.kpi import measures as m

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY: Final = "day"
WINDOW: Final = "window"

Named = dict[str, str]
"""Words by language."""


class Counted(NamedTuple):
    """The two sides of a fraction; `denominator` is None where nothing is divided, `numerator` of a quantile."""

    numerator: Named | None
    denominator: Named | None


_ANSWERED: Final = m.TABLE[m.ANSWERED_WAIT_KNOWN]
_LEFT: Final = (
    "calls of known wait: answered + abandoned or sent on",
    "appels d'attente connue : décrochés + abandonnés ou renvoyés",
)
_WITHIN: Final = ("calls answered within {s} s", "appels décrochés en {s} s au plus")
_SERVICE_LEVEL: Final = {
    1: (("calls that left the queue within {s} s", "appels sortis de la file en {s} s au plus"), _LEFT),
    2: (_WITHIN, (_ANSWERED.en, _ANSWERED.fr)),
    3: (_WITHIN, _LEFT),
    4: (_WITHIN, (f"{_LEFT[0]} after {{s}} s", f"{_LEFT[1]} après {{s}} s")),
}
_DISTRIBUTED: Final = {m.TO_CONTACT: m.CONTACTED, m.NOES: m.WON}
"""Of what a distribution is."""


def counted(kpi: f.Kpi, *, service_formula: int = 4, answer_within_s: float = 20) -> Counted:  # noqa: PLR0911
    """Return what `kpi` counts; the service level by its formula and its limit, which are settings."""
    match kpi.formula:
        case f.Ratio(top=top, bottom=bottom):
            return Counted(_added(top), _added(bottom))
        case f.Count(measure=measure):
            return Counted(_added((measure,)), None)
        case f.Percentile(first=first):
            return Counted(None, _added((first,)))
        case f.Mean(total=total, count=count):
            return Counted(_added((total,)), _added((count,)))
        case f.Cost(per=per):
            return Counted(_words("spend in the window", "dépense de la fenêtre"), _added((per,)))
        case f.Distribution(first=first):
            return Counted(_added((first,)), _added((_DISTRIBUTED[first],)))
        case f.Uplift():
            return Counted(
                _words(
                    "qualified share of the leads first contacted within the hour",
                    "part qualifiée des leads joints dans l'heure",
                ),
                _words(
                    "qualified share of the leads first contacted later", "part qualifiée des leads joints plus tard"
                ),
            )
        case f.ServiceLevel():
            above, below = _SERVICE_LEVEL[service_formula]
            limit = f"{answer_within_s:g}"
            return Counted(
                _words(*(words.format(s=limit) for words in above)),
                _words(*(words.format(s=limit) for words in below)),
            )
        case _:
            assert_never(kpi.formula)


def target_for(kpi: f.Kpi) -> str:
    """Return the time that a target of `kpi` is for: a whole day for what only adds up, else whichever window."""
    return DAY if isinstance(kpi.formula, f.Count) else WINDOW


def _words(en: str, fr: str) -> Named:
    return {"en": en, "fr": fr}


def _added(measures: Iterable[int]) -> Named:
    every = [m.TABLE[measure] for measure in measures]
    return _words(" + ".join(one.en for one in every), " + ".join(one.fr for one in every))
