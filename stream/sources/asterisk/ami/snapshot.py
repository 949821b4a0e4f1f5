"""All channels as they are now: what is not known of is taken in, and what is no more is ended, with what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.asterisk.ami.moments import birth_ms
from stream.sources.asterisk.ami.talks import conference
from stream.sources.asterisk.ids import birth
from stream.sources.dial_plan import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.sources.asterisk.ami.exchange import Group
    from stream.sources.asterisk.ami.lines import Line
    from stream.sources.asterisk.ami.machine import Machine
    from stream.sources.asterisk.ami.messages import Message

FLAG: Final = "reconciled"
_DIALLED: Final = frozenset({"AppDial", "AppQueue"})
_ORIGINATED: Final = "AppDial2"
_MEETME: Final = "MeetMe"
# Who sits in one has come there in any way.
_CONFERENCES: Final = frozenset({_MEETME, "ConfBridge"})
_DIALS: Final = frozenset({"Dial", "Queue"})


class Snapshot:
    """
    The answer to CoreShowChannels, which `channels` are.

    `take_in` it before what was heard since it was asked for, and `end_others` after that: what is born meanwhile is
    in neither, and what ends meanwhile is heard to.
    """

    def __init__(self, machine: Machine, channels: Iterable[Message]) -> None:
        self._machine = machine
        self._x = machine.exchange
        self._channels = sorted(
            (message for message in channels if message.event == "coreshowchannel" and message.get("uniqueid")),
            key=lambda message: birth(message.get("uniqueid")) or (0, 0),
        )

    def take_in(self, at: int) -> None:
        """Take in the channels that are not known, and the bridges that all of them are in, at `at`."""
        known = set(self._x.lines.by_id)
        found = [(message, line) for message in self._channels if (line := self._line(message)) is not None]
        new = [(message, line) for message, line in found if line.unique not in known]
        for message, line in new:
            self._classify(message, line, [line for _, line in new], at)
        for message, line in found:
            bridge = message.get("bridgeid") or self._conference(message)
            if line.bridge != bridge:
                self._flag(self._x.groups.get(line.group))
                affected = self._x.lines.connected(line.unique)
                self._x.lines.enter(line, bridge)
                self._machine.talks.meet(affected | self._x.lines.connected(line.unique), at)
        self._x.born.clear()

    def end_others(self, at: int) -> None:
        """End the channels that are no more, as of `at`: when the connection was lost, or they were last heard of."""
        here = {message.get("uniqueid") for message in self._channels} | self._x.born
        for line in list(self._x.lines.by_id.values()):
            if line.unique in here or line.unique not in self._x.lines.by_id:
                continue
            group = self._x.groups.get(line.group)
            if group is None:
                self._machine.hang_up(line.unique, at, "")
                continue
            self._flag(group)
            over = not group.lines & here
            self._machine.reconciled += over and group.call is not None and group.call.kind != "internal"
            end = max(at, group.heard_ms)
            if over:
                self._machine.give_up(group, end, FLAG)
            else:
                self._machine.hang_up(line.unique, end, "")

    def _line(self, message: Message) -> Line | None:
        born = birth_ms(message.get("uniqueid"))
        known = message.get("uniqueid") in self._x.lines.by_id
        line = self._x.line(message, born or 0, born=True)
        if line is not None and not known:
            group = self._x.groups[line.group]
            group.heard_ms = max(group.heard_ms, born or 0)
        return line

    def _classify(self, message: Message, line: Line, among: list[Line], at: int) -> None:
        """Record what a channel that was not known is there for, by the application that it runs."""
        application = message.get("application")
        group = self._x.groups.get(line.group)
        if group is None:
            return
        self._flag(group)
        born = birth_ms(line.unique) or at
        if application == _ORIGINATED:
            self._machine.dials.dials(None, line, message.get("applicationdata"), born)
        elif application in _DIALLED:
            running = {other.get("uniqueid"): other.get("application") for other in self._channels}
            diallers = [one for one in among if one.group == line.group and running.get(one.unique) in _DIALS]
            dialler = diallers[0] if diallers else group.first
            self._machine.dials.dials(dialler, line, "", born)
        elif not names.channel(line.full_name).is_local and application not in _CONFERENCES:
            line.came = True
            self._x.look_at(group)

    @staticmethod
    def _conference(message: Message) -> str:
        """Return the conference that a channel sits in whose application has no bridge to tell of; empty if none."""
        name = message.get("applicationdata").partition(",")[0]
        return conference(name) if message.get("application") == _MEETME and name else ""

    @staticmethod
    def _flag(group: Group | None) -> None:
        if group is not None and group.call is not None:
            group.call.flag = FLAG
