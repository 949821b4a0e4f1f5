"""Writes a scrape: as OpenMetrics, to the byte what prometheus_client writes; or as families, for that library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.samples import Sample
from prometheus_client.utils import floatToGoString

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prometheus_client.registry import Collector

    from stream.metric import Metric

_BUCKET: Final = "_bucket"
_BOUND: Final = "le"
_KEPT_AT_LEAST: Final = 10_000


class Out(Protocol):
    """Where the samples of a scrape go, by metric, in the order in which metrics are first named."""

    def add(self, metric: Metric, values: tuple[str, ...], amount: float, suffix: str = "") -> None:
        """Add a sample of `metric`, its label `values` in the order of its labels."""

    def add_buckets(
        self, metric: Metric, values: tuple[str, ...], bounds: Sequence[str], below: Iterable[float]
    ) -> None:
        """Add a sample for each of `bounds`: how many there are up to it."""


class Families:
    """What prometheus_client's own writers take."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}

    def _family(self, metric: Metric) -> Family:
        family = self._families.get(metric.name)
        if family is None:
            family = self._families[metric.name] = Family(metric.name, metric.help, metric.kind)
        return family

    def add(self, metric: Metric, values: tuple[str, ...], amount: float, suffix: str = "") -> None:
        """Add a sample of `metric`, its label `values` in the order of its labels."""
        labels = dict(zip(metric.labels, values, strict=True))
        self._family(metric).samples.append(Sample(metric.name + suffix, labels, amount))

    def add_buckets(
        self, metric: Metric, values: tuple[str, ...], bounds: Sequence[str], below: Iterable[float]
    ) -> None:
        """Add a sample for each of `bounds`: how many there are up to it."""
        labels = dict(zip(metric.labels, values, strict=True))
        self._family(metric).samples.extend(
            Sample(metric.name + _BUCKET, {**labels, _BOUND: bound}, count)
            for bound, count in zip(bounds, below, strict=True)
        )

    def __iter__(self) -> Iterator[Family]:
        return iter(self._families.values())


class _Written(dict[float, str]):
    """Numbers as they are written; most are counts, and few of these differ."""

    def __missing__(self, number: float) -> str:
        text: str = floatToGoString(number or 0)  # type: ignore[no-untyped-call,unused-ignore]  # no -0.0
        self[number] = text
        return text


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _braced(labels: dict[str, str]) -> str:
    if not labels:
        return " "
    return "{" + ",".join(f'{name}="{_escaped(labels[name])}"' for name in sorted(labels)) + "} "


class _Texts(dict[tuple[str, ...], str]):
    """What stands between a name and a number, by the values of some labels."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def __missing__(self, values: tuple[str, ...]) -> str:
        text = self[values] = _braced(dict(zip(self._names, values, strict=True)))
        return text


class _Arounds(dict[tuple[str, ...], tuple[str, str]]):
    """What stands before and behind the bound of a bucket, by the values of its other labels."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def __missing__(self, values: tuple[str, ...]) -> tuple[str, str]:
        labels = dict(zip(self._names, values, strict=True))
        # Labels stand in the order of their names, each with a comma after it if another one follows.
        before = _braced({name: value for name, value in labels.items() if name < _BOUND})[:-2]
        behind = _braced({name: value for name, value in labels.items() if name > _BOUND})[1:]
        around = self[values] = (
            f'{before + "," if before else "{"}{_BOUND}="',
            f'",{behind}' if behind else '"} ',
        )
        return around


class Known:
    """The texts of labels, kept from scrape to scrape: a floor has few, and each stands in many lines."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, ...], _Texts] = {}
        self._arounds: dict[tuple[str, ...], _Arounds] = {}

    def texts(self, names: tuple[str, ...]) -> _Texts:
        """Give those of labels called `names`."""
        return self._texts.get(names) or self._texts.setdefault(names, _Texts(names))

    def arounds(self, names: tuple[str, ...]) -> _Arounds:
        """Give those of buckets, their other labels called `names`."""
        return self._arounds.get(names) or self._arounds.setdefault(names, _Arounds(names))

    @property
    def size(self) -> int:
        """How many texts are kept."""
        return sum(map(len, self._texts.values())) + sum(map(len, self._arounds.values()))

    def forget(self, lines: int) -> None:
        """Start over if most of them are of labels that a scrape of `lines` no longer has."""
        if self.size > max(2 * lines, _KEPT_AT_LEAST):
            self._texts.clear()
            self._arounds.clear()


class _Begun(NamedTuple):
    lines: list[str]
    texts: _Texts
    arounds: _Arounds


class OpenMetrics:
    """The samples of a scrape as OpenMetrics 1.0 text."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._families: dict[str, _Begun] = {}
        self._numbers = _Written()

    def _family(self, metric: Metric) -> _Begun:
        known = self._known
        head = f"# HELP {metric.name} {_escaped(metric.help)}\n# TYPE {metric.name} {metric.kind}\n"
        family = _Begun([head], known.texts(metric.labels), known.arounds(metric.labels))
        self._families[metric.name] = family
        return family

    def add(self, metric: Metric, values: tuple[str, ...], amount: float, suffix: str = "") -> None:
        """Add a sample of `metric`, its label `values` in the order of its labels."""
        name = metric.name
        lines, texts, _ = self._families.get(name) or self._family(metric)
        lines.append(f"{name}{suffix}{texts[values]}{self._numbers[amount]}\n")

    def add_buckets(
        self, metric: Metric, values: tuple[str, ...], bounds: Sequence[str], below: Iterable[float]
    ) -> None:
        """Add a sample for each of `bounds`: how many there are up to it."""
        lines, _, arounds = self._families.get(metric.name) or self._family(metric)
        before, behind = arounds[values]
        start, numbers = f"{metric.name}{_BUCKET}{before}", self._numbers
        lines += [f"{start}{bound}{behind}{numbers[count]}\n" for bound, count in zip(bounds, below, strict=True)]

    def text(self, others: Collector) -> bytes:
        """Return all of it, and after that what `others` collects."""
        parts = ["".join(family.lines) for family in self._families.values()]
        self._known.forget(sum(len(family.lines) for family in self._families.values()))
        rest: bytes = generate_latest(others)  # type: ignore[no-untyped-call,unused-ignore]
        return "".join(parts).encode() + rest
