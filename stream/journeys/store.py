"""The journeys of one partition, packed: what memory and changelog hold of each key."""

from __future__ import annotations

import heapq
import math
import struct
from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.kpi.facts import Fact, visible_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_HEADER: Final = struct.Struct(">QQB")
_HEADER_SIZE: Final = _HEADER.size
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Fact]).decode

LIVE: Final = 1
"""Set in a journey's flags while it is on a live view: a lead that waits, a call in a queue, a rep's state."""

OWN_IDS: Final = 2
"""Set in a journey's flags if each of its facts is identified by its event's id alone."""


ERASED: Final = 4
"""Set in a journey's flags if what happened before some moment was erased."""

RELATED: Final = 8
"""Set in a journey's flags if its lead is another one, or another one is this."""


SIMULATED: Final = 16
"""Set in a journey's flags if one of its events was simulated."""


def pack(facts: Sequence[Any], latest: int, due: int, flags: int) -> bytes:
    """
    Pack a journey: its `facts`, the `latest` moment of any, and when its next fact becomes visible (`due`, 0: none).

    A fact that lies ahead of the clock is kept, and counts from its moment on.
    """
    return _HEADER.pack(latest, due, flags) + _encode(facts)


def header(packed: bytes) -> tuple[int, int, int]:
    """Read latest moment, due moment and flags of a packed journey."""
    return _HEADER.unpack_from(packed)


def without_due(packed: bytes) -> bytes:
    """Return a packed journey as one that has nothing ahead of the clock."""
    latest, _, flags = header(packed)
    return _HEADER.pack(latest, 0, flags) + packed[_HEADER_SIZE:]


def size_of(facts: Any) -> int:
    """Return how many bytes a fact, or a list of them, takes when packed."""
    return len(_encode(facts))


def facts_of(packed: bytes) -> list[Any]:
    """Unpack the facts of a journey, in the order of (`at`, `id`)."""
    return _decode(memoryview(packed)[_HEADER_SIZE:])


def visible_of(packed: bytes) -> list[Any]:
    """Unpack the facts of a journey that had become visible when it was packed."""
    _, due, _ = header(packed)
    facts = facts_of(packed)
    return visible_until(facts, due) if due else facts


class Journeys:
    """Packed journeys by key, with an index of those that have something ahead of the clock."""

    def __init__(self) -> None:
        self._packed: dict[bytes, bytes] = {}
        self._ahead: list[tuple[int, bytes]] = []
        self._sweep: Iterator[bytes] = iter(())
        self._oldest: float = 0  # no journey's latest moment lies before it
        self._oldest_met: float = 0  # likewise of what this round has met so far, and of what came meanwhile
        self.latest = 0

    def __len__(self) -> int:
        return len(self._packed)

    def get(self, key: bytes) -> bytes | None:
        """Return a packed journey, if there is one."""
        return self._packed.get(key)

    def items(self) -> Iterable[tuple[bytes, bytes]]:
        """Return all packed journeys with their keys."""
        return self._packed.items()

    def restore(self, key: bytes, packed: bytes | None) -> None:
        """Take a journey from the changelog; `index` is called when all are there. Raises ValueError for none."""
        if packed is None:
            self._packed.pop(key, None)
        elif len(packed) < _HEADER_SIZE:
            raise ValueError("it is too short for a journey")
        else:
            self._packed[key] = packed

    def index(self) -> Iterator[tuple[bytes, bytes]]:
        """Index what was restored, and yield the journeys that are on a live view."""
        read = _HEADER.unpack_from
        self._oldest = self._oldest_met = math.inf
        for key, packed in self._packed.items():
            latest, due, flags = read(packed)
            self.latest = max(self.latest, latest)
            self._oldest = min(self._oldest, latest)
            if due:
                heapq.heappush(self._ahead, (due, key))
            if flags & LIVE:
                yield key, packed

    def put(self, key: bytes, packed: bytes | None) -> None:
        """Take a journey that has been committed; None drops it."""
        if packed is None:
            self._packed.pop(key, None)
            return
        self._packed[key] = packed
        latest, due, _ = header(packed)
        if latest < self._oldest_met:
            self._oldest_met = latest
            self._oldest = min(self._oldest, latest)
        if due:
            heapq.heappush(self._ahead, (due, key))

    def came_due(self, now: int, most: int | None = None) -> list[bytes]:
        """
        Name the journeys of which a fact has become visible at `now`; they stay due until they are put again.

        With `most`, no more than so many of them, those that have been due for longest.
        """
        keys: dict[bytes, int] = {}
        while self._ahead and self._ahead[0][0] <= now and (most is None or len(keys) < most):
            due, key = heapq.heappop(self._ahead)
            packed = self._packed.get(key)
            if packed is not None and header(packed)[1] == due:
                keys[key] = due
        for key, due in keys.items():
            heapq.heappush(self._ahead, (due, key))
        return sorted(keys)

    def idle(self, before: int, most: int) -> list[bytes]:
        """
        Look at the next `most` journeys, round and round, and name those with nothing since `before` (ms).

        After a whole round it is known how old the oldest one left is; until that is too old, none is named.
        """
        keys: list[bytes] = []
        if before <= self._oldest:
            return keys
        for _ in range(most):
            key = next(self._sweep, None)
            if key is None:
                self._oldest, self._oldest_met = self._oldest_met, math.inf
                self._sweep = iter(list(self._packed))
                break
            packed = self._packed.get(key)
            if packed is None:
                continue
            latest = header(packed)[0]
            if latest < before:
                keys.append(key)
            elif latest < self._oldest_met:
                self._oldest_met = latest
        return keys
