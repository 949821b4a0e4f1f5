"""What happened in one call, sorted by what it happened to: its channels, who rang whom, who was joined."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from stream.sources.asterisk.bridges import Meetings
from stream.sources.asterisk.cel_channels import Channel, Ring
from stream.sources.dial_plan import apps, names
from stream.sources.dial_plan.numbers import dial_strings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stream.sources.asterisk.cel_rows import Row

_HOLDS: Final = "holding_bridge"
_RINGS: Final = frozenset({*apps.DIALS, apps.QUEUE})
# Played to who transfers, before they dial where to: from then on the other one is on hold.
_ASKS_WHERE: Final = "transfer"
_BRIDGE_ID: Final = '"bridge_id":"'


@dataclass(slots=True)
class Happened:
    """
    One call, read from its events; `moved` is where a channel was sent by a blind transfer, and when.

    Where bridges are not `bridged`, that is not logged, who picks up hears from then on whoever rang them.
    """

    rows: Sequence[Row]
    bridged: bool = True
    channels: dict[str, Channel] = field(default_factory=dict)
    rings: list[Ring] = field(default_factory=list)
    moved: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    meetings: Meetings = field(default_factory=Meetings)
    amd: list[tuple[int, apps.Amd]] = field(default_factory=list)
    _asked: dict[str, int] = field(default_factory=dict)
    _unrung: int = 0

    def __post_init__(self) -> None:
        for row in self.rows:
            self._take(row)
        self.meetings.over(self.end)
        self.meetings.pair(one for one in self.channels.values() if one.name_parts.half)

    @property
    def entry(self) -> Channel:
        """Return the channel that it began with."""
        first = next((row for row in self.rows if row.unique == row.linked), self.rows[0])
        return self.channels[first.channel]

    @property
    def end(self) -> int:
        """Return when the last was heard of it."""
        return self.rows[-1].at

    def other_half(self, channel: Channel) -> Channel | None:
        """Return the other end of a Local channel."""
        half = channel.name_parts.half
        return self.channels.get(f"{channel.name[:-1]}{3 - half}") if half else None

    def _take(self, row: Row) -> None:
        channel = self.channels.get(row.channel)
        if channel is None:
            channel = self._born(row)
        channel.take(row)
        if row.app == "AppQueue" and channel.ring is None:
            self._from_queue(channel, row)
        take = self._TAKES.get(row.kind)
        if take is not None:
            take(self, row)
        self._take_amd(row)

    def _rings(self, row: Row) -> None:
        if row.app.lower() in _RINGS:
            ring = Ring(row)
            if not ring.is_queue:
                ring.targets = dial_strings(row.data)
            self.rings.append(ring)
            self.channels[row.channel].rings.append(ring)

    def _rang(self, row: Row) -> None:
        for ring in self.channels[row.channel].rings:
            if ring.end is None and ring.row.app == row.app:
                ring.end = row.at

    def _picks_up(self, row: Row) -> None:
        ring = self.channels[row.channel].ring
        if ring is not None and not self.bridged:
            for one in (ring.row.channel, row.channel):
                self.meetings.enter(ring.row.channel, one, row.at)

    def _ends(self, row: Row) -> None:
        self.meetings.leave(row.channel, row.at)

    def _asks(self, row: Row) -> None:
        if _ASKS_WHERE in row.extra:
            self._asked[row.channel] = row.at

    def _leaves(self, row: Row) -> None:
        """Take that a channel leaves its bridge; it was heard last before it dialled for a transfer, if it did."""
        asked = self._asked.pop(row.channel, None)
        self.meetings.leave(row.channel, asked if asked is not None and self._unrung >= asked else row.at)

    def _old_bridge(self, row: Row) -> None:
        # Older versions tell of both at once, and only by the one that dialled.
        for one in (row.channel, row.peer) if row.peer else ():
            if row.kind == "BRIDGE_START":
                self.meetings.enter(row.channel, one, row.at)
            else:
                self.meetings.leave(one, row.at)

    def _born(self, row: Row) -> Channel:
        name = names.channel(row.channel)
        channel = self.channels[row.channel] = Channel(row.channel, row, name, context=row.context)
        for ring in reversed(self.rings):
            if ring.end is None and not ring.is_queue and ring.made_by_dial(name):
                channel.ring = ring
                ring.made.append(channel)
                break
        else:
            self._unrung = row.at
        return channel

    def _from_queue(self, channel: Channel, row: Row) -> None:
        """Note for which caller a queue rang a channel: the latest who waits, but one with the same extension first."""
        waiting = [ring for ring in self.rings if ring.is_queue and ring.row.at <= channel.born.at]
        same = [ring for ring in waiting if ring.row.exten == row.exten]
        if waiting:
            channel.ring = (same or waiting)[-1]
            channel.ring.made.append(channel)

    def _enters(self, row: Row) -> None:
        if _HOLDS in row.extra:
            return
        bridge = _bridge(row)
        if bridge:
            others = [one for one in row.peer.split(",") if one] if "," in row.peer else [row.peer] if row.peer else []
            self.meetings.enter(bridge, row.channel, row.at, others)
        else:
            self.meetings.join(row.channel, row.peer, row.at)

    def _moves(self, row: Row) -> None:
        asked = self._asked.pop(row.channel, None)
        if asked is not None:
            self.meetings.leave(row.channel, asked)
        extra = row.extras()
        who, where = extra.get("transferee_channel_name"), extra.get("extension")
        if isinstance(who, str):
            self.moved.setdefault(who, []).append((row.at, where if isinstance(where, str) else ""))

    def _take_amd(self, row: Row) -> None:
        found: apps.Amd | None = None
        if row.kind == "USER_DEFINED" or "AMD" in row.kind or "AMD" in row.defined.upper():
            found = apps.amd_of(row.extra) or apps.amd_of(row.defined)
        if row.userfield:
            found = apps.amd_of(row.userfield) or found
        if found is not None:
            self.amd.append((row.at, found))

    _TAKES: ClassVar[Mapping[str, Callable[[Happened, Row], None]]] = {
        "BRIDGE_ENTER": _enters,
        "CONF_ENTER": _enters,
        "BRIDGE_EXIT": _leaves,
        "CONF_EXIT": _leaves,
        "BRIDGE_START": _old_bridge,
        "BRIDGE_END": _old_bridge,
        "ANSWER": _picks_up,
        "APP_START": _rings,
        "APP_END": _rang,
        "HANGUP": _ends,
        "CHAN_END": _ends,
        "BLINDTRANSFER": _moves,
        "STREAM_BEGIN": _asks,
    }


def _bridge(row: Row) -> str:
    """Return the id of a bridge, or what the conference is called; nothing where the event does not name it."""
    _, found, after = row.extra.partition(_BRIDGE_ID)
    if found:
        return after.partition('"')[0]
    if row.extra:
        bridge = row.extras().get("bridge_id")
        if isinstance(bridge, str):
            return bridge
    return f"conference {apps.arguments(row.data)[0]}" if row.kind == "CONF_ENTER" else ""
