"""How long events take to be seen, estimated from looks."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.seen import Look, age_at_which_seen

LOOKS = st.lists(st.builds(Look, st.floats(0, 2).map(lambda age: round(age, 3)), st.booleans()), max_size=40)


def share_seen(looks: list[Look], age: float) -> float:
    """Return the share seen by `age` by the definition: the greatest of the least averages around it."""
    ordered = sorted(looks)
    upto = [n for n, look in enumerate(ordered) if look.age <= age]
    return max(
        min(
            sum(seen for _, seen in ordered[first:last]) / (last - first)
            for last in range(upto[-1] + 1, len(ordered) + 1)
        )
        for first in upto
    )


@given(LOOKS, st.sampled_from((50, 90, 99)))
def test_it_is_the_least_age_from_which_on_so_many_are_seen(looks: list[Look], percent: int) -> None:
    ages = sorted(look.age for look in looks if share_seen(looks, look.age) * 100 >= percent - 1e-9)
    if ages:
        assert age_at_which_seen(looks, percent) == ages[0]
    else:
        with pytest.raises(ValueError, match="never seen"):
            age_at_which_seen(looks, percent)


def test_it_finds_the_percentiles_that_nobody_measured() -> None:
    chance = random.Random(1)
    looks = []
    for _ in range(200_000):
        age, took = chance.uniform(0, 2), chance.uniform(0.1, 0.3)
        looks.append(Look(age, took <= age))
    for percent, age in ((50, 0.2), (90, 0.28), (99, 0.298)):
        assert age_at_which_seen(looks, percent) == pytest.approx(age, abs=0.01)
