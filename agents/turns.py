"""Turns at what must not take the whole worker: so many at once, and whoever found none free is woken for the next."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Turns:
    """
    At most `most` of the runners of a worker have a turn at the same time.

    Each step of a transaction waits for the folds of other runners that come in between. With all of them at history
    a live event would wait for dozens of these, again and again; with a few it waits for a few.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: deque[asyncio.Event] = deque()

    def free(self, wake: asyncio.Event) -> bool:
        """Tell whether a turn is free; if none is, `wake` is set once when one becomes free."""
        if not self._free and wake not in self._waiting:
            self._waiting.append(wake)
        return self._free > 0

    def take(self) -> bool:
        """Take a turn, if one is free; it has to be given back."""
        if not self._free:
            return False
        self._free -= 1
        return True

    def give_back(self) -> None:
        """End a turn."""
        self._free += 1
        if self._waiting:
            self._waiting.popleft().set()
