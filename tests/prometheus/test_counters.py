"""What boards make of counters: of known growth, of restarts, and of an hour in which Prometheus was gone."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import pairwise, product
from typing import TYPE_CHECKING

import pytest

from grafana.boards import queries as q
from tests.prometheus.asking import drawn
from tests.prometheus.expecting import Answer, Chosen, Looked, expected, same
from tests.prometheus.past import HOUR, MINUTE, SECOND, Past, a_scrape, asking
from tests.prometheus.plain import Plain
from tests.prometheus.test_board_queries import EMPTY
from tests.prometheus.tools import CURRENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.prometheus.asking import Asked
    from tests.prometheus.past import Series
    from tests.prometheus.stack import Sample

EVERY, RATE_OVER = 15 * SECOND, 2 * MINUTE
STOPPED = 1_774_344_600_000
BACK = STOPPED + HOUR
MOMENTS_BEFORE = range(STOPPED - 4 * MINUTE, STOPPED + 1, EVERY)
MOMENTS = (*MOMENTS_BEFORE, *range(BACK, BACK + 4 * MINUTE + 1, EVERY))
INSTANCES = ("one:6066", "two:6066")
VALUES = ("x", "y", "never")  # of each label; the last one's counter does not grow
BOUNDS = (0.1, 0.5, 2.0, 10.0, float("inf"))
CHOSEN = Chosen()

History = dict[int, float]


class Known:
    """Series of two processes, as this test has made them up: the values of each at each moment."""

    def __init__(self) -> None:
        self.chance = random.Random(6)
        self.series: dict[tuple[str, Series], History] = {}
        self.nobody = Plain([], partitions=1)  # no KPI is asked for
        self.restarts = dict(zip(INSTANCES, self.chance.sample(MOMENTS_BEFORE[-6:-1], 2), strict=True))

    def add_counter(self, metric: str, labels: tuple[str, ...]) -> None:
        for instance, values in product(INSTANCES, product(VALUES, repeat=len(labels))):
            named = metric, tuple(zip(labels, values, strict=True))
            most = 0 if "never" in values else 40
            self._put(instance, named, self._grown(instance, most))

    def add_histogram(self, metric: str) -> None:
        """Add buckets, each of which holds what is below it as well."""
        for instance in INSTANCES:
            below: History = dict.fromkeys(MOMENTS, 0.0)
            for bound in BOUNDS:
                grown = self._grown(instance, 40)
                below = {at: value + grown[at] for at, value in below.items()}
                le = "+Inf" if bound == BOUNDS[-1] else str(bound)
                self._put(instance, (f"{metric}_bucket", (("le", le),)), below)

    def add_gauge(self, metric: str, labels: tuple[str, ...], fixed: tuple[tuple[str, str], ...]) -> None:
        for instance, values in product(INSTANCES, product(VALUES, repeat=len(labels))):
            named = metric, (*zip(labels, values, strict=True), *fixed)
            most = 0 if "never" in values else 9
            values_of = {at: float(self.chance.randint(min(most, 1), most)) for at in MOMENTS}
            self._put(instance, named, values_of)

    def _put(self, instance: str, named: Series, values: History) -> None:
        self.series.setdefault((instance, named), values)  # several panels may ask for it

    def _grown(self, instance: str, most: int) -> History:
        """Grow by up to `most` each time; from nothing after a restart; and by much while nobody looks."""
        value, told = float(self.chance.randint(0, 500)), {}
        for at in MOMENTS:
            value = 0.0 if at == self.restarts[instance] else value
            value += self.chance.randint(min(most, 1), most) + (100_000 if at == BACK and most else 0)
            told[at] = value
        return told

    def at(self, moment: int) -> dict[str, list[Sample]]:
        """Give all of them as they stood at a moment, by name."""
        found: defaultdict[str, list[Sample]] = defaultdict(list)
        for (instance, (name, labels)), values in self.series.items():
            found[name].append(({"instance": instance, **dict(labels)}, values[moment]))
        return found

    def per_second(self, metric: str, by: tuple[str, ...], moment: int) -> Answer:
        """Tell how fast a counter grew in the two minutes before, added up by labels."""
        found: defaultdict[tuple[str, ...], float] = defaultdict(float)
        for (_, (name, labels)), values in self.series.items():
            if name == metric:
                seen = [value for at, value in values.items() if moment - RATE_OVER <= at <= moment]
                grown = sum(after - before if after >= before else after for before, after in pairwise(seen))
                found[tuple(dict(labels)[label] for label in by)] += grown / (RATE_OVER / SECOND)
        return dict(found)


def quantile(share: float, rates: Answer) -> Answer:
    """Read a quantile off the rates of cumulative buckets, by a straight line within a bucket."""
    below = sorted((float(le), rate) for (le,), rate in rates.items())
    rank, edge, before = share * below[-1][1], 0.0, 0.0
    for bound, rate in below:
        if rate >= rank:
            return {(): edge if bound == BOUNDS[-1] else edge + (bound - edge) * (rank - before) / (rate - before)}
        edge, before = bound, rate
    raise AssertionError(below)


def of_counters() -> Iterator[tuple[str, int, q.Query]]:
    """Yield what boards ask of counters, and of the samples that there are none of where a worker is all there is."""
    for key, place, query in drawn():
        unanswered = (key, place) in EMPTY and not isinstance(query.means, q.OfKpi)  # a KPI may be older than the floor
        if isinstance(query.means, q.OfRate | q.OfRateQuantile) or unanswered:
            yield key, place, query


def known() -> Known:
    """Make up the series of all that is asked."""
    made = Known()
    for _, _, query in of_counters():
        match query.means:
            case q.OfRate(metric=metric, by=by):
                made.add_counter(metric, by)
            case q.OfRateQuantile(metric=metric):
                made.add_histogram(metric)
            case q.OfAge(metric=metric, by=by):
                made.add_gauge(metric, by, ())
            case q.OfSamples(metric=metric, by=by, labels=labels):
                made.add_gauge(metric, by, labels)
            case _:
                raise AssertionError(query.means)
    return made


def answer_of(query: q.Query, series: Known, moment: int) -> Answer:
    match query.means:
        case q.OfRate(metric=metric, by=by, more_than=more_than):
            rates = series.per_second(metric, by, moment)
            return {key: rate for key, rate in rates.items() if more_than is None or rate > more_than}
        case q.OfRateQuantile(share=share, metric=metric):
            return quantile(share, series.per_second(f"{metric}_bucket", ("le",), moment))
        case _:
            (wanted,) = expected(query, CHOSEN, Looked(series.nobody, moment / SECOND, [], series.at(moment)))
            return wanted


@pytest.mark.skipif(
    CURRENT is not None, reason="its plain rate has the sample at a range's left edge, which Prometheus 3 leaves out"
)
async def test_what_boards_make_of_counters_is_what_these_have_grown_by(tmp_path: Path) -> None:
    series, past, data = known(), Past(), tmp_path / "prometheus"
    for at, instance in product(MOMENTS, INSTANCES):
        told = {named: values[at] for (of, named), values in series.series.items() if of == instance}
        past.take(a_scrape(told), at, instance)
    past.write(data)
    compared = 0
    async with asking(tmp_path, data) as asked:
        for key, place, query in of_counters():
            for at in (STOPPED, BACK + RATE_OVER, MOMENTS[-1]):
                found = await asked.answer(query, CHOSEN, at / SECOND)
                assert found, (key, place)
                assert same(found, answer_of(query, series, at)), (key, place, at, found)
                compared += 1
            if isinstance(query.means, q.OfRate):
                await nothing_leaps(asked, series, query, query.means)
    assert compared > 100


async def nothing_leaps(asked: Asked, series: Known, query: q.Query, means: q.OfRate) -> None:
    """See that what grew while Prometheus was gone is in no rate: none at first, then only what it has seen grow."""
    for at in (STOPPED + RATE_OVER + SECOND, STOPPED + HOUR // 2, BACK):
        assert await asked.answer(query, CHOSEN, at / SECOND) == {}, (query, at)
    for at in range(BACK + EVERY, BACK + RATE_OVER, EVERY):
        seen = series.per_second(means.metric, means.by, at)
        for place, rate in (await asked.answer(query, CHOSEN, at / SECOND)).items():
            # Prometheus takes it to have grown for half a scrape longer at either side.
            assert rate <= 2 * seen[place], (query, at, place)
