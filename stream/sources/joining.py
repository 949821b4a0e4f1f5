"""Puts together what belongs to one call and comes apart: rows and legs, found by their ids, until a call is whole."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Part(Protocol):
    """A part of a call: it lasted from `start` to `end`, in ms since the epoch."""

    @property
    def start(self) -> int:
        """When it began."""

    @property
    def end(self) -> int:
        """When it ended."""


P = TypeVar("P", bound=Part)


@dataclass(slots=True, eq=False)
class Group(Generic[P]):
    """The parts of what is one call, as far as is known, in the order they came."""

    parts: list[P] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    start: int = 0
    end: int = 0
    news: int = 0  # looks since which it has had no part; 0 where it has been told of

    def add(self, part: P) -> None:
        """Take a part."""
        self.start = min(self.start, part.start) if self.parts else part.start
        self.end = max(self.end, part.end)
        self.parts.append(part)

    def near(self, part: P, within_ms: int) -> bool:
        """Return whether `part` lies no further than that from what is here."""
        return part.start <= self.end + within_ms and part.end >= self.start - within_ms


class Joins(Generic[P]):
    """The calls that may yet get another part; after `whole_after_ms` without one, before or after, one is whole."""

    def __init__(self, whole_after_ms: int) -> None:
        self._whole_after_ms = whole_after_ms
        self._open: OrderedDict[int, Group[P]] = OrderedDict()
        self._by_key: dict[str, Group[P]] = {}

    def found(self, keys: Iterable[str]) -> list[tuple[str, Group[P]]]:
        """Return the calls that are found by any of `keys`, each once, with the key."""
        found: dict[int, tuple[str, Group[P]]] = {}
        for key in sorted(keys):
            group = self._by_key.get(key)
            if group is not None:
                found.setdefault(id(group), (key, group))
        return list(found.values())

    def put(self, part: P, keys: set[str], groups: list[Group[P]]) -> None:
        """Take a part of all of `groups`, which are one call from now on; of a new call if there is none."""
        home = groups[0] if groups else Group()
        for other in groups[1:]:
            for old in other.parts:
                home.add(old)
            home.keys |= other.keys
            self._open.pop(id(other), None)
        home.add(part)
        home.keys |= keys
        home.news = 1
        for key in home.keys:
            self._by_key[key] = home
        self._open[id(home)] = home
        self._open.move_to_end(id(home))

    def settled(self) -> Iterator[Group[P]]:
        """Yield the calls that have had no part since the last look, and are not told of: they may yet get another."""
        for group in list(self._open.values()):
            if group.news > 1:
                yield group
            group.news = 2 if group.news == 1 else 0

    def whole(self, now: int | None) -> Iterator[Group[P]]:
        """Let go of the calls that are whole at `now`; without a time, of all."""
        while self._open:
            group = next(iter(self._open.values()))
            if now is not None and abs(now - group.end) <= self._whole_after_ms:
                return
            del self._open[id(group)]
            for key in group.keys:
                if self._by_key.get(key) is group:
                    del self._by_key[key]
            yield group
