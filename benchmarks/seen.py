"""How long events take to be seen, estimated from looks that each show only whether an event is there by then."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Look(NamedTuple):
    """One event at one look: its age in seconds when the answer had come, and whether the answer had it."""

    age: float
    seen: bool


def age_at_which_seen(looks: Iterable[Look], percent: float) -> float:
    """
    Return the least age, in seconds, at which at least `percent` of events are seen.

    A look tells only whether an event took longer than its age or not. The share seen by each age is estimated by
    isotonic regression (pool adjacent violators), the maximum likelihood estimate for current status data (Ayer et al.
    1955).

    Raises:
        ValueError: the share never reaches `percent`.

    """
    pools: list[tuple[float, int, int]] = []  # from which age on; how many were seen; of how many
    for age, seen in sorted(looks):
        pool = (age, int(seen), 1)
        while pools and pools[-1][1] * pool[2] >= pool[1] * pools[-1][2]:
            first, seen_before, of_before = pools.pop()
            pool = (first, seen_before + pool[1], of_before + pool[2])
        pools.append(pool)
    for first, count, of in pools:
        if count * 100 >= percent * of:
            return first
    raise ValueError(f"{percent:g} % of events were never seen")
