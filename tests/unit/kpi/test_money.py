"""Spend, spread over time to the minor unit."""

from __future__ import annotations

import random

from stream.kpi.facts import Spend
from stream.kpi.money import spend_by_currency, spent_until, spent_within
from stream.kpi.slices import HOURS, MINUTES
from stream.kpi.windows import Span
from tests.unit.kpi.telling import HOUR, MINUTE, NINE


def spend(amount: int, start: int = 0, end: int = 100, **more: str) -> Spend:
    told = {"id": "s1", "campaign": "spring", "currency": "EUR", **more}
    return Spend(0, told["id"], told["campaign"], amount, told["currency"], start, end)


def test_a_half_is_rounded_up_and_less_is_not() -> None:
    one = spend(1, 0, 1000)
    assert [spent_until(one, instant) for instant in (0, 499, 500, 501, 1000)] == [0, 0, 1, 1, 1]
    three = spend(3, 0, 4)
    assert [spent_until(three, instant) for instant in range(5)] == [0, 1, 2, 2, 3]  # 0.75, 1.5, 2.25


def test_before_its_start_nothing_is_spent_and_from_its_end_on_all_of_it() -> None:
    whole = spend(1000, 50, 150)
    assert [spent_until(whole, instant) for instant in (-9, 50, 51, 149, 150, 9999)] == [0, 0, 10, 990, 1000, 1000]


def test_the_end_is_no_part_of_the_interval_and_the_start_is() -> None:
    hour = Span(HOURS, 10, 10)
    assert spent_within(spend(100, 9 * HOUR, 10 * HOUR), hour) == 0
    assert spent_within(spend(100, 11 * HOUR, 12 * HOUR), hour) == 0
    assert spent_within(spend(100, 10 * HOUR, 11 * HOUR), hour) == 100


def test_the_running_slice_counts_to_its_end() -> None:
    now = NINE // MINUTE
    assert spent_within(spend(60, NINE, NINE + HOUR), Span(MINUTES, now - 4, now)) == 1


def test_the_slices_of_any_spend_add_up_to_it() -> None:
    chance = random.Random(6)
    for _ in range(200):
        start = chance.randrange(5 * HOUR)
        one = spend(chance.randrange(10_000), start, start + chance.randrange(1, 3 * HOUR))
        slices = [spent_within(one, Span(MINUTES, minute, minute)) for minute in range(8 * 60)]
        assert sum(slices) == one.amount
        assert min(slices) >= 0


def test_spend_is_added_up_by_currency_and_nothing_is_left_out_of_it_as_zero() -> None:
    span = Span(HOURS, 0, 0)
    spends = [
        spend(100, 0, HOUR),
        spend(50, 0, HOUR, id="s2", currency="USD"),
        spend(20, 0, HOUR, id="s3", campaign="autumn"),
        spend(70, HOUR, 2 * HOUR, id="s4", currency="JPY"),
    ]
    assert spend_by_currency(spends, span, None) == {"EUR": 120, "USD": 50}
    assert spend_by_currency(spends, span, "autumn") == {"EUR": 20}
    assert spend_by_currency(spends, span, "winter") == {}


def test_spend_counts_by_its_period_whenever_it_was_recorded() -> None:
    one = Spend(NINE, "s1", "spring", 100, "EUR", 0, HOUR)
    assert spend_by_currency([one], Span(HOURS, 0, 0), None) == {"EUR": 100}
    assert spend_by_currency([one], Span(HOURS, 1, 1), None) == {}
