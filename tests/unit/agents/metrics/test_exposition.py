"""A scrape's text: what prometheus_client's own writer gives, to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from agents.metrics.exposition import Families, OpenMetrics, TextCache
from stream.web.metric import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric as Family

BOUNDS = ("0.5", "60.0", "+Inf")
VALUES = st.text(max_size=9) | st.sampled_from(('"', "\\", "\n", "é\u2028", ""))
NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12),
    st.floats().map(lambda number: number or 0.0),  # no writer of ours has a use for -0.0
    st.sampled_from((0, 1, 0.5, 1e6, 1234567.0, 1e21, True)),
)
#: Labels before and behind a bucket's `le`, on both sides of it, in no order, and none.
METRICS = tuple(
    Metric(f"ringboard_{number}", "gauge", help_, labels)
    for number, (help_, labels) in enumerate(
        (
            ("plain", ()),
            ('said to be "so"', ("campaign",)),
            ("two\nlines", ("window", "campaign", "team")),
            ("a \\ in it", ("window", "reached")),
        )
    )
)
ADDED = st.lists(
    st.sampled_from(METRICS).flatmap(
        lambda metric: st.tuples(
            st.just(metric),
            st.tuples(*(VALUES for _ in metric.labels)),
            NUMBERS | st.tuples(*(NUMBERS for _ in BOUNDS)),
            st.sampled_from(("", "_total")),
        )
    ),
    max_size=12,
)


class Fixed(Collector):
    def __init__(self, families: Iterable[Family] = ()) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        return self._families


def tell(out: Families | OpenMetrics, added: Iterable[tuple[Metric, tuple[str, ...], object, str]]) -> None:
    for metric, values, amount, suffix in added:
        if isinstance(amount, tuple):
            out.add_buckets(metric, values, BOUNDS, amount)
        else:
            out.add(metric, values, amount, suffix)  # type: ignore[arg-type]


def by_the_library(families: Families) -> bytes:
    text: bytes = generate_latest(Fixed(families))  # type: ignore[no-untyped-call]
    return text


@given(st.lists(ADDED, min_size=1, max_size=3))
@pytest.mark.slow
def test_each_scrape_is_written_as_the_library_writes_it(
    scrapes: list[list[tuple[Metric, tuple[str, ...], object, str]]],
) -> None:
    known = TextCache()  # kept from one to the next
    for added in scrapes:
        families, ours = Families(), OpenMetrics(known)
        tell(families, added)
        tell(ours, added)
        assert ours.text(Fixed()) == by_the_library(families)


def test_what_else_there_is_comes_behind() -> None:
    others = Families()
    others.add(METRICS[0], (), 2)
    ours = OpenMetrics(TextCache())
    ours.add(METRICS[1], ("a",), 1)
    heads = ("# HELP ringboard_1", "# TYPE ringboard_1 gauge", "ringboard_1{", "# HELP ringboard_0", "# TYPE", "ringb")
    lines = ours.text(Fixed(others)).decode().splitlines()
    assert [line[: len(head)] for line, head in zip(lines, heads, strict=False)] == list(heads)
    assert lines[-2:] == ["ringboard_0 2.0", "# EOF"]


def test_labels_that_are_gone_are_not_kept_for_ever() -> None:
    registry, known, kept = CollectorRegistry(), TextCache(), []
    for scrape in range(30):
        ours = OpenMetrics(known)
        for number in range(1000):
            ours.add(METRICS[1], (f"{scrape}-{number}",), 1)
            ours.add_buckets(METRICS[3], ("5m", f"{scrape}-{number}"), BOUNDS, (1, 2, 3))
        ours.text(registry)
        kept.append(known.size)
    assert max(kept) < 15_000
    assert min(kept[5:]) < max(kept)
