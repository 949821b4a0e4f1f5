"""How a KPI is made of measures, and what an entry of the catalogue is, which has nothing left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, assert_never

import msgspec

from stream.kpi import measures as m
from stream.kpi.measure_table import Moment
from stream.kpi.rules import DELAY_BOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterable

WHERE: Final = "stream/kpi/catalogue.py"
Words = tuple[str, str]
"""A name, and a meaning in one line."""

Unit = Literal["ratio", "seconds", "count", "money", "per_1000", "factor"]
Better = Literal["up", "down", "neither"]


class Ratio(msgspec.Struct, frozen=True, tag=True):
    """
    The sum of `top` ÷ the sum of `bottom`, times `scale`; with `by`, that of each detail too.

    Where `bottom` is a cohort, `decided` are those of it of which it is known what became of them. Both sums are told
    in units of `of` of theirs: times in hours.
    """

    top: tuple[int, ...]
    bottom: tuple[int, ...]
    scale: int = 1
    by: str | None = None
    decided: int | None = None
    of: int = 1


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
    Calls answered within the limit ÷ calls, by one of four formulas; all of them of calls whose wait is known.

    1: (answered + abandoned within) ÷ (answered + abandoned). 2: answered within ÷ answered.
    3: answered within ÷ (answered + abandoned). 4: answered within ÷ (answered + abandoned after the limit).
    """


Formula = Ratio | Count | Percentile | Mean | Cost | Distribution | Uplift | ServiceLevel


class Kpi(msgspec.Struct, frozen=True, kw_only=True):
    """
    One KPI: `group` is the article's KPI it belongs to, `better` the direction that is good.

    `en` and `fr` are its name and its meaning, in English and French. `benchmark` is a figure of the article that is
    drawn beside it, as a claim; none where it makes none. `by` is the moment it counts by, where that is not one of its
    measures'.
    """

    id: str
    group: str
    unit: Unit
    better: Better
    formula: Formula
    en: Words = ("", "")
    fr: Words = ("", "")
    benchmark: float | None = None
    by: Moment | None = None

    @property
    def moment(self) -> Moment:
        """By which moment it counts: that of its measures, of the lower side of a fraction."""
        if self.by is not None:
            return self.by
        match self.formula:
            case Ratio(bottom=bottom):
                measure = bottom[0]
            case Mean(count=count):
                measure = count
            case _:
                measure = min(measures_of(self.formula))
        return m.TABLE[measure].moment or Moment("", "", "")  # the table takes no measure without one

    @property
    def is_cohort(self) -> bool:
        """Whether it follows those who began in the window, some of whom have no outcome yet."""
        return isinstance(self.formula, Ratio) and self.formula.decided is not None

    @property
    def name(self) -> dict[str, str]:
        """Its name, by language."""
        return {"en": self.en[0], "fr": self.fr[0]}

    @property
    def meaning(self) -> dict[str, str]:
        """What it means in one line, by language."""
        return {"en": self.en[1], "fr": self.fr[1]}


def measures_of(formula: Formula) -> frozenset[int]:  # noqa: PLR0911  one answer for each kind of formula
    """Return the measures that `formula` reads."""
    match formula:
        case Ratio(top=top, bottom=bottom, decided=decided):
            return frozenset((*top, *bottom, *(() if decided is None else (decided,))))
        case Count(measure=measure):
            return frozenset((measure,))
        case Percentile(first=first):
            return frozenset(range(first, first + len(DELAY_BOUNDS) + 1))
        case Mean(total=total, count=count):
            return frozenset((total, count))
        case Cost(per=per):
            return frozenset((per,))
        case Distribution(first=first):
            return frozenset(range(first, first + m.MOST + 1))
        case Uplift():
            return frozenset((m.FAST, m.FAST_QUALIFIED, m.SLOW, m.SLOW_QUALIFIED))
        case ServiceLevel():
            return frozenset((m.ANSWERED_WITHIN, m.ANSWERED_WAIT_KNOWN, m.UNANSWERED_WAIT_KNOWN, m.ABANDONED_WITHIN))
        case _:
            assert_never(formula)


def by_id(kpis: Iterable[Kpi], groups: Iterable[str]) -> dict[str, Kpi]:
    """
    Return `kpis` by their ids.

    Raises ValueError for one that is wrong or lacks something, with what to write where.
    """
    found: dict[str, Kpi] = {}
    known = tuple(groups)
    for kpi in kpis:
        entry = f"{WHERE}: the KPI {kpi.id!r}"
        if kpi.id in found:
            raise ValueError(f"{entry} is entered twice: give one of them another id")
        if kpi.group not in known:
            raise ValueError(
                f"{entry} is of no group: write one of {', '.join(known)}, or enter {kpi.group!r} in GROUPS"
            )
        for language, (name, meaning) in (("en", kpi.en), ("fr", kpi.fr)):
            if not name.strip() or not meaning.endswith("."):
                what = "name" if not name.strip() else "meaning of one sentence"
                raise ValueError(f'{entry} has no {what} in its {language}: write {language}=("…", "….") in its entry')
        for measure in measures_of(kpi.formula):
            if measure not in m.TABLE:
                raise ValueError(f"{entry} reads {measure}, which is no measure: enter it in stream/kpi/measures.py")
        found[kpi.id] = kpi
    return found
