"""
What an entry of the table of measures is, and the table itself, which takes no entry that lacks anything.

A mistake raises `ValueError` on import, with a sentence that names the entry, the mistake and where it is put right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stream.kpi.codes import LAST

if TYPE_CHECKING:
    from collections.abc import Iterator

WHERE: Final = "stream/kpi/measures.py"
OWNER: Final = ("campaign", "team")


class Moment(NamedTuple):
    """By which moment something falls into a window: its name in the API, and in English and French."""

    id: str
    en: str
    fr: str


class Gauge(NamedTuple):
    """
    The metric by which a measure leaves: `ringboard_<name>`, with `labels` after that of the window.

    It has the amount times `scale`. Measures that share a metric have each a `value` of its last label.
    """

    name: str
    help: str
    labels: tuple[str, ...] = OWNER
    scale: float = 1
    value: str | None = None


class Measure(NamedTuple):
    """
    One thing that slices count: `number` in their cells, and what it is in English and French.

    A family has `span` numbers from `number` on. Where `detail` names one, such as "channel", each is also counted by
    that detail; `detail_metric` and `rep_metric` are the metrics by detail and by rep, where there are any.
    """

    number: int
    name: str
    en: str
    fr: str
    moment: Moment | None
    metric: Gauge | None = None
    span: int = 1
    detail: str | None = None
    detail_metric: Gauge | None = None
    rep_metric: Gauge | None = None

    @property
    def numbers(self) -> range:
        """Every number that is this measure's."""
        return range(self.number, self.number + self.span)

    @property
    def metrics(self) -> tuple[Gauge, ...]:
        """Every metric by which it leaves."""
        return tuple(one for one in (self.metric, self.detail_metric, self.rep_metric) if one is not None)


class MeasureTable:
    """Every measure, by its number and by its name."""

    def __init__(self) -> None:
        self._by_number: dict[int, Measure] = {}
        self._measures: dict[str, Measure] = {}

    def __iter__(self) -> Iterator[Measure]:
        return iter(self._measures.values())

    def __contains__(self, number: int) -> bool:
        return number in self._by_number

    def __getitem__(self, number: int) -> Measure:
        """Return the measure whose number, or one of whose numbers, is `number`. Raises KeyError where none is."""
        return self._by_number[number]

    def add(self, measure: Measure) -> int:
        """Take an entry and return its number. Raises ValueError for an entry that is wrong or lacks something."""
        name = measure.name
        if not name.isidentifier() or name != name.lower():
            raise ValueError(f"{WHERE}: {name!r} is no name of a measure: write its constant in lower case")
        if name in self._measures:
            raise ValueError(f"{WHERE}: two measures are named {name!r}: give one of them another name")
        if measure.number < 1 or measure.span < 1 or measure.numbers[-1] > LAST:
            raise ValueError(
                f"{WHERE}: the measure {name!r} has the numbers {_shown(measure)}, and they go from 1 to {LAST}"
            )
        taken = [number for number in measure.numbers if number in self._by_number]
        if taken:
            raise ValueError(
                f"{WHERE}: the number {taken[0]} of the measure {name!r} is taken by {self[taken[0]].name!r}: "
                f"give it one that is free, such as {self._free(measure.span)}"
            )
        for words, language in ((measure.en, "English"), (measure.fr, "French")):
            if not words.strip():
                raise ValueError(f"{WHERE}: the measure {name!r} has no {language} words: write what it counts")
        if measure.moment is None:
            raise ValueError(f"{WHERE}: the measure {name!r} has no moment: write by which one it falls into a window")
        for gauge in measure.metrics:
            self._check(name, gauge)
        self._measures[name] = measure
        self._by_number |= dict.fromkeys(measure.numbers, measure)
        return measure.number

    def _check(self, name: str, gauge: Gauge) -> None:
        if not gauge.help.endswith("."):
            raise ValueError(f"{WHERE}: the metric {gauge.name!r} of {name!r} has no help: write a sentence of it")
        for other in self:
            for one in other.metrics:
                if one.name == gauge.name and (one.value is None or one.value == gauge.value):
                    raise ValueError(
                        f"{WHERE}: the measures {other.name!r} and {name!r} leave by one metric, {gauge.name!r}: "
                        "name another, or give each a value of its last label"
                    )

    def _free(self, span: int) -> int:
        """Return the first number from which on `span` numbers are free."""
        return next(n for n in range(1, LAST) if not any(number in self for number in range(n, n + span)))


def _shown(measure: Measure) -> str:
    last = measure.number + measure.span - 1
    return str(measure.number) if measure.span == 1 else f"{measure.number} to {last}"
