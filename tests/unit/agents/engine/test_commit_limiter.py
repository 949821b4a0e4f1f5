"""How the transactions of a worker are spread."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from agents.engine.commit_limiter import CommitLimiter

PER_S, AT_ONCE = 100, 4


def taken(waits: list[float]) -> list[tuple[float, float]]:
    """Take a slot after each of some waits; return when each was taken, and when it comes."""
    limiter = CommitLimiter(PER_S, AT_ONCE)
    return [(now, max(now, limiter.slot(now))) for now in accumulate(waits)]


@given(st.lists(st.floats(0, 0.1), min_size=1, max_size=100))
def test_no_more_come_than_may(waits: list[float]) -> None:
    moments = [comes for _, comes in taken(waits)]
    assert moments == sorted(moments)  # the first to ask is the first to go
    for place, begin in enumerate(moments):
        for count, end in enumerate(moments[place:], 1):
            assert count <= (end - begin) * PER_S + AT_ONCE + 1e-6


@given(st.lists(st.floats(1 / PER_S, 0.1), min_size=1, max_size=100))
def test_who_asks_seldom_enough_never_waits(waits: list[float]) -> None:
    assert all(comes == now for now, comes in taken(waits))


@given(st.integers(1, 100))
def test_many_at_once_come_one_after_the_other(partitions: int) -> None:
    last = taken([1.0] + [0.0] * (partitions - 1))[-1][1]
    assert abs(last - 1.0 - max(0, partitions - AT_ONCE) / PER_S) < 1e-9
