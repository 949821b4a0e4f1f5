"""Lead response time: in time or not when the limit runs out; how long it took; by the clock and in business hours."""

from __future__ import annotations

from typing import Final

from stream.kpi.calendar import BusinessCalendar
from stream.kpi.cells import limit_slot
from stream.kpi.codes import measure_of, minute_of
from stream.kpi.measures import (
    ASSIGNMENT,
    ATTEMPT,
    BUSINESS,
    CONTACT,
    DELAY,
    FAST,
    IN_TIME,
    LATE,
    REP_RESPONSE,
    SLOW,
    WALL,
    WITHIN_1H,
    WITHIN_5M,
    delay_index,
    response_index,
)
from stream.kpi.responses import bucket_of, delay_codes, response_limits
from stream.kpi.rules import DELAY_BOUNDS, Rules
from tests.unit.kpi.telling import (
    DAY,
    HOUR,
    MINUTE,
    NINE,
    PARIS,
    assigned,
    at,
    call,
    contact,
    instants_of,
    kpis,
    lead,
    lost,
    owners_of,
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
    """The measures that the limits of a request add, each with the minute at which it counts."""
    found = response_limits(requested, attempt, contacted, closed, rules.business)
    every = [(slot, int(code)) for slot, codes_ in found for code in codes_]
    assert all(slot == limit_slot(minute_of(code)) for slot, code in every)
    assert len({code for _, code in every}) == len(every)
    return {measure_of(code): minute_of(code) for _, code in every}


def test_reached_at_the_limit_is_in_time_and_a_millisecond_later_is_late() -> None:
    for limit, span in LIMITS:
        for reached in (ATTEMPT, CONTACT):
            index = response_index(reached, WALL, limit)
            there = codes(NINE, NINE + span, NINE + span)
            assert there[IN_TIME + index] == (NINE + span) // MINUTE
            assert LATE + index not in there
            after = codes(NINE, NINE + span + 1, NINE + span + 1)
            assert after[LATE + index] == (NINE + span) // MINUTE
            assert IN_TIME + index not in after


def test_reached_at_the_very_moment_of_the_request_is_in_time() -> None:
    assert IN_TIME + response_index(ATTEMPT, WALL, WITHIN_5M) in codes(NINE, NINE)


def test_who_was_tried_but_not_contacted_is_in_time_for_one_and_not_for_the_other() -> None:
    found = codes(NINE, NINE + MINUTE)
    assert found[IN_TIME + response_index(ATTEMPT, WALL, WITHIN_1H)] == (NINE + HOUR) // MINUTE
    assert found[LATE + response_index(CONTACT, WALL, WITHIN_1H)] == (NINE + HOUR) // MINUTE


def test_never_reached_is_late_in_the_minute_of_the_limit() -> None:
    for limit, span in LIMITS:
        for reached in (ATTEMPT, CONTACT):
            assert codes(NINE + 59_999)[LATE + response_index(reached, WALL, limit)] == (NINE + span) // MINUTE


def test_closed_unreached_at_the_limit_drops_out() -> None:
    for limit, span in LIMITS:
        index = LATE + response_index(ATTEMPT, WALL, limit)
        assert index not in codes(NINE, closed=NINE + span)
        assert index in codes(NINE, closed=NINE + span + 1)


def test_reached_in_time_and_closed_before_the_limit_is_in_time() -> None:
    assert IN_TIME + response_index(ATTEMPT, WALL, WITHIN_1H) in codes(NINE, NINE + 1, closed=NINE + 2)


def test_closed_later_leaves_it_late_for_good() -> None:
    story = lead(request(NINE), lost(NINE + HOUR + 1))
    within = kpis(story, NINE + 2 * HOUR)["lead_response_within_1h_attempt"]
    assert (within["value"], within["numerator"], within["denominator"]) == (0, 0, 1)


def test_nothing_is_judged_before_the_limit_has_run_out_however_soon_the_lead_was_reached() -> None:
    for story in (lead(request(NINE)), lead(request(NINE), call(NINE + 1))):
        assert kpis(story, NINE + HOUR + MINUTE - 1)["lead_response_within_1h_attempt"]["denominator"] == 0
        assert kpis(story, NINE + HOUR + MINUTE)["lead_response_within_1h_attempt"]["denominator"] == 1


def test_a_lead_is_judged_in_the_windows_in_which_its_limit_ran_out() -> None:
    story = lead(request(NINE), call(NINE + 1))
    for window, minutes in (("5m", 5), ("15m", 15), ("1h", 60)):
        for later, judged in ((minutes * MINUTE - 1, 1), (minutes * MINUTE, 0)):
            read = kpis(story, NINE + HOUR + later, window)["lead_response_within_1h_attempt"]
            assert read["denominator"] == judged, window


def test_the_first_attempt_by_the_clock_is_told_by_channel_too() -> None:
    story = lead(request(NINE, channel="web"))
    waiting, passed = (kpis(story, NINE + HOUR + later) for later in (MINUTE - 1, MINUTE))
    nothing_of_one = {"web": {"value": 0, "numerator": 0, "denominator": 1}}
    assert waiting["lead_response_within_5m_attempt"]["by_channel"] == nothing_of_one
    assert waiting["lead_response_within_1h_attempt"]["by_channel"] == {}
    assert passed["lead_response_within_1h_attempt"]["by_channel"] == nothing_of_one
    called = kpis(lead(request(NINE, channel="web"), call(NINE + 6 * MINUTE)), NINE + HOUR + MINUTE)
    assert called["lead_response_within_5m_attempt"]["by_channel"] == nothing_of_one
    assert called["lead_response_within_1h_attempt"]["by_channel"]["web"]["numerator"] == 1


def test_a_lead_without_a_channel_adds_nothing_by_channel() -> None:
    for channel in (None, ""):
        found = response_limits(NINE, None, None, None, FLOOR.business, channel=channel)
        assert not [code for _, codes_ in found for code in codes_ if isinstance(code, str)]


def test_only_the_first_attempt_by_the_clock_is_told_by_channel() -> None:
    found = response_limits(NINE, None, None, None, FLOOR.business, channel="web")
    by_channel = [code for _, codes_ in found for code in codes_ if isinstance(code, str)]
    measures = sorted(measure_of(int(code.partition("|")[0])) for code in by_channel)
    assert measures == [LATE + response_index(ATTEMPT, WALL, limit) for limit in (WITHIN_5M, WITHIN_1H)]


def test_in_business_hours_a_request_of_the_night_waits_from_the_opening() -> None:
    night, opening = at("2024-03-04 20:00", PARIS), at("2024-03-05 09:00", PARIS)
    index = response_index(ATTEMPT, BUSINESS, WITHIN_1H)
    assert IN_TIME + index in codes(night, opening + HOUR)
    assert LATE + index in codes(night, opening + HOUR + 1)
    assert LATE + response_index(ATTEMPT, WALL, WITHIN_1H) in codes(night, opening + HOUR)
    assert codes(night)[LATE + index] == (opening + HOUR) // MINUTE
    assert LATE + index not in codes(night, closed=opening + HOUR)
    assert LATE + index in codes(night, closed=opening + HOUR + 1)


def test_in_business_hours_reached_before_the_opening_is_in_time() -> None:
    night = at("2024-03-04 20:00", PARIS)
    assert IN_TIME + response_index(ATTEMPT, BUSINESS, WITHIN_5M) in codes(night, night + 3 * HOUR)


def test_an_hour_of_open_time_ends_at_the_closing_not_at_the_next_opening() -> None:
    asked, closing = at("2024-03-05 17:00", PARIS), at("2024-03-05 18:00", PARIS)
    index = response_index(ATTEMPT, BUSINESS, WITHIN_1H)
    assert IN_TIME + index in codes(asked, closing)
    assert LATE + index in codes(asked, closing + 1)
    assert codes(asked)[LATE + index] == closing // MINUTE


def test_an_hour_of_open_time_goes_on_the_next_morning() -> None:
    asked, opening = at("2024-03-08 17:30", PARIS), at("2024-03-11 09:00", PARIS)  # a Friday, then a Monday
    index = response_index(ATTEMPT, BUSINESS, WITHIN_1H)
    assert IN_TIME + index in codes(asked, opening + HOUR // 2)
    assert LATE + index in codes(asked, opening + HOUR // 2 + 1)


def test_a_floor_that_never_opens_has_no_limit_in_business_hours() -> None:
    for found in (codes(NINE, NINE + DAY, rules=NEVER_OPEN), codes(NINE, rules=NEVER_OPEN)):
        assert not found.keys() & {m + response_index(ATTEMPT, BUSINESS, WITHIN_5M) for m in (IN_TIME, LATE)}


def bucket(reached: int, clock: int, requested: int, moment: int) -> int:
    first = DELAY + delay_index(reached, clock)
    code = delay_codes(reached, requested, moment, FLOOR.business)[clock]
    assert isinstance(code, int)
    assert 0 <= code - first <= len(DELAY_BOUNDS)
    return code - first


def test_the_bounds_of_the_delays_are_those_of_the_design() -> None:
    minutes = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880, 4320, 10080)
    assert tuple(minute * MINUTE for minute in minutes) == DELAY_BOUNDS


def test_a_delay_of_a_bound_is_in_its_bucket_and_a_millisecond_more_in_the_next() -> None:
    for place, bound in enumerate(DELAY_BOUNDS):
        for reached in (ATTEMPT, CONTACT):
            assert bucket(reached, WALL, NINE, NINE + bound) == bucket_of(bound) == place
            assert bucket(reached, WALL, NINE, NINE + bound + 1) == place + 1
    assert bucket(ATTEMPT, WALL, NINE, NINE) == 0


def test_a_delay_in_business_hours_is_the_open_time_of_it() -> None:
    asked, opening = at("2024-03-04 17:59", PARIS), at("2024-03-05 09:00", PARIS)
    for later, place in ((0, 0), (1, 1), (MINUTE, 1), (MINUTE + 1, 2)):
        assert bucket(ATTEMPT, BUSINESS, asked, opening + later) == place


def delays(*facts: object) -> dict[int, list[int]]:
    """The minutes, from the request on, at which the delays of a lead stand, by the first number of the histogram."""
    story = lead(request(NINE), *facts)  # type: ignore[arg-type]
    firsts = [DELAY + delay_index(reached, clock) for reached in (0, 1) for clock in (0, 1)]
    found = {}
    for first in (*firsts, ASSIGNMENT, REP_RESPONSE):
        of = [instants_of(story, first + n) for n in range(len(DELAY_BOUNDS) + 1)]
        found[first] = [minute - NINE // MINUTE for minutes in of for minute in minutes]
    return {first: minutes for first, minutes in found.items() if minutes}


def of(firsts: set[int], minute: int) -> dict[int, list[int]]:
    return {first: [minute] for first in firsts}


def test_a_delay_counts_at_the_moment_the_lead_was_reached() -> None:
    attempts, contacts = ({DELAY + delay_index(reached, clock) for clock in (0, 1)} for reached in (ATTEMPT, CONTACT))
    assert delays() == {}
    assert delays(call(NINE + 2 * MINUTE)) == of(attempts, 2)
    both = delays(call(NINE + 2 * MINUTE), contact(NINE + 9 * MINUTE, "c2"))
    assert both == of(attempts, 2) | of(contacts, 9)
    assert not [code for code in plain(lead(call(NINE), contact(NINE, "c2"))) if DELAY <= code < DELAY + 64]


def test_routings_delay_is_told_apart_from_the_reps() -> None:
    routed = delays(assigned(NINE + MINUTE, "a1"), assigned(NINE + 3 * MINUTE, "a2"), call(NINE + 9 * MINUTE))
    assert routed[ASSIGNMENT] == [1]
    assert routed[REP_RESPONSE] == [9]
    story = lead(
        request(NINE), assigned(NINE + MINUTE), assigned(NINE + 3 * MINUTE, "a2", "bea"), call(NINE + 5 * MINUTE)
    )
    assert owners_of(story, ASSIGNMENT + bucket_of(MINUTE)) == [("spring", None, "bea")]
    assert owners_of(story, REP_RESPONSE + bucket_of(2 * MINUTE)) == [("spring", None, "bea")]


def test_an_assignment_at_the_attempt_is_before_it_and_one_after_it_is_not() -> None:
    at_once = lead(request(NINE), assigned(NINE, "a0"), assigned(NINE + HOUR), call(NINE + HOUR))
    assert plain(at_once)[REP_RESPONSE] == 1
    later = lead(request(NINE), assigned(NINE + HOUR + 1), call(NINE + HOUR))
    assert sum(plain(later)[REP_RESPONSE + n] for n in range(16)) == 0


def test_a_lead_assigned_before_its_request_had_not_to_wait_for_that() -> None:
    assert plain(lead(request(NINE), assigned(NINE - DAY)))[ASSIGNMENT] == 1
    assert plain(lead(request(NINE), assigned(NINE + MINUTE)))[ASSIGNMENT] == 1
    assert plain(lead(request(NINE), assigned(NINE + MINUTE + 1)))[ASSIGNMENT + 1] == 1
    assert not plain(lead(assigned(NINE)))


def test_every_request_has_four_limits_for_the_attempt_and_four_for_the_contact() -> None:
    assert len(codes(NINE, NINE, NINE)) == len(codes(NINE)) == 8
    assert not codes(NINE, NINE, NINE).keys() & codes(NINE).keys()


def test_the_first_attempt_that_counts_is_the_one_that_answers_the_request() -> None:
    story = lead(request(NINE), call(NINE - 1, "before"), call(NINE + 6 * MINUTE, "late"))
    assert sums(story, NINE + HOUR)[LATE + response_index(ATTEMPT, WALL, WITHIN_5M)] == 1


def test_an_hour_to_the_contact_is_fast_and_a_millisecond_more_is_slow() -> None:
    assert plain(lead(request(NINE), contact(NINE + HOUR), lost(NINE + DAY)))[FAST] == 1
    assert plain(lead(request(NINE), contact(NINE + HOUR + 1), lost(NINE + DAY)))[SLOW] == 1
    rows = plain(lead(request(NINE), call(NINE + HOUR), lost(NINE + DAY)))
    assert rows[FAST] == rows[SLOW] == 0


def test_how_soon_a_contact_was_is_counted_when_the_lead_closes_and_as_the_leads() -> None:
    story = lead(request(NINE), contact(NINE, rep="ana"), qualified(NINE + DAY, rep="bea"), lost(NINE + 2 * DAY))
    assert instants_of(story, FAST) == [(NINE + DAY) // MINUTE]
    assert owners_of(story, FAST) == [("spring", None, "ana")]
    assert plain(lead(request(NINE), contact(NINE)))[FAST] == 0
    assert plain(lead(contact(NINE), lost(NINE + DAY)))[FAST] == 0


def test_the_uplift_is_the_ratio_of_two_qualified_shares() -> None:
    story = (
        lead(request(NINE), contact(NINE + HOUR), qualified(NINE + 2 * HOUR))
        + lead(request(NINE), contact(NINE + 2 * HOUR), qualified(NINE + 3 * HOUR))
        + lead(request(NINE), contact(NINE + 2 * HOUR), lost(NINE + 3 * HOUR))
        + lead(request(NINE), contact(NINE + 3 * HOUR), lost(NINE + 4 * HOUR))
        + lead(request(NINE), contact(NINE + HOUR))
    )
    uplift = kpis(story, NINE + DAY)["fast_response_uplift"]
    assert (uplift["value"], uplift["numerator"], uplift["denominator"]) == (3.0, 1.0, 1 / 3)
