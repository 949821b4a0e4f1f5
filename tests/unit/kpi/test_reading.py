"""Reading: ratios, percentiles, costs and the rest, made last of added-up sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.kpi import measures as m
from stream.kpi.catalogue import CATALOGUE
from stream.kpi.codes import detailed
from stream.kpi.reading import Filters, Reading, money, quantile
from stream.kpi.rules import DELAY_BOUNDS, HOUR

if TYPE_CHECKING:
    from stream.kpi.cells import Cell

EXPONENTS = {"EUR": 2, "USD": 2, "JPY": 0, "TND": 3}
BUCKETS = len(DELAY_BOUNDS) + 1
KINDS = (m.IN_TIME, m.LATE)


def read(cell: Cell, spend: dict[str, int] | None = None, formula: int = 4) -> dict[str, dict[str, Any]]:
    return Reading(cell, spend, EXPONENTS.__getitem__, formula).all()


def counts(**by_place: int) -> list[int]:
    filled = [0] * BUCKETS
    for place, count in by_place.items():
        filled[int(place[1:])] = count
    return filled


def test_an_empty_window_has_no_ratio_no_percentile_and_no_cost() -> None:
    for name, kpi in read({}).items():
        if kpi["unit"] == "count" and name in {"early_follow_ups", "pressing_attempts", "leads_requested"}:
            assert kpi["value"] == 0
        elif "distribution" in kpi or kpi["unit"] != "count":
            assert kpi["value"] is None, name


def test_a_ratio_tells_both_its_sides() -> None:
    answer = read({m.ATTEMPTS: 8, m.CONTACTS: 2})["contact_rate"]
    assert answer == {"value": 0.25, "numerator": 2, "denominator": 8, "unit": "ratio"}


def test_opportunities_are_given_for_a_thousand_calls() -> None:
    answer = read({m.ATTEMPTS: 3, m.QUALIFIED: 1})["opportunities_per_1000_calls"]
    assert answer == {"value": 1000 / 3, "numerator": 1, "denominator": 3, "unit": "per_1000"}
    assert read({m.QUALIFIED: 1})["opportunities_per_1000_calls"]["value"] is None


def test_a_count_can_be_told_by_its_details() -> None:
    cell: Cell = {m.LOST: 3, "137|price": 2, "137|": 1, "16|web": 4, "137|gone": 0}
    answer = read(cell)["leads_lost"]
    assert (answer["value"], answer["by_reason"]) == (3, {"price": 2, "": 1})
    assert read(cell)["leads_requested"]["by_channel"] == {"web": 4}
    assert "by_reason" not in read(cell)["opportunities_created"]


def test_a_ratio_can_be_told_by_its_details_those_of_nothing_included() -> None:
    in_time, late = (first + m.response_index(m.ATTEMPT, m.WALL, m.WITHIN_1H) for first in KINDS)
    web: Cell = {detailed(in_time, "web"): 3, detailed(late, "web"): 1}
    cell: Cell = {in_time: 4, late: 3, **web, detailed(late, "fair"): 2}
    answer = read(cell)["lead_response_within_1h_attempt"]
    assert (answer["numerator"], answer["denominator"]) == (4, 7)
    assert answer["by_channel"] == {
        "web": {"value": 0.75, "numerator": 3, "denominator": 4},
        "fair": {"value": 0, "numerator": 0, "denominator": 2},
    }
    assert read(cell)["lead_response_within_5m_attempt"]["by_channel"] == {}
    assert "by_channel" not in read(cell)["lead_response_within_1h_contact"]


def test_a_quantile_of_nothing_is_none() -> None:
    assert quantile(0.5, [0] * BUCKETS) is None


def test_a_quantile_is_linear_within_its_bucket() -> None:
    assert quantile(0.5, counts(b0=10)) == 30.0
    assert quantile(0.9, counts(b0=10)) == 54.0
    assert quantile(0.5, counts(b1=4)) == 90.0
    assert quantile(0.5, counts(b0=2, b3=2)) == 60.0  # the rank is the last of the first bucket
    assert quantile(0.75, counts(b0=2, b3=2)) == 450.0
    assert quantile(1.0, counts(b0=1, b1=1)) == 120.0


def test_a_quantile_at_a_bound_takes_the_bucket_that_ends_there() -> None:
    assert quantile(0.5, counts(b0=5, b1=5)) == 60.0


def test_an_empty_bucket_is_never_the_one() -> None:
    assert quantile(0.0, counts(b2=4)) == 120.0
    assert quantile(0.5, counts(b2=4)) == 210.0


def test_beyond_the_last_bound_a_quantile_is_that_bound() -> None:
    assert quantile(0.5, counts(b14=1)) == 7 * 86_400
    assert quantile(0.5, counts(b0=1, b14=1)) == 60.0
    assert quantile(0.95, counts(b0=1, b14=1)) == 7 * 86_400


def test_each_percentile_reads_its_own_histogram() -> None:
    for reached, name in ((m.ATTEMPT, "attempt"), (m.CONTACT, "contact")):
        for clock, suffix in ((m.WALL, ""), (m.BUSINESS, "_business")):
            cell: Cell = {m.DELAY + m.delay_index(reached, clock): 4}
            full = {
                kpi for kpi, answer in read(cell).items() if answer["value"] is not None and answer["unit"] == "seconds"
            }
            assert full == {f"lead_response_p{percent}_{name}{suffix}" for percent in (50, 90, 95)}
            answer = read(cell)[f"lead_response_p90_{name}{suffix}"]
            assert answer == {"value": 54.0, "numerator": None, "denominator": 4, "unit": "seconds"}


def test_a_percentile_reads_every_bucket_up_to_the_one_beyond_all_bounds() -> None:
    first = m.DELAY + m.delay_index(m.CONTACT, m.WALL)
    for bucket, bound in enumerate((*DELAY_BOUNDS, DELAY_BOUNDS[-1])):
        answer = read({first: 1, first + bucket: 99})["lead_response_p95_contact"]
        assert answer["denominator"] == 100 - (bucket == 0)
        assert answer["value"] <= bound / 1000
        assert bucket == 0 or answer["value"] > DELAY_BOUNDS[bucket - 1] / 1000 or bucket == BUCKETS - 1


def test_each_share_in_time_reads_its_own_measures() -> None:
    for reached, name in ((m.ATTEMPT, "attempt"), (m.CONTACT, "contact")):
        for clock, suffix in ((m.WALL, ""), (m.BUSINESS, "_business")):
            for limit, span in ((m.WITHIN_5M, "5m"), (m.WITHIN_1H, "1h")):
                index = m.response_index(reached, clock, limit)
                cell: Cell = {m.IN_TIME + index: 1, m.LATE + index: 7}
                full = {kpi: answer for kpi, answer in read(cell).items() if answer["value"]}
                assert {(kpi, answer["value"]) for kpi, answer in full.items()} == {
                    (f"lead_response_within_{span}_{name}{suffix}", 1 / 8)
                }


def test_the_uplift_needs_both_groups_and_someone_qualified_late() -> None:
    whole: Cell = {m.FAST: 2, m.FAST_QUALIFIED: 1, m.SLOW: 4, m.SLOW_QUALIFIED: 1}
    answer = read(whole)["fast_response_uplift"]
    assert (answer["value"], answer["numerator"], answer["denominator"]) == (2.0, 0.5, 0.25)
    for without in (m.FAST, m.SLOW, m.SLOW_QUALIFIED):
        assert read({**whole, without: 0})["fast_response_uplift"]["value"] is None
    assert read({**whole, m.FAST_QUALIFIED: 0})["fast_response_uplift"]["value"] == 0.0


# money


def test_a_thousand_euros_and_ten_leads_give_a_hundred_euros_each() -> None:
    answer = read({m.REQUESTED: 10}, {"EUR": 100_000})["cost_per_lead"]
    assert answer == {
        "value": "100.0000", "numerator": "1000.0000", "denominator": 10, "currency": "EUR", "unit": "money",
    }  # fmt: skip


def test_money_is_written_in_major_units_with_four_decimals_and_no_more_than_it_needs() -> None:
    assert money(1, 2) == "0.0100"
    assert money(0, 2) == "0.0000"
    assert money(12345, 0) == "12345.0000"
    assert money(1, 3) == "0.0010"
    assert money(100, 2, 8) == "0.1250"
    assert money(1, 2, 8) == "0.00125"
    assert money(100, 2, 3) == "0.3333333333"
    assert money(200, 2, 3) == "0.6666666667"
    assert money(10**15, 2) == "10000000000000.0000"


def test_no_spend_or_nobody_to_spend_it_on_is_no_cost() -> None:
    nothing = read({m.REQUESTED: 10}, {})["cost_per_lead"]
    assert (nothing["value"], nothing["numerator"], nothing["denominator"]) == (None, None, 10)
    nobody = read({}, {"EUR": 100})["cost_per_lead"]
    assert (nobody["value"], nobody["numerator"], nobody["denominator"]) == (None, "1.0000", 0)


def test_where_spend_belongs_to_nothing_that_is_asked_for_there_is_no_cost() -> None:
    answer = read({m.REQUESTED: 10}, None)["cost_per_lead"]
    assert (answer["value"], answer["numerator"]) == (None, None)


def test_two_currencies_are_never_added() -> None:
    answer = read({m.WON: 4}, {"USD": 100, "JPY": 8})["cost_per_customer"]
    assert (answer["value"], answer["numerator"], answer["currency"]) == (None, None, None)
    assert answer["by_currency"] == {
        "JPY": {"value": "2.0000", "numerator": "8.0000", "denominator": 4},
        "USD": {"value": "0.2500", "numerator": "1.0000", "denominator": 4},
    }


# the rest


def test_a_cohort_says_how_many_of_it_have_no_outcome_yet() -> None:
    answer = read({m.REQUESTED: 5, m.REQUESTED_WON: 1, m.REQUESTED_DECIDED: 2})
    assert answer["lead_to_customer"]["pending"] == 3
    assert answer["penetration"]["pending"] == 0
    assert {kpi for kpi, one in answer.items() if "pending" in one} == {kpi.id for kpi in CATALOGUE if kpi.is_cohort}


def test_conversion_and_win_rate_are_shares_of_what_was_decided() -> None:
    answer = read({m.WON: 1, m.LOST_FINALLY: 2, m.COLD: 1, m.WON_OPPORTUNITIES: 1, m.COLD_OPPORTUNITIES: 1})
    assert (answer["conversion_rate"]["value"], answer["win_rate"]["value"]) == (0.25, 0.5)
    assert read({m.LOST_OPPORTUNITIES: 1})["win_rate"]["denominator"] == 1
    assert read({m.RISKS_KEPT: 3, m.RISKS_LOST: 1})["loss_rate"]["value"] == 0.25


def test_a_distribution_tells_how_many_at_each_number_and_their_mean() -> None:
    answer = read({m.TO_CONTACT + 1: 2, m.TO_CONTACT + 4: 1, m.TO_CONTACT + 15: 1, m.NOES: 7})
    first = answer["attempts_to_first_contact"]
    assert first["distribution"] == {"1": 2, "4": 1, "15": 1}
    assert (first["value"], first["numerator"], first["denominator"]) == (21 / 4, 21, 4)
    assert answer["noes_before_win"]["distribution"] == {"0": 7}
    assert answer["noes_before_win"]["value"] == 0


def test_a_mean_is_told_in_seconds() -> None:
    answer = read({m.WAIT_MS: 30_000, m.ANSWERED_WAIT_KNOWN: 4, m.QUEUE_ANSWERED: 9})["average_speed_of_answer"]
    assert (answer["value"], answer["numerator"], answer["denominator"]) == (7.5, 30.0, 4)
    assert read({})["average_handle_time"]["value"] is None


def test_of_answered_calls_whose_wait_is_unknown_there_is_no_speed_of_answer_and_no_service_level() -> None:
    for formula in (1, 2, 3, 4):
        answer = read({m.OFFERED: 8, m.QUEUE_ANSWERED: 5, m.ABANDONED: 2, m.TIMED_OUT: 1}, formula=formula)
        for kpi in ("average_speed_of_answer", "average_handle_time", "service_level"):
            assert (answer[kpi]["value"], answer[kpi]["numerator"], answer[kpi]["denominator"]) == (None, 0, 0)
        assert answer["abandon_rate"]["value"] == 2 / 8


def test_the_service_level_has_four_known_formulas_of_calls_whose_wait_is_known() -> None:
    known: Cell = {m.ANSWERED_WITHIN: 5, m.ANSWERED_WAIT_KNOWN: 10, m.UNANSWERED_WAIT_KNOWN: 6, m.ABANDONED_WITHIN: 2}
    cell: Cell = {m.QUEUE_ANSWERED: 30, m.ABANDONED: 9, m.TIMED_OUT: 4, **known}
    for formula, top, bottom in ((1, 7, 16), (2, 5, 10), (3, 5, 16), (4, 5, 14)):
        answer = read(cell, formula=formula)["service_level"]
        assert (answer["value"], answer["numerator"], answer["denominator"]) == (top / bottom, top, bottom)


def test_the_other_service_kpis_are_ratios() -> None:
    cell: Cell = {m.QUEUE_ANSWERED: 6, m.ABANDONED: 1, m.TIMED_OUT: 1}
    assert read(cell)["abandon_rate"]["value"] == 1 / 8


def test_both_sides_of_occupancy_are_in_hours() -> None:
    answer = read({m.ON_CONTACT_MS: 3 * HOUR, m.IDLE_MS: HOUR})["occupancy"]
    assert (answer["value"], answer["numerator"], answer["denominator"]) == (3 / 4, 3, 4)


def test_a_filter_that_is_given_matches_equal_values_only() -> None:
    assert Filters().match((None, None, None))
    assert not Filters(campaign="spring").match((None, None, None))
    assert not Filters(team="blue").match(("spring", "red", "ana"))
    assert Filters("spring", "blue", "ana").match(("spring", "blue", "ana"))
