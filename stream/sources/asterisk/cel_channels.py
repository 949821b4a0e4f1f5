"""The channels of one call as its events show them: who made each, what it ran, whom it rang."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stream.sources.dial_plan import apps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.asterisk.cel_rows import Row
    from stream.sources.dial_plan.names import Name
    from stream.sources.dial_plan.numbers import DialString

# What a conference puts into its bridge, and whoever listens in: nobody speaks on these.
_NOBODY: Final = frozenset({"CBAnn", "CBRec", "Announcer", "Recorder", "Snoop", "Surrogate", "MulticastRTP", "Bridge"})
_ORIGINATED: Final = "AppDial2"
_RUNG: Final = frozenset({"AppDial", "AppQueue", _ORIGINATED})


def is_party(name: Name) -> bool:
    """Return whether a person or a line can be at the end of a channel of this name."""
    return not name.is_local and name.tech not in _NOBODY


@dataclass(slots=True, eq=False)
class Channel:
    """
    One channel; times in ms.

    `caller` is the number it first showed, and `context` the one it came by, or that its peer has where it was rung.
    `ring` is the Dial or Queue that made it, None for one that came by itself, was originated, or is a transfer's.
    """

    name: str
    born: Row
    name_parts: Name
    caller: str = ""
    context: str = ""
    account: str = ""
    apps: set[str] = field(default_factory=set)
    rings: list[Ring] = field(default_factory=list)
    ring: Ring | None = None
    answered: int | None = None
    ended: int | None = None
    hangup: dict[str, Any] = field(default_factory=dict)
    rung: str = ""

    @property
    def originated(self) -> bool:
        """Return whether the PBX itself made it, without anybody who dialled (Originate, a call file)."""
        return self.rung == _ORIGINATED

    def take(self, row: Row) -> None:
        """Take one of its events."""
        if row.caller and not self.caller:
            self.caller = row.caller
        if row.account:
            self.account = row.account
        if row.app:
            self.apps.add(row.app.lower())
            if row.app in _RUNG and not self.rung:
                self.rung, self.context = row.app, row.context or self.context
        if row.kind == "ANSWER":
            if self.answered is None:
                self.answered = row.at
        elif row.kind in {"HANGUP", "CHAN_END"}:
            self.ended = row.at
            if row.kind == "HANGUP":
                self.hangup = row.extras()

    @property
    def own_voice(self) -> bool:
        """Return whether it ran what the telephone system says itself: a voicemail, an announcement."""
        return bool(self.apps & apps.OWN_VOICE)


@dataclass(slots=True, eq=False)
class Ring:
    """A Dial or a Queue that a channel ran: from where, for whom, from when to when, and the channels it made."""

    row: Row
    end: int | None = None
    made: list[Channel] = field(default_factory=list)
    targets: Sequence[DialString] = ()

    @property
    def is_queue(self) -> bool:
        """Return whether somebody waited in a queue."""
        return self.row.app.lower() == apps.QUEUE

    def made_by_dial(self, name: Name) -> bool:
        """Return whether a channel of this name is what it dialled."""
        return any(_fits(target, name) for target in self.targets)


def _fits(target: DialString, name: Name) -> bool:
    """Return whether a channel of this name can be what was dialled; of a group of lines any of its technology is."""
    if name.tech.casefold() != target.tech.casefold():
        return False
    return name.peer.casefold() == target.peer.casefold() or (bool(target.number) and target.peer[:1] in "gGrRi")
