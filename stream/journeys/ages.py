"""A histogram that this process keeps of what it has handled: how old events were, how long leads waited."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

AGE_BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 86400, 604800)


class Ages:
    """Counts by upper bound in seconds, and their sum; takes milliseconds."""

    def __init__(self, bounds: tuple[float, ...] = AGE_BOUNDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum_ms = 0
        self._bounds_ms = [bound * 1000 for bound in bounds]

    def observe(self, ages: Iterable[int]) -> None:
        """Count `ages`, each in ms; what lies ahead of the clock has none yet."""
        for age in [max(age, 0) for age in ages]:
            self.counts[bisect_left(self._bounds_ms, age)] += 1
            self.sum_ms += age
