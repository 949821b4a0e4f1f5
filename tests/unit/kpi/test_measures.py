"""The table of measures: what an entry must have, and what it refuses."""

from __future__ import annotations

import pytest

from stream.kpi import measures as m
from stream.kpi.catalogue import CATALOGUE
from stream.kpi.codes import LAST
from stream.kpi.formulas import measures_of
from stream.kpi.measure_table import Gauge, Measure, MeasureTable, Moment
from stream.kpi.rules import DELAY_BOUNDS

PLACED = Moment("placed_at", "the attempt", "la tentative")
RIGHT = Measure(1, "attempts", "attempts", "tentatives", PLACED, Gauge("window_attempts", "Attempts placed."))


def refused(*entries: Measure) -> str:
    table = MeasureTable()
    for entry in entries[:-1]:
        table.add(entry)
    with pytest.raises(ValueError, match=r"^stream/kpi/measures\.py: ") as error:
        table.add(entries[-1])
    assert entries[-1] not in tuple(table)
    return str(error.value)


def test_an_entry_is_found_by_each_of_its_numbers() -> None:
    table = MeasureTable()
    family = RIGHT._replace(number=7, name="noes", span=3, metric=None)
    assert (table.add(RIGHT), table.add(family)) == (1, 7)
    assert [table[number] for number in (1, 7, 8, 9)] == [RIGHT, family, family, family]
    assert [number in table for number in (2, 6, 10)] == [False] * 3
    assert tuple(table) == (RIGHT, family)


def test_a_number_is_given_once_also_within_a_family() -> None:
    other = RIGHT._replace(name="answered", metric=None)
    assert "the number 1 of the measure 'answered' is taken by 'attempts': give it one that is free, such as 2" in (
        refused(RIGHT, other)
    )
    family = RIGHT._replace(number=2, span=4)
    inside = other._replace(number=5)
    assert "the number 5 of the measure 'answered' is taken by 'attempts'" in refused(family, inside)
    assert "the number 2 of the measure 'answered' is taken by 'attempts'" in refused(
        family, other._replace(number=1, span=2)
    )


def test_a_number_fits_the_bits_of_a_code() -> None:
    for number, span in ((0, 1), (-1, 1), (LAST + 1, 1), (LAST, 2), (1, 0)):
        assert f"they go from 1 to {LAST}" in refused(RIGHT._replace(number=number, span=span))
    assert "has the numbers 0, and" in refused(RIGHT._replace(number=0))
    assert f"has the numbers {LAST} to {LAST + 1}, and" in refused(RIGHT._replace(number=LAST, span=2))
    assert MeasureTable().add(RIGHT._replace(number=LAST)) == LAST


def test_an_entry_without_words_or_moment_is_refused_with_what_to_write() -> None:
    assert "'attempts' has no English words: write what it counts" in refused(RIGHT._replace(en=" "))
    assert "'attempts' has no French words: write what it counts" in refused(RIGHT._replace(fr=""))
    assert "'attempts' has no moment: write by which one" in refused(RIGHT._replace(moment=None))
    assert "the metric 'window_attempts' of 'attempts' has no help" in refused(
        RIGHT._replace(metric=Gauge("window_attempts", ""))
    )


def test_names_are_unique_and_metrics_are_shared_by_a_value_of_their_last_label_only() -> None:
    assert "two measures are named 'attempts'" in refused(RIGHT, RIGHT._replace(number=2))
    assert "'Attempts' is no name of a measure" in refused(RIGHT._replace(name="Attempts"))
    other = RIGHT._replace(number=2, name="answered")
    assert "the measures 'attempts' and 'answered' leave by one metric, 'window_attempts'" in refused(RIGHT, other)
    breaches = Gauge("window_breaches", "Attempts that broke a rule.", ("rule",))
    often, soon = (
        RIGHT._replace(number=number, name=name, metric=breaches._replace(value=name))
        for number, name in ((1, "often"), (2, "soon"))
    )
    assert "leave by one metric" in refused(often, soon._replace(metric=often.metric))
    table = MeasureTable()
    assert (table.add(often), table.add(soon)) == (1, 2)


def test_each_constant_is_the_number_of_the_entry_that_has_its_name() -> None:
    constants = {name: value for name, value in vars(m).items() if name.isupper() and isinstance(value, int)}
    for measure in m.TABLE:
        assert constants.get(measure.name.upper()) == measure.number, (
            f"stream/kpi/measures.py: the entry {measure.name!r} belongs to a constant {measure.name.upper()}"
        )


def test_the_families_have_a_number_for_each_of_their_kind() -> None:
    indices = [m.response_index(r, c, limit) for r in (0, 1) for c in (0, 1) for limit in (0, 1)]
    for first in (m.IN_TIME, m.LATE):
        assert [first + index for index in indices] == list(m.TABLE[first].numbers)
    assert len(m.TABLE[m.ASSIGNMENT].numbers) == len(m.TABLE[m.REP_RESPONSE].numbers) == len(DELAY_BOUNDS) + 1
    assert m.TABLE[m.TO_CONTACT].numbers[-1] - m.TO_CONTACT == m.TABLE[m.NOES].numbers[-1] - m.NOES == m.MOST


def test_no_kpi_counts_the_mark_of_what_is_simulated() -> None:
    assert m.SIMULATED not in {measure for kpi in CATALOGUE for measure in measures_of(kpi.formula)}
