"""Who is a member of which queues, and paused there: what a rep does between calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.sources.dial_plan import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.sources.asterisk.ami.messages import Message
    from stream.sources.dial_plan.directions import Directions

_LOGS_IN: Final = frozenset({"agentlogin", "agentcallbacklogin"})
_LOGS_OFF: Final = frozenset({"agentlogoff", "agentcallbacklogoff"})
_GOES: Final = frozenset({"queuememberremoved"})
_COMES: Final = frozenset({"queuememberadded"})
_PAUSES: Final = frozenset({"queuememberpause", "queuememberpaused", "queuememberunpause"})
_KNOWS: Final = frozenset({"queuememberstatus", "queuemember"})
# The state of a member's pause, as a device: `Queue:support_pause_PJSIP/107`.
_DEVICE: Final = "devicestatechange"
_OF_QUEUE: Final = "queue:"
_PAUSE: Final = "_pause_"
_PAUSED: Final = {"INUSE": "", "NOT_INUSE": None}
_LISTED: Final = frozenset({"queueparams", "queuemember"})
# The states of a member's telephone (AST_DEVICE_…) that say what its rep does, if no channel of theirs does.
_UNREACHABLE: Final = frozenset({"4", "5"})
_ON_THE_LINE: Final = frozenset({"2", "3", "6", "7", "8"})

EVENTS: Final = _LOGS_IN | _LOGS_OFF | _GOES | _COMES | _PAUSES | _KNOWS
"""The messages that tell of members."""


def knows(message: Message) -> bool:
    """Return whether a message tells how a member is, and not that anything has changed."""
    return message.event in _KNOWS


class Idle(NamedTuple):
    """What a rep does who is in no call."""

    state: str
    reason: str = ""


_AVAILABLE: Final = Idle("available")
_OFFLINE: Final = Idle("offline")


@dataclass(slots=True, eq=False)
class Member:
    """
    A rep as a member: of which queues, with the reason of each pause (None: not paused), and their telephone's state.

    It is `named` once a message about members has named it (one whose name is in no known encoding never is), and
    `acts` once it has come, gone or paused since.
    """

    queues: dict[str, str | None] = field(default_factory=dict)
    left: bool = False
    logged_off: bool = False
    device: str = ""
    named: bool = False
    acts: bool = False
    wrap_s: float = 0.0


@dataclass(slots=True)
class Members:
    """The members of all queues, by rep; `peers` are the names of their telephones."""

    directions: Directions
    peers: set[str] = field(default_factory=set)
    _members: dict[str, Member] = field(default_factory=dict)

    def of(self, message: Message) -> str | None:
        """Return the rep that a message about a member of a queue means."""
        interface = message.get("interface") or message.get("location") or message.get("stateinterface")
        if not interface and message.get("agent"):
            interface = f"Agent/{message.get('agent')}"
        if not interface:
            return None
        name = names.interface(interface)
        if not name.is_local:
            self.peers.add(name.peer)
        return self.directions.rep(name, message.get("membername") or message.get("name"))

    def take(self, message: Message) -> str | None:
        """Take a message about a member; return its rep, None where it names none."""
        rep = self.of(message)
        if rep is None:
            return None
        member = self._members.setdefault(rep, Member())
        member.named = True
        member.acts = member.acts or not knows(message)
        queue = message.get("queue")
        if message.get("wrapuptime").isdecimal():
            member.wrap_s = float(message.get("wrapuptime"))
        if message.event in _LOGS_OFF:
            member.logged_off = True
        elif message.event in _GOES:
            member.queues.pop(queue, None)
            member.left = True
        else:
            member.logged_off = member.logged_off and message.event not in _LOGS_IN
            if message.event not in _LOGS_IN:
                self._is_in(member, queue, message)
        member.device = message.get("status") or member.device
        return rep

    @staticmethod
    def _is_in(member: Member, queue: str, message: Message) -> None:
        paused = message.get("paused")
        if paused == "1":
            reason = message.get("reason") or message.get("pausedreason")
            member.queues[queue] = reason or member.queues.get(queue) or ""
        elif paused == "0":
            member.queues[queue] = None
        else:
            member.queues.setdefault(queue, None)

    def take_device(self, message: Message) -> str | None:
        """Take the state of a pause as a device, of a member whom no message names; return the rep that it changes."""
        device = message.get("device")
        if not device.casefold().startswith(_OF_QUEUE):
            return None
        queue, _, interface = device[len(_OF_QUEUE) :].partition(_PAUSE)
        state = message.get("state")
        name = names.interface(interface)
        if not interface or state not in _PAUSED or (rep := self.directions.rep(name)) is None:
            return None
        member = self._members.setdefault(rep, Member())
        if member.named:
            return None
        self.peers.add(name.peer)
        member.queues[queue] = _PAUSED[state]
        return rep

    def listed(self, answers: Iterable[Message]) -> set[str]:
        """Take the members of all queues, as they were listed, if any queue was; return whom that changes."""
        answers = list(answers)
        found: dict[str, set[str]] = {}
        if not any(message.event in _LISTED for message in answers):
            return set()
        for message in answers:
            if message.event == "queuemember" and (rep := self.take(message)):
                found.setdefault(rep, set()).add(message.get("queue"))
        for rep, member in self._members.items():
            gone = member.queues.keys() - found.get(rep, set())
            for queue in gone:
                del member.queues[queue]
            if gone:
                member.left = True
                found.setdefault(rep, set())
        return found.keys() | set()

    def idle(self, rep: str) -> Idle:
        """
        Return what a rep does who is in no call.

        Who is paused wherever they are a member is paused, and who left the last queue is offline. Whoever never was
        a member is available.
        """
        member = self._members.get(rep)
        if member is None:
            return _AVAILABLE
        if member.logged_off or (member.left and not member.queues) or member.device in _UNREACHABLE:
            return _OFFLINE
        if member.queues and all(reason is not None for reason in member.queues.values()):
            return Idle("paused", next((reason for reason in reversed(member.queues.values()) if reason), ""))
        return _AVAILABLE

    def is_member(self, rep: str) -> bool:
        """Return whether a rep is a member of a queue now."""
        member = self._members.get(rep)
        return member is not None and bool(member.queues)

    def seems_busy(self, rep: str) -> bool:
        """Return whether all that is known of a rep is that their telephone rings, or is in use."""
        member = self._members.get(rep)
        return member is not None and member.device in _ON_THE_LINE and not member.acts

    def wrap_s(self, rep: str) -> float:
        """Return how many seconds a rep has after a call by their own membership, 0 where none were told."""
        member = self._members.get(rep)
        return 0.0 if member is None else member.wrap_s
