"""The only source of the current time in Ringboard: a clock is passed to whatever needs one."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A source of the current time."""

    def now_ms(self) -> int:
        """Return the current time, in whole milliseconds since the epoch."""


class SystemClock:
    """The machine's clock."""

    __slots__ = ()

    def now_ms(self) -> int:
        """Return the system time, in whole milliseconds since the epoch."""
        return time.time_ns() // 1_000_000


class FixedClock:
    """A clock that shows `ms` (since the epoch) until it is advanced: for tests, and for replaying a day."""

    __slots__ = ("_ms",)

    def __init__(self, ms: int) -> None:
        self._ms = ms

    def now_ms(self) -> int:
        """Return the time that it was last set to, in milliseconds since the epoch."""
        return self._ms

    def advance(self, ms: int) -> None:
        """Advance by `ms` milliseconds."""
        self._ms += ms
