"""Who hears whom: from bridges, and the holds within them, to the talks of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.sources.asterisk.ami.calls import Call
    from stream.sources.asterisk.ami.exchange import Exchange
    from stream.sources.asterisk.ami.lines import Line
    from stream.sources.asterisk.ami.messages import Message

_HOLDS: Final = "holding_bridge"


class Talks:
    """Takes the messages of bridges and holds."""

    def __init__(self, exchange: Exchange) -> None:
        self._x = exchange

    def handlers(self) -> dict[str, Callable[[Message, int], None]]:
        """Return what takes which message."""
        return {
            "bridgeenter": self._enter,
            "bridgeleave": self._leave,
            "confbridgejoin": self._joins,
            "confbridgeleave": self._parts,
            "meetmejoin": self._joins,
            "meetmeleave": self._parts,
            "confbridgemute": self._mutes,
            "confbridgeunmute": self._mutes,
            "bridge": self._old_bridge,
            "link": self._old_bridge,
            "unlink": self._old_bridge,
            "hold": self._hold,
            "unhold": self._unhold,
        }

    def _enter(self, message: Message, at: int) -> None:
        line = self._x.line(message, at)
        if line is None or not message.get("bridgeuniqueid"):
            return
        before = self._x.lines.connected(line.unique)
        # In a bridge that holds (a car park, say) nobody hears anybody.
        holds = message.get("bridgetechnology") == _HOLDS
        self._x.lines.enter(line, "" if holds else message.get("bridgeuniqueid"))
        self.meet(before | self._x.lines.connected(line.unique), at)

    def _leave(self, message: Message, at: int) -> None:
        line = self._x.line(message, at)
        if line is not None and line.bridge == message.get("bridgeuniqueid"):
            before = self._x.lines.connected(line.unique)
            self._x.lines.leave(line)
            self.meet(before, at)

    # conferences

    def _joins(self, message: Message, at: int) -> None:
        """Take a channel that enters a conference; where its bridge tells of itself too, it is in that."""
        line = self._x.line(message, at)
        if line is None:
            return
        line.listens = message.get("muted").casefold() == "yes"
        before = self._x.lines.connected(line.unique)
        if not line.bridge:
            self._x.lines.enter(line, self._conference(message))
        self.meet(before | self._x.lines.connected(line.unique), at)

    def _parts(self, message: Message, at: int) -> None:
        line = self._x.line(message, at)
        if line is None:
            return
        line.listens = False
        if line.bridge == self._conference(message):
            before = self._x.lines.connected(line.unique)
            self._x.lines.leave(line)
            self.meet(before, at)

    def _mutes(self, message: Message, at: int) -> None:
        """Take that someone who has come to listen begins to speak; who mutes a telephone is still who speaks."""
        line = self._x.line(message, at)
        if line is not None and line.listens and message.event == "confbridgeunmute":
            line.listens = False
            self.meet(self._x.lines.connected(line.unique), at)

    @staticmethod
    def _conference(message: Message) -> str:
        """Return what a conference is called here; of one of ConfBridge's the name of its bridge is known too."""
        name = message.get("conference") or message.get("meetme")
        return message.get("bridgeuniqueid") or conference(name)

    def _old_bridge(self, message: Message, at: int) -> None:
        """Take the Bridge of an old Asterisk: two channels, linked or not."""
        pair = [self._x.lines.by_id.get(message.get(name)) for name in ("uniqueid1", "uniqueid2")]
        state = message.get("bridgestate").casefold() or message.event
        for line in pair:
            if line is None:
                continue
            before = self._x.lines.connected(line.unique)
            if state == "link":
                self._x.lines.enter(line, "&".join(one.unique for one in pair if one is not None))
            else:
                self._x.lines.leave(line)
            self.meet(before | self._x.lines.connected(line.unique), at)

    def meet(self, affected: set[str], at: int) -> None:
        """See who speaks to whom now, in the calls that some channels belong to."""
        calls = {id(call): call for unique in affected if (call := self._x.leg_of.get(unique)) is not None}
        for unique in affected:
            line = self._x.lines.by_id.get(unique)
            group = self._x.groups.get(line.group) if line is not None else None
            if group is not None and group.call is not None and group.call.kind == "internal":
                calls[id(group.call)] = group.call
        for call in sorted(calls.values(), key=lambda call: call.id):
            self._meets(call, at)

    def _meets(self, call: Call, at: int) -> None:
        if call.kind == "internal":
            group = self._x.groups.get(call.group)
            parties = [] if group is None else self._parties_of(group.lines, set())
            others = parties if len(parties) > 1 else []
        else:
            others = [
                line
                for line in self._parties_of(call.legs, call.legs)
                if line.stands_for is not None or self._x.side(line) != "outside"
            ]
        before = call.talking_since
        answered = call.answered_ms
        call.meets(others, at)
        for line in others:
            if line.unique not in call.met:
                call.met.append(line.unique)
        reps = [rep for line in others if (rep := self._x.rep_at(line))]
        for rep in reps:
            if rep not in call.reps:
                call.reps.append(rep)
        if call.kind == "internal":
            return
        call.rep = call.rep or next(iter(reps), None)
        if call.talking_since is not None and before is None and answered is None:
            self._x.answered(call, at)

    def _parties_of(self, uniques: Iterable[str], but: set[str]) -> list[Line]:
        """Return who speaks among the channels that hear one of `uniques`, without those of `but`."""
        around: set[str] = set()
        for unique in uniques:
            around |= self._x.lines.connected(unique)
        return list(self._x.lines.parties(around - but))

    def _hold(self, message: Message, at: int) -> None:
        self._held(message, at, held=True)

    def _unhold(self, message: Message, at: int) -> None:
        self._held(message, at, held=False)

    def _held(self, message: Message, at: int, *, held: bool) -> None:
        line = self._x.line(message, at)
        if line is None:
            return
        for unique in self._x.lines.connected(line.unique):
            if (call := self._x.leg_of.get(unique)) is not None:
                if held:
                    call.on_hold(at)
                else:
                    call.off_hold(at)


def conference(name: str) -> str:
    """Return what stands for the bridge of a conference that has none, or whose bridge is not heard of."""
    return f"conference {name}"
