"""The reference against examples computed by hand: how fast a lead was reached, on both clocks."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests.reference.business import open_time
from tests.reference.config import DAY, HOUR, MINUTE, SECOND, Config
from tests.reference.telling import NOON, called, parts, read, requested, step, talked

R = NOON - 10 * DAY


@pytest.mark.parametrize(
    ("facts", "judged"),
    [
        ([talked("c", R + HOUR, lead="L")], (1, 1)),
        ([talked("c", R + HOUR + 1, lead="L")], (0, 1)),
        ([talked("c", R, lead="L")], (1, 1)),
        ([talked("c", R - 1, lead="L")], (0, 1)),
        ([called("c", R, lead="L")], (0, 1)),
        ([step("lost", "L", R + HOUR)], (0, 0)),
        ([step("lost", "L", R + HOUR + 1)], (0, 1)),
        ([step("lost", "L", R + 1), talked("c", R + 1, lead="L")], (0, 0)),
        ([step("lost", "L", R - DAY), talked("c", R + 1, lead="L")], (0, 0)),
        ([], (0, 1)),
    ],
)
def test_a_lead_is_in_time_until_the_very_limit(facts: list[Any], judged: tuple[int, int]) -> None:
    assert parts("lead_response_within_1h_contact", requested("L", R), *facts) == judged


def test_a_lead_is_overdue_once_its_limit_lies_before_the_last_whole_minute() -> None:
    lead = requested("L", NOON - HOUR)
    assert parts("lead_response_within_1h_attempt", lead, as_of=NOON + MINUTE - 1) == (0, 0)
    assert parts("lead_response_within_1h_attempt", lead, as_of=NOON + MINUTE) == (0, 1)
    assert parts("lead_response_within_5m_attempt", lead) == (0, 1)


def test_a_lead_is_judged_in_the_window_in_which_its_limit_ran_out() -> None:
    lead, call = requested("L", NOON - HOUR - 4 * MINUTE), called("c", NOON - HOUR, lead="L")
    assert parts("lead_response_within_1h_attempt", lead, call, window="5m") == (1, 1)
    assert parts("lead_response_within_1h_attempt", lead, call, window="5m", as_of=NOON + MINUTE) == (0, 0)
    assert parts("lead_response_within_1h_attempt", lead, call, as_of=NOON - 4 * MINUTE) == (0, 0)
    assert read("lead_response_p50_attempt", lead, call, window="1h")["denominator"] == 0
    assert read("lead_response_p50_attempt", lead, call, window="1h", as_of=NOON - MINUTE)["denominator"] == 1


def test_the_delay_of_routing_and_the_delay_of_the_rep() -> None:
    facts = [
        requested("L", R),
        step("assigned", "L", R + MINUTE, rep="ana"),
        step("assigned", "L", R + HOUR, rep="bob"),
    ]
    facts += [called("c", R + HOUR + 30 * SECOND, lead="L"), step("assigned", "L", R + DAY, rep="cleo")]
    assert read("lead_assignment_p90", *facts)["value"] == 54  # of the one that took a minute at the most
    assert read("rep_response_p50", *facts, rep="cleo") == {"value": 30, "numerator": None, "denominator": 1}
    assert read("rep_response_p50", facts[0], facts[3])["denominator"] == 0
    assert read("lead_assignment_p50", *facts[1:])["denominator"] == 0
    before = [requested("L", R), step("assigned", "L", R - DAY, rep="ana")]
    assert read("lead_assignment_p50", *before)["value"] == 30


def test_a_response_is_told_by_channel_of_the_leads_that_have_one_and_are_judged() -> None:
    facts = [
        requested("L", R, channel="web"),
        requested("M", R, channel="web"),
        requested("N", R),
        requested("O", NOON - MINUTE, channel="fair"),
        called("c", R + HOUR, lead="L"),
        called("d", R + HOUR + 1, lead="M"),
    ]
    told = read("lead_response_within_1h_attempt", *facts)
    assert (told["numerator"], told["denominator"]) == (1, 3)
    assert told["by_channel"] == {"web": {"value": Fraction(1, 2), "numerator": 1, "denominator": 2}}
    assert "by_channel" not in read("lead_response_within_1h_contact", *facts)


def test_the_earliest_request_stands_and_any_request_links_its_number() -> None:
    facts = [requested("L", R), requested("L", R + DAY, "solar", number="N"), called("c", R + MINUTE, number="N")]
    assert parts("lead_response_within_5m_attempt", *facts) == (1, 1)
    assert parts("lead_response_within_5m_attempt", *facts, campaign="roof") == (1, 1)
    assert parts("leads_requested", *facts, campaign="solar") == (0, None)


def test_a_call_to_a_number_counts_for_every_lead_requested_with_it() -> None:
    facts = [requested("L", R, number="N"), requested("M", R, number="N"), talked("c", R + 1, number="N")]
    assert parts("lead_response_within_5m_contact", *facts) == (2, 2)
    assert parts("contact_rate", *facts) == (1, 1)


def test_a_call_that_reaches_a_lead_twice_is_one_attempt_for_it() -> None:
    facts = [requested("L", R, number="N"), called("c", R + 1, lead="L"), talked("c", R + 1, at=R + 2, number="N")]
    assert read("attempts_to_first_contact", *facts) == {"distribution": {1: 1}}
    assert parts("follow_up_rate", *facts) == (0, 1)


def test_in_business_time_the_evening_does_not_count() -> None:
    friday = NOON - 5 * DAY + 5 * HOUR + 30 * MINUTE  # 5 June, 17:30
    monday = friday + 3 * DAY - 8 * HOUR  # 8 June, 09:30
    kpi, lead = "lead_response_within_1h_attempt_business", requested("L", friday)
    assert parts(kpi, lead, called("c", monday, lead="L")) == (1, 1)
    assert parts(kpi, lead, called("c", monday + 1, lead="L")) == (0, 1)
    assert parts(kpi, lead, as_of=monday + MINUTE) == (0, 1)
    assert parts(kpi, lead, as_of=monday + MINUTE - 1) == (0, 0)
    assert parts(kpi, lead, step("lost", "L", monday)) == (0, 0)
    shut = requested("L", friday + HOUR)  # 18:30, so the hour begins on Monday at 09:00
    assert parts(kpi, shut, called("c", monday + 30 * MINUTE, lead="L")) == (1, 1)
    five_to_six = requested("L", friday + 25 * MINUTE)
    at_six = friday + 30 * MINUTE
    kpi = "lead_response_within_5m_attempt_business"
    assert parts(kpi, five_to_six, called("c", at_six, lead="L")) == (1, 1)
    assert parts(kpi, five_to_six, called("c", at_six + 1, lead="L")) == (0, 1)


def test_open_time_spans_days_and_nights_and_leaves_holidays_out() -> None:
    round_the_clock = Config(opening_hours={"tue": ("00:00-24:00",), "wed": ("00:00-24:00",)})
    evening = NOON - 12 * HOUR - 30 * MINUTE  # Tuesday 9 June, 23:30
    facts = [requested("L", evening), called("c", evening + HOUR, lead="L")]
    assert parts("lead_response_within_1h_attempt_business", *facts, config=round_the_clock) == (1, 1)
    assert read("lead_response_p50_attempt_business", *facts, config=round_the_clock)["value"] == 45 * 60
    four_days = Config(holidays=frozenset({date(2026, 6, 5)}))
    # Six hours of the first Wednesday, three of the last, and nine of each whole day but the holiday.
    assert open_time(NOON - 7 * DAY, NOON, four_days) == 36 * HOUR
    never = Config(opening_hours={})
    assert parts("lead_response_within_1h_attempt_business", *facts, config=never) == (0, 0)


def test_percentiles_are_read_from_the_histogram_as_promql_reads_it() -> None:
    delays = (30, 60, 90, 100, 8 * 24 * 3600)
    facts = [requested(f"L{n}", R) for n in range(6)]
    facts += [called(f"c{n}", R + s * SECOND, lead=f"L{n}") for n, s in enumerate(delays)]
    # Two of five at or below 60 s, four below 120 s: the median's rank 2.5 is a quarter of the way into (60, 120].
    assert read("lead_response_p50_attempt", *facts) == {"value": 75, "numerator": None, "denominator": 5}
    assert read("lead_response_p90_attempt", *facts)["value"] == 7 * 24 * 3600
    assert read("lead_response_p50_contact", *facts)["value"] is None
    # The very end of a bucket is still in it, however far off the next delay is.
    assert read("lead_response_p50_attempt", *(facts[n] for n in (0, 4, 6, 10)))["value"] == 60
    # Saturday 30 May, 31 May closed, Monday 1 June: in open time the first four were immediate.
    saturday = [{**fact, "at": fact["at"] - DAY} for fact in facts]
    saturday = [{**fact, "placed_at": fact["at"]} if "call" in fact else fact for fact in saturday]
    assert read("lead_response_p50_attempt_business", *saturday)["value"] == Fraction(60 * 5, 8)


def test_the_uplift_is_the_qualified_share_of_fast_contacts_over_that_of_slow_ones() -> None:
    facts: list[Any] = [requested(f"L{n}", R) for n in range(7)]
    facts += [talked(f"f{n}", R + HOUR, lead=f"L{n}") for n in range(2)]
    facts += [talked(f"s{n}", R + HOUR + 1, lead=f"L{n}") for n in range(2, 6)]
    assert read("fast_response_uplift", *facts, step("qualified", "L2", R + DAY))["numerator"] is None  # still open
    facts += [step("lost", f"L{n}", R + 2 * DAY) for n in range(6)]
    slow_only = [*facts, step("qualified", "L2", R + DAY)]
    assert read("fast_response_uplift", *slow_only)["value"] == 0
    both = [*slow_only, step("qualified", "L0", R + DAY)]
    assert read("fast_response_uplift", *both) == {
        "value": 2,
        "numerator": Fraction(1, 2),
        "denominator": Fraction(1, 4),
    }
    assert read("fast_response_uplift", *facts)["value"] is None
