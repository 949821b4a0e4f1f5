"""
A PBX that a test plays calls on, whose every dial goes through Local channels, which it then takes out of the way.

Its events have no times, and those of its queues are told to nobody but for callers who give up.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.unit.sources.asterisk.ami_script import Script

ME, OTHER, THIRD = "4001", "4002", "4003"  # the telephones, by their accounts
HOUSE = "+33199000100"
CALLER, MOBILE, PROSPECT = "+33639980001", "+33639980002", "+33639980003"
EXTENSIONS = {ME: "201", OTHER: "202", THIRD: "203"}
_YES_NO = {True: "Yes", False: "No"}


@dataclass(eq=False)
class Pair:
    """A Local channel, both halves; `dialler` has dialled it."""

    dialler: str | None
    one: str
    two: str


@dataclass(eq=False)
class Way:
    """How a channel reaches another: through Local channels to its `end`."""

    pairs: list[Pair]
    end: str

    @property
    def dialler(self) -> str | None:
        return self.pairs[0].dialler


class Lab(Script):
    """Plays; each method is something that people or the dial plan do."""

    def __init__(self) -> None:
        super().__init__(timed=False)
        self._count = 0
        self._bridge_of: dict[str, str] = {}

    # channels

    def channel(self, peer: str, of: str | None = None, **known: str) -> str:
        self._count += 1
        name = f"SIP/{peer}-{self._count:08x}"
        self.new(name, of, context="phones", **known)  # type: ignore[arg-type]
        return name

    def state(self, state: str, *channels: str) -> None:
        for one in channels:
            self.set(one, ChannelState=state)
            self.tell("Newstate", one)

    def comes_in(self, number: str = CALLER, to: str = HOUSE) -> str:
        """Someone calls from outside."""
        line = self.channel("carrier", number=number, exten=to)
        self.set(line, Context="carrier_in")
        self.state("4", line)
        return line

    def lifts(self, account: str, exten: str = "") -> str:
        """A telephone dials."""
        phone = self.channel(account, number=account, account=account, exten=exten)
        self.state("4", phone)
        self.set(phone, CallerIDNum=EXTENSIONS[account])
        self.tell("NewCallerid", phone)
        return phone

    def pair(self, dialler: str | None, exten: str, context: str, number: str = "", *, made: bool = True) -> Pair:
        """Dial a Local channel; `made` to be taken out of the way once it is answered."""
        self._count += 1
        one, two = (f"Local/{exten}@{context}-{self._count:08x};{half}" for half in (1, 2))
        self.new(one, dialler, context=context, exten=exten)
        self.new(two, dialler or one, context=context, exten=exten)
        self.set(two, ChannelState="4")
        if number:
            self.set(one, CallerIDNum=number, Exten=number)
            self.set(two, Exten=number)
            self.tell("NewCallerid", one)
        self.tell("LocalBridge", LocalOptimization=_YES_NO[made], Context=context, Exten=exten)
        self.dial(dialler, one, f"{exten}@{context}{'' if made else '/n'}")
        return Pair(dialler, one, two)

    # dials

    def to_phone(self, dialler: str, account: str, dialled: str = "", *before: Pair, rings: bool = True) -> Way:
        """Reach a telephone."""
        dialled = dialled or EXTENSIONS[account]
        pair = self.pair(dialler, f"ID{account}", "to_phones", dialled)
        phone = self.channel(account, dialler, account=account)
        self.set(phone, CallerIDNum=dialled, Exten=dialled)
        self.dial(pair.two, phone, f"{account}/{account}/192.0.2.13!!201")
        way = Way([*before, pair], phone)
        if rings:
            self.rings(way)
        return way

    def to_line(self, dialler: str, number: str, *before: Pair, rings: bool = True) -> Way:
        """Reach a number outside."""
        pair = self.pair(dialler, number, "to_world", number)
        line = self.channel("carrier", dialler, account="40")
        self.set(line, CallerIDNum=number, Exten=number, Context="carrier_out")
        self.dial(pair.two, line, f"{number}@carrier")
        way = Way([*before, pair], line)
        if rings:
            self.rings(way)
        return way

    def rings(self, way: Way) -> None:
        self.state("5", way.end, *(pair.one for pair in reversed(way.pairs)))

    def answers(self, way: Way, *, by_caller: bool = False, dialler: str | None = None) -> None:
        """Have the end pick up, and take the Local channels out: from its side, or from the caller's."""
        self.picks_up(way, dialler=dialler)
        self.shortens(way, by_caller=by_caller, dialler=dialler)

    def picks_up(self, way: Way, *, dialler: str | None = None) -> None:
        """Have the end pick up; the bridges reach from Local channel to Local channel."""
        first = dialler or way.dialler
        self.state("6", way.end)
        dialled = way.end
        for pair in reversed(way.pairs):
            self.dial_end(pair.two, dialled, "ANSWER")
            self.state("6", pair.two, pair.one)
            self.enters(dialled, pair.two)
            dialled = pair.one
        self.dial_end(first, dialled, "ANSWER")
        if first is not None:
            self.state("6", first)
            self.enters(dialled, first)

    def shortens(self, way: Way, *, by_caller: bool = False, dialler: str | None = None) -> None:
        first = dialler or way.dialler
        if by_caller and first is not None and len(way.pairs) == 1:
            (pair,) = way.pairs
            inner = self._bridge_of[way.end]
            outer = self.leaves(first)
            self.leaves(pair.two)
            self.swaps(first, inner, pair.two)
            self.unbridge(outer, pair.one)
            self.gone(pair.one, pair.two)
            return
        for pair in reversed(way.pairs):
            if pair.one not in self._bridge_of:
                break
            inner = self.leaves(way.end)
            outer = self.leaves(pair.one)
            self.swaps(way.end, outer, pair.one)
            self.unbridge(inner, pair.two)
            self.gone(pair.one, pair.two)

    def refused(self, way: Way, status: str = "BUSY", cause: int = 17, dialler: str | None = None) -> None:
        """Have the end not pick up: it is busy, says no, or is rung no longer."""
        dialled = way.end
        for pair in reversed(way.pairs):
            self.dial_end(pair.two, dialled, status)
            self.gone(dialled, pair.two, cause=cause)
            dialled = pair.one
        self.dial_end(dialler or way.dialler, dialled, status)
        self.gone(dialled, cause=cause)

    # bridges

    def enters(self, *channels: str) -> None:
        """Put channels into a bridge of their own."""
        self._count += 1
        for one in channels:
            self.swaps(one, f"bridge-{self._count}")

    def swaps(self, channel: str, bridge: str, instead_of: str | None = None) -> None:
        """Put a channel into a bridge, in the place of another."""
        self._bridge_of[channel] = bridge
        swapped = {"SwapUniqueid": self._channels[instead_of]["Uniqueid"]} if instead_of else {}
        self.tell("BridgeEnter", channel, BridgeUniqueid=bridge, **swapped)

    def leaves(self, channel: str) -> str:
        bridge = self._bridge_of.pop(channel)
        self.unbridge(bridge, channel)
        return bridge

    def gone(self, *channels: str, cause: int = 16) -> None:
        for one in channels:
            if one in self._bridge_of:
                self.leaves(one)
            self.tell("Hangup", one, Cause=cause)

    # transfers

    def hands_over(self, first: str, second: str, caller: str, *, colleague: str | None = None) -> None:
        """Join whom one telephone holds on two lines: the caller goes to the second, or the colleague to the first."""
        if colleague is None:
            self.leaves(caller)
            self.swaps(caller, self.leaves(second), second)
        else:
            self.leaves(colleague)
            self.swaps(colleague, self.leaves(first), first)
        self.tell("AttendedTransfer", DestType="Bridge", Result="Success")
        self.gone(first, second)

    def hands_over_ringing(self, first: str, second: str, caller: str, way: Way) -> None:
        """Give the caller to a colleague who is still rung."""
        self.tell("AttendedTransfer", DestType="App", Result="Success")
        self.gone(first)
        self.leaves(caller)
        self.dial_end(second, way.pairs[0].one, "NOANSWER")
        self.dial(caller, way.pairs[0].one, "handed over")
        self.gone(second)

    def sends_on(self, phone: str, caller: str, exten: str) -> None:
        """Hand a caller on without asking."""
        self.tell("BlindTransfer", Extension=exten, IsExternal="Yes", Result="Success")
        self.gone(phone)
        self.leaves(caller)
        self.set(caller, Exten=exten)

    def taken_by(self, way: Way, account: str) -> None:
        """Have another telephone pick up what rings at the end."""
        rung, other = way.end, self.channel(account, number=account, account=account, exten="201")
        self.state("4", other)
        self.state("6", other)
        self.dial_end(way.pairs[-1].two, rung, "CANCEL")
        self.dial(way.pairs[-1].two, other, "picked up")
        self.gone(rung, cause=0)
        way.end = other
        self.answers(way)

    def forwarded(self, way: Way, account: str, *groups: str) -> list[Way]:
        """Have the telephone at the end send its calls to another one, or to several."""
        rung, last = way.end, way.pairs[-1]
        self.dial_end(last.two, rung, "CANCEL")
        self.gone(rung)
        pair = self.pair(last.two, EXTENSIONS[account], "phones")
        return [self.to_phone(pair.two, one, "", *way.pairs, pair) for one in (account, *groups)]

    def group(self, dialler: str, dialled: str, *accounts: str) -> list[Way]:
        return [self.to_phone(dialler, one, dialled) for one in accounts]

    def one_answers(self, ways: list[Way], place: int = 0, *, dialler: str | None = None) -> None:
        """Of several that ring, one picks up, and the others ring no longer."""
        for number, way in enumerate(ways):
            if number != place:
                self.refused(Way(way.pairs[-1:], way.end), "CANCEL", 26, dialler)
        self.answers(ways[place], dialler=dialler)
