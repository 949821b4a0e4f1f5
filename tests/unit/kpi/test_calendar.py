"""Opening hours as open time."""

from __future__ import annotations

from datetime import UTC, date
from typing import Final
from zoneinfo import ZoneInfo

from stream.kpi.calendar import BusinessCalendar
from tests.unit.kpi.telling import DAY, HOUR, MINUTE, PARIS, at

WEEK: Final = {day: [(9 * 60, 12 * 60), (14 * 60, 18 * 60)] for day in range(5)}


def a_floor() -> BusinessCalendar:
    """Return a new one: what one test has had worked out is not there in the next."""
    return BusinessCalendar(PARIS, WEEK)


def paris(text: str) -> int:
    return at(text, PARIS)


def test_open_time_is_what_lies_within_the_openings() -> None:
    assert a_floor().elapsed(paris("2024-03-05 00:00"), paris("2024-03-06 00:00")) == 7 * HOUR
    assert a_floor().elapsed(paris("2024-03-05 11:00"), paris("2024-03-05 15:00")) == 2 * HOUR
    assert a_floor().elapsed(paris("2024-03-05 12:00"), paris("2024-03-05 14:00")) == 0
    assert a_floor().elapsed(paris("2024-03-09 00:00"), paris("2024-03-11 00:00")) == 0


def test_an_opening_is_open_from_its_first_moment_to_the_one_before_its_end() -> None:
    opening, closing = paris("2024-03-05 09:00"), paris("2024-03-05 12:00")
    assert a_floor().elapsed(opening, opening + 1) == 1
    assert a_floor().elapsed(opening - 1, opening) == 0
    assert a_floor().elapsed(closing - 1, closing) == 1
    assert a_floor().elapsed(closing, closing + 1) == 0
    around = (opening - 1, opening, closing - 1, closing)
    assert [a_floor().is_open(moment) for moment in around] == [False, True, True, False]


def test_a_span_of_open_time_ends_as_early_as_it_can() -> None:
    noon = paris("2024-03-05 12:00")
    assert a_floor().after(paris("2024-03-05 11:00"), HOUR) == noon
    assert a_floor().after(paris("2024-03-05 11:00"), HOUR + 1) == paris("2024-03-05 14:00") + 1
    assert a_floor().after(noon, HOUR) == paris("2024-03-05 15:00")
    assert a_floor().after(paris("2024-03-05 13:00"), HOUR) == paris("2024-03-05 15:00")
    assert a_floor().after(paris("2024-03-08 17:30"), HOUR) == paris("2024-03-11 09:30")


def test_the_end_of_a_span_is_where_that_much_open_time_has_gone() -> None:
    start = paris("2024-03-05 10:20")
    for span in (1, MINUTE, HOUR, 7 * HOUR, 40 * HOUR, 200 * HOUR):
        end = a_floor().after(start, span)
        assert end is not None
        assert a_floor().elapsed(start, end) == span
        assert a_floor().elapsed(start, end - 1) == span - 1


def test_a_holiday_is_closed() -> None:
    floor = BusinessCalendar(PARIS, WEEK, {date(2024, 5, 1)}.__contains__)
    assert floor.elapsed(paris("2024-05-01 00:00"), paris("2024-05-02 00:00")) == 0
    assert floor.after(paris("2024-04-30 18:00"), 1) == paris("2024-05-02 09:00") + 1


def test_a_day_that_is_not_named_is_closed() -> None:
    assert BusinessCalendar(UTC, {6: [(0, 24 * 60)]}).elapsed(at("2024-03-04 00:00"), at("2024-03-11 00:00")) == DAY


def test_a_floor_that_never_opens_lets_no_time_go_by() -> None:
    weeks: list[dict[int, list[tuple[int, int]]]] = [{}, {0: []}]
    for hours in weeks:
        never = BusinessCalendar(UTC, hours)
        assert never.after(at("2024-03-05 09:00"), 1) is None
        assert never.elapsed(0, at("2024-03-05 09:00")) == 0


