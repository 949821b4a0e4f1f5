"""Lead response time: in time, late, overdue, pending, dropped; by the clock and in business hours."""

from __future__ import annotations

from typing import Final

from stream.kpi.calendar import BusinessCalendar
from stream.kpi.codes import measure_of, minute_of
from stream.kpi.measures import (
    ATTEMPT,
    BUSINESS,
    CONTACT,
    DELAY,
    FAST,
    IN_TIME,
    LATE,
    OVERDUE,
    SLOW,
    WALL,
    WITHIN_1H,
    WITHIN_5M,
    delay_index,
    response_index,
)
from stream.kpi.responses import response_codes
from stream.kpi.rules import DELAY_BOUNDS, Rules
from tests.unit.kpi.telling import (
    DAY,
    HOUR,
    MINUTE,
    NINE,
    PARIS,
    at,
    call,
    contact,
    kpis,
    lead,
    lost,
    plain,
    qualified,
    request,
    sums,
)

WEEKDAYS: Final = {day: [(9 * 60, 18 * 60)] for day in range(5)}
FLOOR = Rules(business=BusinessCalendar(PARIS, WEEKDAYS))
NEVER_OPEN = Rules()
LIMITS = ((WITHIN_5M, 5 * MINUTE), (WITHIN_1H, HOUR))


def codes(
    requested: int,
    attempt: int | None = None,
    contacted: int | None = None,
    closed: int | None = None,
    rules: Rules = FLOOR,
) -> dict[int, int]:
    """The measures that a request adds, each with the minute at which it ripens (0: at once)."""
    found = response_codes.__wrapped__(requested, attempt, contacted, closed, rules.business)
    assert len(found) == len(set(found))
    return {measure_of(int(code)): minute_of(int(code)) for code in found}


def test_reached_at_the_limit_is_in_time_and_a_millisecond_later_is_late() -> None:
    for limit, span in LIMITS:
        for reached in (ATTEMPT, CONTACT):
            index = response_index(reached, WALL, limit)
            there = codes(NINE, NINE + span, NINE + span)
            assert there[IN_TIME + index] == 0
            assert LATE + index not in there
            after = codes(NINE, NINE + span + 1, NINE + span + 1)
            assert after[LATE + index] == 0
            assert IN_TIME + index not in after


def test_reached_at_the_very_moment_of_the_request_is_in_time() -> None:
    assert IN_TIME + response_index(ATTEMPT, WALL, WITHIN_5M) in codes(NINE, NINE)


def test_who_was_tried_but_not_contacted_is_in_time_for_one_and_waits_for_the_other() -> None:
    found = codes(NINE, NINE + MINUTE)
    assert found[IN_TIME + response_index(ATTEMPT, WALL, WITHIN_1H)] == 0
    assert found[OVERDUE + response_index(CONTACT, WALL, WITHIN_1H)] == (NINE + HOUR) // MINUTE


def test_never_reached_is_overdue_once_the_minute_of_the_limit_has_passed() -> None:
    for limit, span in LIMITS:
        for reached in (ATTEMPT, CONTACT):
            assert codes(NINE + 59_999)[OVERDUE + response_index(reached, WALL, limit)] == (NINE + span) // MINUTE


def test_closed_unreached_at_the_limit_drops_out() -> None:
    for limit, span in LIMITS:
        index = OVERDUE + response_index(ATTEMPT, WALL, limit)
        assert index not in codes(NINE, closed=NINE + span)
        assert index in codes(NINE, closed=NINE + span + 1)


def test_closed_later_leaves_it_overdue_for_good() -> None:
    story = lead(request(NINE), lost(NINE + HOUR + 1))
    within = kpis(story, NINE + 2 * HOUR)["lead_response_within_1h_attempt"]
    assert (within["value"], within["numerator"], within["denominator"]) == (0, 0, 1)


def test_pending_is_on_neither_side() -> None:
    story = lead(request(NINE))
    assert kpis(story, NINE + HOUR + MINUTE - 1)["lead_response_within_1h_attempt"]["denominator"] == 0
    assert kpis(story, NINE + HOUR + MINUTE)["lead_response_within_1h_attempt"]["denominator"] == 1


def test_the_first_attempt_by_the_clock_is_told_by_channel_too_and_pending_is_on_neither_side_of_it() -> None:
    story = lead(request(NINE, channel="web"))
    waiting, passed = (kpis(story, NINE + HOUR + later) for later in (MINUTE - 1, MINUTE))
    nothing_of_one = {"web": {"value": 0, "numerator": 0, "denominator": 1}}
    assert waiting["lead_response_within_5m_attempt"]["by_channel"] == nothing_of_one
    assert waiting["lead_response_within_1h_attempt"]["by_channel"] == {}
    assert passed["lead_response_within_1h_attempt"]["by_channel"] == nothing_of_one
    called = kpis(lead(request(NINE, channel="web"), call(NINE + 6 * MINUTE)), NINE + HOUR)
    assert called["lead_response_within_5m_attempt"]["by_channel"] == nothing_of_one
    assert called["lead_response_within_1h_attempt"]["by_channel"]["web"]["numerator"] == 1


def test_a_lead_without_a_channel_adds_nothing_by_channel() -> None:
    for channel in (None, ""):
        found = response_codes.__wrapped__(NINE, None, None, None, FLOOR.business, channel=channel)
        assert not [code for code in found if isinstance(code, str)]


def test_a_lead_reached_late_is_late_at_once() -> None:
    story = lead(request(NINE), call(NINE + 6 * MINUTE))
    assert kpis(story, NINE + 6 * MINUTE)["lead_response_within_5m_attempt"]["denominator"] == 1


