"""Writes a scrape: as OpenMetrics, byte for byte as prometheus_client does, or as metric families for that library."""

from __future__ import annotations

from itertools import accumulate, chain
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.samples import Sample
from prometheus_client.utils import floatToGoString

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.registry import Collector

    from stream.web.metric import Metric

_BUCKET: Final = "_bucket"
_BOUND: Final = "le"
_CACHED_AT_LEAST: Final = 10_000


class Out(Protocol):
    """Collects the samples of a scrape, by metric, in the order in which metrics first appear."""

    def add(self, metric: Metric, values: tuple[str, ...], amount: float, suffix: str = "") -> None:
        """Add a sample of `metric`, its label `values` in the order of its labels."""

    def add_buckets(
        self, metric: Metric, values: tuple[str, ...], bounds: Sequence[str], counts: Sequence[float]
    ) -> None:
        """Add a sample for each of `bounds`: of `counts` those up to it, added up."""


class Families:
    """The samples as metric families, as prometheus_client's own writers take them."""

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
        self, metric: Metric, values: tuple[str, ...], bounds: Sequence[str], counts: Sequence[float]
    ) -> None:
        """Add a sample for each of `bounds`: of `counts` those up to it, added up."""
        labels = dict(zip(metric.labels, values, strict=True))
        self._family(metric).samples.extend(
            Sample(metric.name + _BUCKET, {**labels, _BOUND: bound}, count)
            for bound, count in zip(bounds, accumulate(counts), strict=True)
        )

    def __iter__(self) -> Iterator[Family]:
        return iter(self._families.values())


class _Written(dict[float, str]):
    """The text of each number; most are counts, with few different values."""

    def __missing__(self, number: float) -> str:
        text: str = floatToGoString(number or 0)  # type: ignore[no-untyped-call,unused-ignore]  # no -0.0
        self[number] = text
        return text


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _inner(labels: dict[str, str], begin: str = "", end: str = "") -> str:
    text = ",".join(f'{name}="{_escaped(labels[name])}"' for name in sorted(labels))
    return f"{begin}{text}{end}" if text else ""


class _Texts(dict[tuple[str, ...], str]):
    """The text between a metric's name and its number, by the values of its labels."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def __missing__(self, values: tuple[str, ...]) -> str:
        text = self[values] = _inner(dict(zip(self._names, values, strict=True)), "{", "}") + " "
        return text


class _Buckets:
    """The lines of one histogram's buckets as last written: at the next scrape they are mostly the same."""

    def __init__(self, labels: dict[str, str]) -> None:
        # Labels are written in the order of their names, and `le` is one of them.
        self._before = _inner({name: value for name, value in labels.items() if name < _BOUND}, end=",")
        self._behind = _inner({name: value for name, value in labels.items() if name > _BOUND}, begin=",")
        self._counts: Sequence[float] = ()
        self._text = ""

    def text(self, name: str, bounds: Sequence[str], counts: Sequence[float], numbers: _Written) -> str:
        """Return the lines of `counts`, one for each of `bounds`."""
        if counts != self._counts:
            start, behind = f'{name}{_BUCKET}{{{self._before}{_BOUND}="', f'"{self._behind}}} '
            self._text = "".join(
                [
                    f"{start}{bound}{behind}{numbers[below]}\n"
                    for bound, below in zip(bounds, accumulate(counts), strict=True)
                ]
            )
            self._counts = counts
        return self._text


class _ManyBuckets(dict[tuple[str, ...], _Buckets]):
    """The buckets of one metric, by the values of its labels."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def __missing__(self, values: tuple[str, ...]) -> _Buckets:
        made = self[values] = _Buckets(dict(zip(self._names, values, strict=True)))
        return made


class TextCache:
    """The texts of labels, cached from scrape to scrape: a floor has few, and each is in many lines."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, ...], _Texts] = {}
        self._buckets: dict[str, _ManyBuckets] = {}

    def texts(self, names: tuple[str, ...]) -> _Texts:
        """Return the texts of the labels called `names`."""
        return self._texts.get(names) or self._texts.setdefault(names, _Texts(names))

    def buckets(self, metric: Metric) -> _ManyBuckets:
        """Return the texts of the buckets of `metric`."""
        return self._buckets.get(metric.name) or self._buckets.setdefault(metric.name, _ManyBuckets(metric.labels))

    @property
    def size(self) -> int:
        """How many texts are cached."""
        return sum(map(len, self._texts.values())) + sum(map(len, self._buckets.values()))

    def trim(self, lines: int) -> None:
        """Empty the cache if most texts are of labels that a scrape of `lines` lines no longer has."""
        if self.size > max(2 * lines, _CACHED_AT_LEAST):
            self._texts.clear()
            self._buckets.clear()


class _Begun(NamedTuple):
    lines: list[str]
    texts: _Texts
    buckets: _ManyBuckets


class OpenMetrics:
    """The samples of a scrape as OpenMetrics 1.0 text."""

    def __init__(self, cache: TextCache) -> None:
        self._cache = cache
        self._families: dict[str, _Begun] = {}
        self._numbers = _Written()

    def _family(self, metric: Metric) -> _Begun:
        cache = self._cache
        head = f"# HELP {metric.name} {_escaped(metric.help)}\n# TYPE {metric.name} {metric.kind}\n"
        family = _Begun([head], cache.texts(metric.labels), cache.buckets(metric))
        self._families[metric.name] = family
        return family

    def add(self, metric: Metric, values: tuple[str, ...], amount: float, suffix: str = "") -> None:
        """Add a sample of `metric`, its label `values` in the order of its labels."""
        name = metric.name
        lines, texts, _ = self._families.get(name) or self._family(metric)
        lines.append(f"{name}{suffix}{texts[values]}{self._numbers[amount]}\n")

    def add_buckets(
        self, metric: Metric, values: tuple[str, ...], bounds: Sequence[str], counts: Sequence[float]
    ) -> None:
        """Add a sample for each of `bounds`: of `counts` those up to it, added up."""
        lines, _, buckets = self._families.get(metric.name) or self._family(metric)
        lines.append(buckets[values].text(metric.name, bounds, counts, self._numbers))

    def text(self, others: Collector) -> bytes:
        """Return the text of all samples, followed by what `others` collects."""
        lines = list(chain.from_iterable(family.lines for family in self._families.values()))
        self._cache.trim(len(lines))
        rest: bytes = generate_latest(others)  # type: ignore[no-untyped-call,unused-ignore]
        lines.append(rest.decode())
        return "".join(lines).encode()  # encode once: it may be megabytes
