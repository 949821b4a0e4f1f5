"""Who heard whom, and when: from who is in which bridge, and over the ends of Local channels, which nobody is at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from stream.sources.asterisk.cel_channels import Channel


class Met(NamedTuple):
    """A span of time, in ms, in which one heard `others` (names of channels)."""

    others: frozenset[str]
    begin: int
    end: int


class _Change(NamedTuple):
    at: int
    channel: str
    bridge: str  # empty where it leaves
    others: Sequence[str]


@dataclass(slots=True)
class Meetings:
    """Takes who enters and leaves bridges, in their order, and says who heard whom."""

    _changes: list[_Change] = field(default_factory=list)
    _where: dict[str, str] = field(default_factory=dict)
    _halves: dict[str, str] = field(default_factory=dict)
    _ends: set[str] = field(default_factory=set)

    def enter(self, bridge: str, channel: str, at: int, others: Sequence[str] = ()) -> None:
        """Take that `channel` enters, where `others` are already: some of them are channels of other calls."""
        self._where[channel] = bridge
        self._changes.append(_Change(at, channel, bridge, others))

    def join(self, channel: str, peer: str, at: int) -> None:
        """Take that `channel` joins `peer`, or waits for who joins it, in a bridge that is not named."""
        self.enter(self._where.get(peer) or channel, channel, at)

    def leave(self, channel: str, at: int) -> None:
        """Take that `channel` leaves wherever it is, if it is anywhere."""
        if self._where.pop(channel, None) is not None:
            self._changes.append(_Change(at, channel, "", ()))

    def over(self, at: int) -> None:
        """Take that the call is over: whoever has not been heard to leave has left by then."""
        for channel in list(self._where):
            self.leave(channel, at)

    def pair(self, halves: Iterable[Channel]) -> None:
        """Take the ends of Local channels: what is heard at the one is heard at the other."""
        for half in halves:
            self._halves[half.name] = half.name[:-1] + str(3 - half.name_parts.half)
            # An end that answered, and rang nobody itself, is one that somebody speaks at.
            if half.name_parts.is_called_half and half.answered is not None and not half.rings and not half.own_voice:
                self._ends.add(half.name)

    def entered(self, channel: str, since: int, until: int) -> int | None:
        """Return when `channel` first entered a bridge in this time."""
        return next(
            (one.at for one in self._changes if one.channel == channel and one.bridge and since <= one.at <= until),
            None,
        )

    def heard(self, who: Collection[str], known: Collection[str], speaks: Callable[[str], bool]) -> list[Met]:
        """
        Return when one of `who` heard others who can speak, in the order of time.

        `known` are the channels whose comings and goings are known; of others it is said only that they are there.
        """
        met: list[Met] = []
        inside: dict[str, set[str]] = {}
        where: dict[str, str] = {}
        heard: frozenset[str] = frozenset()
        since = 0
        for change in self._changes:
            before = where.pop(change.channel, None)
            if before is not None:
                inside[before].discard(change.channel)
            if change.bridge:
                where[change.channel] = change.bridge
                members = inside.setdefault(change.bridge, set())
                members.add(change.channel)
                members.update(one for one in change.others if one not in known)
            now = self._around(who, where, inside, speaks)
            if now != heard:
                if heard and change.at > since:
                    met.append(Met(heard, since, change.at))
                heard, since = now, change.at
        return met

    def _around(
        self,
        who: Collection[str],
        where: dict[str, str],
        inside: dict[str, set[str]],
        speaks: Callable[[str], bool],
    ) -> frozenset[str]:
        found: set[str] = set()
        seen: set[str] = set(who)
        todo = [one for one in who if one in where]
        while todo:
            channel = todo.pop()
            for other in inside.get(where.get(channel, ""), ()):
                if other in seen:
                    continue
                seen.add(other)
                half = self._halves.get(other)
                if half is None:
                    if speaks(other):
                        found.add(other)
                elif half not in seen:
                    seen.add(half)
                    if half in where:
                        todo.append(half)
                    elif half in self._ends:
                        found.add(half)
        return frozenset(found)


def total(spans: Iterable[Met]) -> float:
    """Return how long these last together, in seconds."""
    return sum(span.end - span.begin for span in spans) / 1000
