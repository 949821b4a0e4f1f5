"""When the channels of a call were joined, and with whom: from the events of bridges, in their order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Joined(NamedTuple):
    """A span of time in which `channels` were in one bridge, in ms."""

    channels: frozenset[str]
    begin: int
    end: int


@dataclass(slots=True)
class Bridges:
    """Follows who is in which bridge; `spans` are those that are over, of at least two channels."""

    spans: list[Joined] = field(default_factory=list)
    _members: dict[str, set[str]] = field(default_factory=dict)
    _since: dict[str, int] = field(default_factory=dict)

    def enter(self, bridge: str, channel: str, at: int) -> None:
        """Take that `channel` enters."""
        self._change(bridge, at)
        self._members.setdefault(bridge, set()).add(channel)

    def leave(self, bridge: str, channel: str, at: int) -> None:
        """Take that `channel` leaves."""
        self._change(bridge, at)
        self._members.get(bridge, set()).discard(channel)

    def hang_up(self, channel: str, at: int) -> None:
        """Take that `channel` is gone, from wherever it was."""
        for bridge, members in self._members.items():
            if channel in members:
                self.leave(bridge, channel, at)

    def _change(self, bridge: str, at: int) -> None:
        members = self._members.get(bridge, set())
        since = self._since.get(bridge, at)
        if len(members) > 1 and at > since:
            self.spans.append(Joined(frozenset(members), since, at))
        self._since[bridge] = at


def talk_of(spans: Iterable[Joined], is_outside: Callable[[str], bool]) -> list[tuple[int, int]]:
    """Return when somebody outside was joined with somebody inside: the union of these spans, in their order."""
    joined: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda span: span.begin):
        outside = sum(is_outside(channel) for channel in span.channels)
        if not 0 < outside < len(span.channels):
            continue
        if joined and span.begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], span.end))
        else:
            joined.append((span.begin, span.end))
    return joined
