"""The channels there are, and which of them hear each other: by bridges, and through the halves of Local channels."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.sources.dial_plan.directions import Side
    from stream.sources.dial_plan.names import Name

_EXECUTES: Final = 2
# What stands in bridges for announcements, recordings and listeners: nobody of a call.
_NOBODY: Final = frozenset(
    {"Announcer", "CBAnn", "CBRec", "Recorder", "Snoop", "Surrogate", "UnicastRTP", "MulticastRTP"}
)


@dataclass(slots=True, eq=False)
class Line:
    """
    One channel; `group` is the Linkedid it was born with, which holds the channels of one call together.

    `came` if it called in, `dialled` if it was called (`rings`, before that is said of it, if it rings), `leads_on`
    if it has dialled someone, `hangs_up` if it was asked to end, `listens` if it came muted into a conference;
    `number` is its caller's number, `reached` the number that was dialled to reach it. `born_in` is the context
    that it called in by, `called` the extension; `proven` the side that its call has shown it to be on.
    `stands_for` is the telephone, or the queue's member, that a line outside was dialled for: whoever speaks there
    is that rep.
    """

    unique: str
    group: str
    full_name: str
    name: Name
    born_ms: int
    number: str = ""
    account: str = ""
    context: str = ""
    extension: str = ""
    reached: str = ""
    born_in: str = ""
    called: str = ""
    proven: Side | None = None
    up: bool = False
    came: bool = False
    dialled: bool = False
    rings: bool = False
    leads_on: bool = False
    hangs_up: bool = False
    stands_for: Name | None = None
    listens: bool = False
    bridge: str = ""
    on_hold_since: int | None = None


@dataclass(slots=True)
class Lines:
    """All channels that live, by their id; `touched` are those that something was done to since it was emptied."""

    by_id: dict[str, Line] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    _by_name: dict[str, str] = field(default_factory=dict)
    _bridges: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _halves: defaultdict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, line: Line) -> None:
        """Add a channel that was born."""
        self.by_id[line.unique] = line
        self.touched.add(line.unique)
        self._by_name[line.full_name] = line.unique
        if line.name.half:
            self._halves[_pair(line)][line.name.half] = line.unique

    def remove(self, unique: str) -> Line | None:
        """Remove a channel that has ended."""
        line = self.by_id.get(unique)
        if line is None:
            return None
        self.touched.add(unique)
        self.leave(line)
        del self.by_id[unique]
        if self._by_name.get(line.full_name) == unique:
            del self._by_name[line.full_name]
        if line.name.half:
            halves = self._halves[_pair(line)]
            halves.pop(line.name.half, None)
            if not halves:
                del self._halves[_pair(line)]
        return line

    def named(self, full_name: str) -> Line | None:
        """Return the channel of this name."""
        unique = self._by_name.get(full_name)
        return None if unique is None else self.by_id.get(unique)

    def rename(self, line: Line, full_name: str, name: Name) -> None:
        """Rename a channel, as old transfers do."""
        self._by_name.pop(line.full_name, None)
        line.full_name, line.name = full_name, name
        self._by_name[full_name] = line.unique

    def enter(self, line: Line, bridge: str) -> None:
        """Put a channel into a bridge; it is in one at a time."""
        self.leave(line)
        line.bridge = bridge
        if bridge:
            self._bridges[bridge].add(line.unique)
            self.touched |= self.connected(line.unique)

    def leave(self, line: Line) -> None:
        """Take a channel out of its bridge."""
        if line.bridge:
            self.touched |= self.connected(line.unique)
            members = self._bridges[line.bridge]
            members.discard(line.unique)
            if not members:
                del self._bridges[line.bridge]
            line.bridge = ""

    def members(self, bridge: str) -> tuple[str, ...]:
        """Return the channels in a bridge."""
        return tuple(sorted(self._bridges.get(bridge, ())))

    def other_half(self, line: Line) -> Line | None:
        """Return the other end of a Local channel."""
        if not line.name.half:
            return None
        other = self._halves.get(_pair(line), {}).get(3 - line.name.half)
        return None if other is None else self.by_id.get(other)

    def connected(self, unique: str) -> set[str]:
        """Return the channels that hear `unique`, itself included."""
        seen: set[str] = set()
        open_ = [unique] if unique in self.by_id else []
        while open_:
            one = open_.pop()
            if one in seen:
                continue
            seen.add(one)
            line = self.by_id[one]
            open_.extend(self._bridges.get(line.bridge, ()) if line.bridge else ())
            if (half := self.other_half(line)) is not None:
                open_.append(half.unique)
        return seen

    def parties(self, connected: set[str]) -> Iterator[Line]:
        """
        Yield those of some connected channels at which someone, or something, speaks.

        That is a channel of a telephone or a line that is in a bridge; and the second half of a Local channel that is
        in none, and up, and has dialled nobody: what speaks there is the dial plan. Its first half is only what was
        dialled.
        """
        for unique in sorted(connected):
            line = self.by_id[unique]
            if not line.name.is_local:
                if line.bridge and not line.listens and line.name.tech not in _NOBODY:
                    yield line
            elif line.name.half == _EXECUTES and line.up and not line.bridge and not line.leads_on:
                yield line


def _pair(line: Line) -> str:
    return line.full_name.rpartition(";")[0]
