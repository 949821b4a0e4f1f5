"""A histogram that this process keeps of what it has handled: how old events were, how long leads waited."""

from __future__ import annotations

from bisect import bisect_right
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
        ordered = sorted(ages)
        counted = 0
        for place, bound in enumerate(self._bounds_ms):
            up_to = bisect_right(ordered, bound, counted)
            self.counts[place] += up_to - counted
            counted = up_to
        self.counts[-1] += len(ordered) - counted
        self.sum_ms += sum(ordered[bisect_right(ordered, 0) :])