def test_in_business_hours_a_request_of_the_night_waits_from_the_opening() -> None:
    night, opening = at("2024-03-04 20:00", PARIS), at("2024-03-05 09:00", PARIS)
    index = response_index(ATTEMPT, BUSINESS, WITHIN_1H)
    assert IN_TIME + index in codes(night, opening + HOUR)
    assert LATE + index in codes(night, opening + HOUR + 1)
    assert LATE + response_index(ATTEMPT, WALL, WITHIN_1H) in codes(night, opening + HOUR)
    assert codes(night)[OVERDUE + index] == (opening + HOUR) // MINUTE
    assert OVERDUE + index not in codes(night, closed=opening + HOUR)
    assert OVERDUE + index in codes(night, closed=opening + HOUR + 1)


def test_in_business_hours_reached_before_the_opening_is_in_time() -> None:
    night = at("2024-03-04 20:00", PARIS)
    assert IN_TIME + response_index(ATTEMPT, BUSINESS, WITHIN_5M) in codes(night, night + 3 * HOUR)


def test_an_hour_of_open_time_ends_at_the_closing_not_at_the_next_opening() -> None:
    asked, closing = at("2024-03-05 17:00", PARIS), at("2024-03-05 18:00", PARIS)
    index = response_index(ATTEMPT, BUSINESS, WITHIN_1H)
    assert IN_TIME + index in codes(asked, closing)
    assert LATE + index in codes(asked, closing + 1)
    assert codes(asked)[OVERDUE + index] == closing // MINUTE


def test_an_hour_of_open_time_goes_on_the_next_morning() -> None:
    asked, opening = at("2024-03-08 17:30", PARIS), at("2024-03-11 09:00", PARIS)  # a Friday, then a Monday
    index = response_index(ATTEMPT, BUSINESS, WITHIN_1H)
    assert IN_TIME + index in codes(asked, opening + HOUR // 2)
    assert LATE + index in codes(asked, opening + HOUR // 2 + 1)


def test_a_floor_that_never_opens_has_no_limit_in_business_hours() -> None:
    index = response_index(ATTEMPT, BUSINESS, WITHIN_5M)
    assert IN_TIME + index in codes(NINE, NINE + DAY, rules=NEVER_OPEN)
    assert OVERDUE + index not in codes(NINE, rules=NEVER_OPEN)


def bucket(codes_: dict[int, int], reached: int, clock: int) -> int:
    first = DELAY + delay_index(reached, clock)
    (code,) = [code for code in codes_ if first <= code <= first + len(DELAY_BOUNDS)]
    return code - first


def test_the_bounds_of_the_delays_are_those_of_the_design() -> None:
    minutes = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880, 4320, 10080)
    assert tuple(minute * MINUTE for minute in minutes) == DELAY_BOUNDS


def test_a_delay_of_a_bound_is_in_its_bucket_and_a_millisecond_more_in_the_next() -> None:
    for place, bound in enumerate(DELAY_BOUNDS):
        for reached in (ATTEMPT, CONTACT):
            assert bucket(codes(NINE, NINE + bound, NINE + bound), reached, WALL) == place
            assert bucket(codes(NINE, NINE + bound + 1, NINE + bound + 1), reached, WALL) == place + 1
    assert bucket(codes(NINE, NINE), ATTEMPT, WALL) == 0


def test_a_delay_in_business_hours_is_the_open_time_of_it() -> None:
    asked, opening = at("2024-03-04 17:59", PARIS), at("2024-03-05 09:00", PARIS)
    assert bucket(codes(asked, opening), ATTEMPT, BUSINESS) == 0
    assert bucket(codes(asked, opening + 1), ATTEMPT, BUSINESS) == 1
    assert bucket(codes(asked, opening + MINUTE), ATTEMPT, BUSINESS) == 1
    assert bucket(codes(asked, opening + MINUTE + 1), ATTEMPT, BUSINESS) == 2


def test_who_was_never_reached_has_no_delay() -> None:
    assert not [code for code in codes(NINE) if code >= DELAY]


def test_no_two_measures_share_a_code() -> None:
    both = codes(NINE, NINE, NINE)
    waiting = codes(NINE)
    assert len(both) == 8 + 4
    assert len(waiting) == 8
    assert not both.keys() & waiting.keys()


def test_the_first_attempt_that_counts_is_the_one_that_answers_the_request() -> None:
    story = lead(request(NINE), call(NINE - 1, "before"), call(NINE + 6 * MINUTE, "late"))
    assert sums(story, NINE + HOUR)[LATE + response_index(ATTEMPT, WALL, WITHIN_5M)] == 1


def test_an_hour_to_the_contact_is_fast_and_a_millisecond_more_is_slow() -> None:
    assert plain(lead(request(NINE), contact(NINE + HOUR)))[FAST] == 1
    assert plain(lead(request(NINE), contact(NINE + HOUR + 1)))[SLOW] == 1
    rows = plain(lead(request(NINE), call(NINE + HOUR)))
    assert rows[FAST] == rows[SLOW] == 0


def test_the_uplift_is_the_ratio_of_two_qualified_shares() -> None:
    story = (
        lead(request(NINE), contact(NINE + HOUR), qualified(NINE + 2 * HOUR))
        + lead(request(NINE), contact(NINE + 2 * HOUR), qualified(NINE + 3 * HOUR))
        + lead(request(NINE), contact(NINE + 2 * HOUR))
        + lead(request(NINE), contact(NINE + 3 * HOUR))
    )
    uplift = kpis(story, NINE + DAY)["fast_response_uplift"]
    assert (uplift["value"], uplift["numerator"], uplift["denominator"]) == (3.0, 1.0, 1 / 3)
