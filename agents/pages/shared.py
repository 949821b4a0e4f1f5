"""Makes an answer once for all who ask for it at the same time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

Answer = TypeVar("Answer")
MOST_KEPT: Final = 64


class Shared(Generic[Answer]):
    """
    Answers by key, made one after the other for each key.

    Whoever asks while an answer is being made gets the next one, with all others who ask by then: it is as fresh as one
    made for it alone. After an answer that took a second, the next one waits `rest` seconds.
    """

    def __init__(self, rest: float = 0.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._monotonic = monotonic
        self._next: dict[Hashable, asyncio.Task[Answer]] = {}
        self._locks: dict[Hashable, asyncio.Lock] = {}  # held while an answer is made, and for the rest after it
        self._kept: OrderedDict[Hashable, tuple[float, Answer]] = OrderedDict()
        self._to_keep: set[Hashable] = set()

    async def of(self, key: Hashable, make: Callable[[], Awaitable[Answer]], max_age_s: float = 0.0) -> Answer:
        """Return an answer that is made from now on, or that was begun at most `max_age_s` ago."""
        if max_age_s > 0:
            began, answer = self._kept.get(key, (None, None))
            if began is not None and answer is not None and self._monotonic() - began <= max_age_s:
                return answer
            self._to_keep.add(key)
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._make(key, make), name="pages-answer")
            task.add_done_callback(_take_note)
        return await asyncio.shield(task)

    async def _make(self, key: Hashable, make: Callable[[], Awaitable[Answer]]) -> Answer:
        lock = self._locks.setdefault(key, asyncio.Lock())
        await lock.acquire()
        del self._next[key]
        keep = key in self._to_keep
        self._to_keep.discard(key)
        began = self._monotonic()
        try:
            answer = await make()
        finally:
            if pause := self._rest * (self._monotonic() - began):
                asyncio.get_running_loop().call_later(pause, self._release, key, lock)
            else:
                self._release(key, lock)
        if keep:
            self._kept[key] = began, answer
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return answer

    def _release(self, key: Hashable, lock: asyncio.Lock) -> None:
        lock.release()
        if key not in self._next:
            self._locks.pop(key, None)


def _take_note(task: asyncio.Task[Answer]) -> None:
    """Take note of an error that nobody waits for any longer."""
    if not task.cancelled():
        task.exception()
