"""A scrape's text: what prometheus_client's own writer gives, to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar, Sample

from agents.pages.exposition import openmetrics

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES = ("window", "campaign", "le", "team")
NUMBERS = st.integers(-(10**12), 10**12) | st.floats() | st.sampled_from((0, 1, 0.5, 1e6, 1234567.0, 1e21, True))
LABELS = st.dictionaries(
    st.sampled_from(NAMES), st.text(max_size=9) | st.sampled_from(('"', "\\", "\n", "é\u2028", ""))
)
SAMPLES = st.lists(
    st.tuples(st.sampled_from(("ringboard_a", "ringboard_a_bucket")), LABELS, NUMBERS).map(lambda told: Sample(*told)),
    max_size=8,
)


class Fixed(Collector):
    def __init__(self, families: Iterable[Family]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Family]:
        return self._families


def family(name: str, help_: str, samples: Iterable[Sample], unit: str = "") -> Family:
    made = Family(name, help_, "unknown", unit)
    made.samples = list(samples)
    return made


def registry_of(*families: Family) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Fixed(families))
    return registry


def the_librarys(registry: CollectorRegistry) -> bytes:
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text


@given(st.text(max_size=9), SAMPLES, SAMPLES)
def test_any_names_and_numbers_are_written_as_the_library_writes_them(
    help_: str, some: list[Sample], others: list[Sample]
) -> None:
    registry = registry_of(family("ringboard_a", help_, some), family("ringboard_b", "b", others))
    assert openmetrics(registry) == the_librarys(registry)


def test_what_has_a_unit_a_time_or_an_exemplar_is_left_to_the_library() -> None:
    timed = Sample("ringboard_a", {}, 1, 12.5)
    told = Sample("ringboard_c_total", {}, 1, None, Exemplar({"trace": "x"}, 1.0))
    counter = Family("ringboard_c", "c", "counter")
    counter.samples = [told]
    registry = registry_of(
        family("ringboard_a", "a", [timed]), family("ringboard_b_seconds", "b", [], "seconds"), counter
    )
    ProcessCollector(registry=registry)
    ours, theirs = openmetrics(registry).decode(), the_librarys(registry).decode()
    process = "process_"  # whose numbers move between two looks
    assert [line for line in ours.splitlines() if process not in line] == [
        line for line in theirs.splitlines() if process not in line
    ]
    assert [line.split()[0] for line in ours.splitlines()] == [line.split()[0] for line in theirs.splitlines()]
    assert "# UNIT ringboard_b_seconds seconds" in ours
    assert '# {trace="x"} 1.0' in ours