def test_before_all_openings_there_is_no_open_time() -> None:
    for floor in (a_floor(), BusinessCalendar(UTC, {0: [(0, 60)]})):
        assert floor.elapsed(0, paris("1999-12-25 00:00")) == 0
        assert not floor.is_open(0)


def test_the_very_first_opening_is_as_open_as_any() -> None:
    floor = a_floor()
    assert floor.elapsed(paris("2012-03-05 00:00"), paris("2012-03-05 10:00")) == HOUR
    assert floor.elapsed(0, paris("1999-12-27 09:00")) == 0
    assert floor.elapsed(0, paris("1999-12-27 10:00")) == HOUR


def test_it_does_not_matter_what_was_asked_before() -> None:
    early, late = paris("2001-03-05 11:00"), paris("2030-03-05 11:00")
    forward, backward = BusinessCalendar(PARIS, WEEK), BusinessCalendar(PARIS, WEEK)
    assert forward.elapsed(early, early + HOUR) == HOUR
    assert backward.elapsed(late, late + HOUR) == HOUR
    assert forward.elapsed(early, late) == backward.elapsed(early, late)
    weekdays = sum(day % 7 < 5 for day in range(round((late - early) / DAY)))  # the first is a Monday
    assert forward.elapsed(early, late) == 7 * HOUR * weekdays


def test_the_days_before_those_that_are_known_are_worked_out_when_they_are_asked_for() -> None:
    middle = paris("2015-06-10 10:00")
    whole = BusinessCalendar(PARIS, WEEK)
    whole.elapsed(0, paris("2030-01-01 00:00"))
    for back in (1, 30, 399, 400, 401, 800, 5000):
        later = BusinessCalendar(PARIS, WEEK)
        assert later.is_open(middle)
        assert later.elapsed(middle - back * DAY, middle) == whole.elapsed(middle - back * DAY, middle)
        assert later.after(middle - back * DAY, 50 * HOUR) == whole.after(middle - back * DAY, 50 * HOUR)


def test_the_last_day_that_was_worked_out_is_as_open_as_any() -> None:
    monday = paris("2001-01-01 09:00")
    day_by_day = BusinessCalendar(PARIS, WEEK)
    at_once = BusinessCalendar(PARIS, WEEK)
    at_once.elapsed(monday, paris("2006-01-01 00:00"))
    for days in range(0, 1500, 7):
        moment = monday + days * DAY + 5 * HOUR
        assert day_by_day.elapsed(monday, moment) == at_once.elapsed(monday, moment)
        assert day_by_day.after(moment, 30 * HOUR) == at_once.after(moment, 30 * HOUR)


def test_the_clocks_change_and_an_opening_lasts_what_it_lasts() -> None:
    nights = BusinessCalendar(PARIS, {6: [(0, 24 * 60)]})
    assert nights.elapsed(paris("2024-03-31 00:00"), paris("2024-04-01 00:00")) == 23 * HOUR
    assert nights.elapsed(paris("2024-10-27 00:00"), paris("2024-10-28 00:00")) == 25 * HOUR
    mornings = BusinessCalendar(PARIS, {6: [(9 * 60, 10 * 60)]})
    assert mornings.after(paris("2024-03-30 12:00"), MINUTE) == paris("2024-03-31 09:01")


def test_an_opening_that_the_change_of_the_clocks_swallows_is_none() -> None:
    swallowed = BusinessCalendar(PARIS, {6: [(2 * 60, 3 * 60)]})
    assert swallowed.elapsed(paris("2024-03-31 00:00"), paris("2024-04-01 00:00")) == 0
    assert swallowed.elapsed(paris("2024-04-07 00:00"), paris("2024-04-08 00:00")) == HOUR


def test_zones_of_half_and_quarter_hours_open_by_their_own_clocks() -> None:
    for name, hour_in_utc in (("Asia/Kolkata", "03:30"), ("Asia/Kathmandu", "03:15"), ("Asia/Tehran", "05:30")):
        floor = BusinessCalendar(ZoneInfo(name), {1: [(9 * 60, 10 * 60)]})
        opening = at(f"2024-03-05 {hour_in_utc}")
        assert floor.after(opening - HOUR, 1) == opening + 1
