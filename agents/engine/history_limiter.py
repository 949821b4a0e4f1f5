"""Limits the folding of history, which must not use the whole worker: few partitions at once, a little of each."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


AT_ONCE = 2  # while one waits for the broker, the other one folds
FOLD_S = 0.015
FEWEST, MOST = 100, 4000


class HistoryLimiter:
    """
    At most `at_once` of the runners of a worker fold history at the same time, each at most `records` of it.

    Each step of a transaction waits for the folds of other runners that come between. If all of them folded history, a
    live event would wait for dozens of these folds, again and again; a few short ones cost it little.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once
        self._waiting: deque[asyncio.Event] = deque()
        self.records = FEWEST

    def observe(self, records: int, seconds: float) -> None:
        """Learn from a fold how many records take `FOLD_S` on this machine, as busy as it is."""
        if records >= FEWEST:
            fitting = records * FOLD_S / max(seconds, 1e-6)
            self.records = round(min(max((self.records + fitting) / 2, FEWEST), MOST))

    def is_free(self, wake: asyncio.Event) -> bool:
        """Return whether a slot is free; if none is, set `wake` once when one becomes free."""
        if not self._free and wake not in self._waiting:
            self._waiting.append(wake)
        return self._free > 0

    def acquire(self) -> bool:
        """Take a slot if one is free, and return whether it was; call `release` afterwards."""
        if not self._free:
            return False
        self._free -= 1
        return True

    def release(self) -> None:
        """Free a slot, and wake the first that waits for one."""
        self._free += 1
        if self._waiting:
            self._waiting.popleft().set()
