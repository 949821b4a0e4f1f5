"""What happened in one call, sorted by what it happened to: who rang whom, who was joined, what was hung up and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stream.sources.asterisk.bridges import Bridges
from stream.sources.dial_plan import apps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.asterisk.cel_rows import Row


@dataclass(slots=True)
class Ring:
    """A Dial or a Queue that a channel ran: from where, for whom, from when to when."""

    row: Row
    end: int | None = None


@dataclass(slots=True)
class Happened:
    """One call, read from its events."""

    rows: Sequence[Row]
    rings: list[Ring] = field(default_factory=list)
    bridges: Bridges = field(default_factory=Bridges)
    callers: dict[str, str] = field(default_factory=dict)
    apps_of: dict[str, set[str]] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    hangups: dict[str, dict[str, Any]] = field(default_factory=dict)
    amd: apps.Amd | None = None

    def __post_init__(self) -> None:
        for row in self.rows:
            self._take(row)

    def _take(self, row: Row) -> None:
        self.callers[row.channel] = row.caller or self.callers.get(row.channel, "")
        if row.app:
            self.apps_of.setdefault(row.channel, set()).add(row.app.lower())
        if row.app in {"AppDial", "AppQueue"}:
            self.called.add(row.channel)
        if row.kind == "APP_START" and row.app.lower() in {*apps.DIALS, apps.QUEUE}:
            self.rings.append(Ring(row))
        elif row.kind == "APP_END":
            for ring in self.rings:
                if ring.end is None and ring.row.channel == row.channel and ring.row.app == row.app:
                    ring.end = row.at
        elif row.kind in {"HANGUP", "CHAN_END"}:
            self.bridges.hang_up(row.channel, row.at)
            if row.kind == "HANGUP":
                self.hangups[row.channel] = row.extras()
        self._take_bridge(row)
        self._take_amd(row)

    def _take_amd(self, row: Row) -> None:
        if row.kind == "USER_DEFINED" or "AMD" in row.kind or "AMD" in row.defined.upper():
            self.amd = apps.amd_of(row.extra) or apps.amd_of(row.defined) or self.amd
        if row.userfield:
            self.amd = apps.amd_of(row.userfield) or self.amd

    def _take_bridge(self, row: Row) -> None:
        if row.kind in {"BRIDGE_ENTER", "CONF_ENTER"}:
            self.bridges.enter(_bridge(row), row.channel, row.at)
        elif row.kind in {"BRIDGE_EXIT", "CONF_EXIT"}:
            self.bridges.leave(_bridge(row), row.channel, row.at)
        elif row.kind == "BRIDGE_START" and row.peer:
            # Older versions tell of both at once, and only by the one that dialled.
            for channel in (row.channel, row.peer):
                self.bridges.enter(row.channel, channel, row.at)
        elif row.kind == "BRIDGE_END":
            self.bridges.leave(row.channel, row.channel, row.at)

    def partner(self, channel: str) -> str | None:
        """Return the first channel that `channel` was joined with."""
        for span in sorted(self.bridges.spans, key=lambda span: span.begin):
            if channel in span.channels:
                return next(iter(sorted(span.channels - {channel})), None)
        return None

    def ends_in_voicemail(self, channel: str) -> bool:
        """Return whether what `channel` rang is the system's own voice: the Local channel's other half runs it."""
        other = channel.removesuffix("1") + "2" if channel.endswith(";1") else channel
        return bool(self.apps_of.get(other, set()) & apps.VOICEMAIL)


def _bridge(row: Row) -> str:
    """Return the id of a bridge; of older versions, which send none, the pair of its channels."""
    bridge = row.extras().get("bridge_id")
    return bridge if isinstance(bridge, str) else "+".join(sorted({row.channel, row.peer}))
