"""The only place where Ringboard asks what time it is: a clock is handed to whatever needs one."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Something that knows the time."""

    def now_ms(self) -> int:
        """Return the time now, in whole milliseconds since the epoch."""


class SystemClock:
    """The machine's clock."""

    __slots__ = ()

    def now_ms(self) -> int:
        """Return the machine's time, in whole milliseconds since the epoch."""
        return time.time_ns() // 1_000_000


class FixedClock:
    """A clock that stands at `ms` until it is moved: for tests, and for a day that is played again."""

    __slots__ = ("_ms",)

    def __init__(self, ms: int) -> None:
        self._ms = ms

    def now_ms(self) -> int:
        """Return the time it was last set to."""
        return self._ms

    def advance(self, ms: int) -> None:
        """Move on by `ms` milliseconds."""
        self._ms += ms
