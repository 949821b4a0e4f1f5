"""A window cut into steps loses nothing, and each KPI reads no more measures than it says."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stream.kpi.catalogue import CATALOGUE
from stream.kpi.codes import detailed
from stream.kpi.formulas import measures_of
from stream.kpi.reading import Reading
from stream.kpi.rules import DAY, HOUR, MINUTE
from stream.kpi.steps import DEFAULT_STEP, cut, steps_for
from stream.kpi.windows import WINDOWS, midnight, span_of

PARIS = ZoneInfo("Europe/Paris")
KOLKATA = ZoneInfo("Asia/Kolkata")


def at(text: str, zone: ZoneInfo = PARIS) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize("zone", [PARIS, KOLKATA, UTC])
@pytest.mark.parametrize(
    "moment", ["2026-03-18T12:00:30", "2026-03-29T12:34", "2026-10-25T23:59:59", "2026-01-01T00:00"]
)
def test_the_steps_of_a_window_are_all_its_slices_once_and_in_order(moment: str, zone: ZoneInfo) -> None:
    as_of = at(moment)
    for window in WINDOWS:
        span = span_of(window, as_of, zone)
        assert DEFAULT_STEP[window] in steps_for(window)
        for step in steps_for(window):
            steps = cut(span, step, zone)
            assert [index for one in steps for index in range(one.first, one.last + 1)] == list(
                range(span.first, span.last + 1)
            )


def test_days_begin_at_the_midnight_of_the_floor_also_where_one_has_23_or_25_hours() -> None:
    for changes, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-10", 24)):
        noon = at(f"{changes}T12:00") + 2 * DAY
        days = {one.start: one.end - one.start for one in cut(span_of("7d", noon, PARIS), "1d", PARIS)}
        assert days[midnight(at(f"{changes}T12:00"), PARIS)] == hours * HOUR


def test_an_hour_that_comes_twice_is_two_steps() -> None:
    steps = cut(span_of("today", at("2026-10-25T23:59:59"), PARIS), "1h", PARIS)
    assert [one.end - one.start for one in steps] == [HOUR] * 25


def test_hours_of_a_half_hour_zone_begin_with_its_clock() -> None:
    steps = cut(span_of("today", at("2026-03-18T10:20", KOLKATA), KOLKATA), "1h", KOLKATA)
    assert [one.start for one in steps] == [at(f"2026-03-18T{hour:02}:00", KOLKATA) for hour in range(11)]
    assert steps[-1].end == at("2026-03-18T10:21", KOLKATA)


def test_quarters_begin_with_the_clock_and_the_first_may_be_short() -> None:
    steps = cut(span_of("1h", at("2026-03-18T12:07:30"), PARIS), "15m", PARIS)
    assert [(one.end - one.start) // MINUTE for one in steps] == [7, 15, 15, 15, 8]


def test_each_kpi_reads_the_same_of_its_own_measures_as_of_all() -> None:
    every = {measure: 3 + measure % 7 for measure in range(1, 250)}
    details = {detailed(measure, "web"): 2 for measure in range(1, 250)}
    for formula in (1, 2, 3, 4):
        for kpi in CATALOGUE:
            own = measures_of(kpi.formula)
            few = {m: n for m, n in every.items() if m in own} | {
                code: n for code, n in details.items() if int(code.partition("|")[0]) in own
            }
            read = [Reading(cell, {"EUR": 900}, lambda _: 2, formula).of(kpi) for cell in (every | details, few)]
            assert read[0] == read[1], kpi.id
            for measure in own:
                less = {m: n for m, n in few.items() if m != measure}
                unread = Reading(less, {"EUR": 900}, lambda _: 2, formula).of(kpi) == read[0]
                assert not unread or kpi.id == "service_level", (kpi.id, measure)
