"""Limits how many transactions a worker commits in a second, however many partitions it has."""

from __future__ import annotations

from typing import Final

PER_S: Final = 150.0  # a transaction costs the worker some 2.5 ms of CPU, and the broker twice as much
AT_ONCE: Final = 8


class CommitLimiter:
    """
    Spreads the transactions of partitions that are not behind.

    With few partitions, only the pause of each between two commits counts. With many, their transactions alone would
    use the whole worker, and the broker with it; so each waits a little longer, and commits more at once.
    """

    def __init__(self, per_s: float = PER_S, at_once: int = AT_ONCE) -> None:
        self._every = 1 / per_s
        self._ahead = (at_once - 1) / per_s
        self._next = 0.0

    def slot(self, now: float) -> float:
        """
        Reserve the next moment for a transaction, and return it, in the seconds of `now`; mostly it is not later.

        Any `s` seconds contain at most `s * per_s + at_once` of these moments.
        """
        slot = max(self._next, now - self._ahead)
        self._next = slot + self._every
        return slot
