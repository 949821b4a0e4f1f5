"""How often a worker commits: so many transactions a second, however many shares it has."""

from __future__ import annotations

from typing import Final

PER_S: Final = 150.0  # a transaction costs the worker some 2.5 ms of CPU, and the broker twice as much
AT_ONCE: Final = 8


class CommitLimiter:
    """
    Spreads the transactions of shares that are not behind.

    With few shares each one's own pause is all that holds it. With many, their transactions alone would take the whole
    worker, and the broker with it; so each waits a little longer, has more to commit then, and all come in turn.
    """

    def __init__(self, per_s: float = PER_S, at_once: int = AT_ONCE) -> None:
        self._every = 1 / per_s
        self._ahead = (at_once - 1) / per_s
        self._next = 0.0

    def slot(self, now: float) -> float:
        """
        Take the next moment for a transaction, in the seconds of `now`; it has come already unless many were taken.

        In `s` seconds at most `s * per_s + at_once` of them come.
        """
        slot = max(self._next, now - self._ahead)
        self._next = slot + self._every
        return slot
