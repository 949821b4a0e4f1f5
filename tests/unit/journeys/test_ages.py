"""A histogram of ages: each counts under the first bound that is not less, and what has none yet counts as new."""

from __future__ import annotations

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from stream.journeys.ages import AGE_BOUNDS, Ages


def test_an_age_of_a_bound_counts_under_it_and_a_millisecond_more_under_the_next() -> None:
    ages = Ages((1.0, 5.0))
    ages.observe([1000, 1001, 5000, 5001])
    assert ages.counts == [1, 2, 1]
    assert ages.sum_ms == 12_002


def test_what_lies_ahead_of_the_clock_is_of_no_age() -> None:
    ages = Ages((1.0,))
    ages.observe([-5000, 0])
    ages.observe([])
    assert ages.counts == [2, 0]
    assert ages.sum_ms == 0


@given(st.lists(st.lists(st.integers(-10_000, 10**9), max_size=30), max_size=4))
def test_ages_counted_at_once_are_those_counted_one_by_one(batches: list[list[int]]) -> None:
    ages = Ages()
    plain = [0] * (len(AGE_BOUNDS) + 1)
    for batch in batches:
        ages.observe(batch)
        for age in batch:
            plain[bisect_left([bound * 1000 for bound in AGE_BOUNDS], max(age, 0))] += 1
    assert ages.counts == plain
    assert ages.sum_ms == sum(max(age, 0) for batch in batches for age in batch)
