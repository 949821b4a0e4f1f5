"""What is known of an Asterisk: its channels, the calls they belong to, and the events to send of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stream.sources.asterisk.ami.calls import Call
from stream.sources.asterisk.ami.lines import Line, Lines
from stream.sources.asterisk.ami.moments import Moments
from stream.sources.asterisk.ami.reps import Reps
from stream.sources.dial_plan import names
from stream.sources.dial_plan.left_out import look_of
from stream.sources.dial_plan.numbers import plain
from stream.sources.dial_plan.ways import Dialled, Party, Ways
from stream.sources.signs import Sign, Signs

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.sources.asterisk.ami.messages import Message
    from stream.sources.dial_plan.directions import Directions, Side
    from stream.sources.dial_plan.weighing import Verdict

INTERNAL: Final = "internal calls"
UNKNOWN: Final = "call of no known direction"
_UP: Final = "6"
_RING: Final = "4"
_RINGS: Final = "5"


@dataclass(slots=True, eq=False)
class Group:
    """The channels that were born in one call (one Linkedid), and their call under way."""

    id: str
    lines: set[str] = field(default_factory=set)
    first: Line | None = None
    originated: bool = False
    calls: int = 0
    call: Call | None = None
    heard_ms: int = 0


class Exchange:
    """
    The state that the parts of the machine share.

    `leg_of` has the call that a channel is the other side of: the prospect's, the caller's. `out` are the events
    that are sent next; `unused` counts what says nothing to Ringboard, `signs` what left-out calls look like.
    `born` are the channels born since whoever asks for all channels has emptied it. `ended` is called with every
    call that is over, `weighed` with the Linkedid of a call, what of it was weighed, and what that came to;
    `picked_up` with a call that was answered, and when, and returns what that tells of queues.
    """

    def __init__(self, directions: Directions) -> None:
        self.directions = directions
        self.ways = Ways(directions)
        self.moments = Moments()
        self.lines = Lines()
        self.groups: dict[str, Group] = {}
        self.leg_of: dict[str, Call] = {}
        self.reps = Reps(directions, self.lines)
        self.out: list[dict[str, Any]] = []
        self.unused: Counter[str] = Counter()
        self.signs = Signs()
        self.born: set[str] = set()
        self.ended: Callable[[Call], None] = lambda _: None
        self.picked_up: Callable[[Call, int], list[dict[str, Any]]] = lambda _call, _at: []
        self.weighed: Callable[[str, str, Verdict[Any]], None] = lambda _call, _what, _verdict: None

    # channels

    def line(self, message: Message, at: int, prefix: str = "", *, born: bool = False) -> Line | None:
        """
        Return the channel that a message is about, updated by it; None where its birth was not heard.

        With `born`, the message is that of its birth.
        """
        unique = message.get(f"{prefix}uniqueid")
        full_name = message.get(f"{prefix}channel")
        line = self.lines.by_id.get(unique) if unique else self.lines.named(full_name)
        if line is None:
            if not (born and unique and full_name):
                return None
            line = Line(unique, message.get("linkedid") or unique, full_name, names.channel(full_name), at)
            self.lines.add(line)
            self.born.add(unique)
            self._join(line, at, linked=bool(message.get("linkedid")))
        self._update(line, message, prefix)
        group = self.groups.get(line.group)
        if group is not None:
            group.heard_ms = max(group.heard_ms, at)
        if group is not None and group.call is not None:
            group.call.timed = group.call.timed and self.moments.timed
            self.look_at(group)
        return line

    def _join(self, line: Line, at: int, *, linked: bool) -> None:
        """Put a new channel into its group; an old Asterisk sends none, so a Local channel goes where its half is."""
        half = self.lines.other_half(line)
        if not linked and half is not None:
            line.group = half.group
        group = self.groups.get(line.group)
        if group is None:
            group = self.groups[line.group] = Group(line.group)
            group.call = self._new_call(group, at)
        group.lines.add(line.unique)
        if line.unique == group.id:
            group.first = line
        if half is not None and half.unique in self.leg_of and half.name.half == 1:
            self.add_leg(self.leg_of[half.unique], line)

    def _new_call(self, group: Group, at: int) -> Call:
        group.calls += 1
        return Call(group.id, group.calls, at)

    def _update(self, line: Line, message: Message, prefix: str) -> None:
        line.number = line.number or message.get(f"{prefix}calleridnum") or message.get(f"{prefix}callerid")
        line.account = message.get(f"{prefix}accountcode") or line.account
        if line.account == line.name.peer and line.account and self.directions.configured_side(line.full_name) is None:
            line.proven = "inside"  # by its own account code, which a transfer puts another in the place of
        line.context = message.get(f"{prefix}context") or line.context
        line.extension = message.get(f"{prefix}exten") or line.extension
        state = message.get(f"{prefix}channelstate")
        line.rings = line.rings or (state == _RINGS and not line.came)
        line.up = line.up or state == _UP
        if state == _RING and not (line.came or line.name.is_local or line.dialled or line.rings):
            line.came, line.born_in, line.called = True, line.context, message.get(f"{prefix}exten")

    def look_at(self, group: Group) -> None:
        """
        See whether a call that is taken to be internal has come in from outside.

        A caller id alone does not show it before someone is dialled: a telephone may show the number of the house.
        """
        first, call = group.first, group.call
        if first is None or call is None or call.kind != "internal" or first.unique in self.leg_of:
            return
        if first.dialled or first.rings:
            return
        verdict = self.ways.side(self.party(first))
        came_in = self.directions.way_of_context(first.context) == "inbound" and verdict.says != "inside"
        if came_in or (first.came and verdict.says == "outside" and verdict.kind != "name"):
            self.weighed(group.id, "who calls", verdict)
            self.came_in(call, first)

    def came_in(self, call: Call, line: Line) -> None:
        """Take `line` for the caller of an inbound call."""
        call.kind = "inbound"
        line.proven = self.side(line) or "outside"
        self.drop_legs(call)
        call.number = line.number
        self.add_leg(call, line)

    def add_leg(self, call: Call, line: Line) -> None:
        """Take a channel, with its other half, for one on the other side of a call."""
        half = self.lines.other_half(line)
        for one in (line, half):
            if one is not None:
                call.legs.add(one.unique)
                self.leg_of[one.unique] = call

    def drop_legs(self, call: Call) -> None:
        """Forget who is on the other side of a call."""
        for unique in call.legs:
            self.leg_of.pop(unique, None)
        call.legs.clear()
        call.roots.clear()

    # calls

    def begin_next(self, group: Group, at: int) -> Call:
        """Begin the next call of a group."""
        group.call = self._new_call(group, at)
        return group.call

    def finish(self, group: Group, at: int) -> None:
        """Add the events of a call that is over."""
        call = group.call
        group.call = None
        if call is None:
            return
        call.ended_ms = at if call.ended_ms is None else call.ended_ms
        if call.kind == "internal" and group.first is not None and self._called_nobody(group.first):
            self.came_in(call, group.first)
        if call.kind == "inbound" and not call.number and group.first is not None:
            call.number = group.first.number
        call.meets([], call.ended_ms)
        self.drop_legs(call)
        self.ended(call)
        if call.kind == "internal":
            known = not call.open and group.first is not None and self.side(group.first) is not None
            self.unused[INTERNAL if known else UNKNOWN] += 1
            self.signs.add(self._look_of(call, group.first))
            return
        if group.first is not None and call.campaign is None:
            call.campaign = self.directions.campaign(
                account=group.first.account if group.first.account != group.first.name.peer else "",
                queue=call.queue or "",
                context=group.first.context,
            )
        self.out.append(call.whole())

    def _look_of(self, call: Call, first: Line | None) -> Sign:
        """Return what a call looks like of which nothing says that it left the house, or came into it."""
        if first is None:
            return Sign("house")
        context, extension = first.born_in or first.context, first.called or first.extension
        return look_of(self.directions, Dialled(self.party(first), context, extension, called=Party(call.rang)))

    def _called_nobody(self, first: Line) -> bool:
        """
        Return whether someone outside, by all that is known, has called and was never put through to anybody.

        What has dialled a short code is rather a telephone, whatever number it shows: its voicemail, a service.
        """
        if not first.came or first.leads_on or self.side(first) != "outside":
            return False
        self.weighed(first.group, "who was put through to nobody", self.ways.side(self.party(first)))
        short = first.called.startswith(("*", "#")) or self.directions.side_of_number(first.called) == "inside"
        return not short or self.ways.side(self.party(first)).kind != "name"

    def known(self, message: Message) -> Line | None:
        """Return the channel that a message is about, as it is known already."""
        return self.lines.by_id.get(message.get("uniqueid")) or self.lines.named(message.get("channel"))

    def call_of(self, message: Message) -> Call | None:
        """Return the call that the channel of a message belongs to."""
        line = self.known(message)
        if line is None:
            group = self.groups.get(message.get("linkedid"))
        else:
            if line.unique in self.leg_of:
                return self.leg_of[line.unique]
            group = self.groups.get(line.group)
        return group.call if group is not None else None

    def side(self, line: Line) -> Side | None:
        """Return on which side the party at a channel is."""
        if line.proven is not None:
            return line.proven
        party = self.party(line)
        if line.name.is_called_half:
            # Whoever speaks where a Local channel leads is whom its extension is of; its number is the other one's.
            party = party._replace(channel=f"{line.full_name[:-1]}1", number="")
        return self.ways.side(party).says

    @staticmethod
    def party(line: Line) -> Party:
        """Return what is known of who is at a channel."""
        return Party(line.full_name, plain(line.reached) or line.number, line.account, line.born_in)

    def rep_at(self, line: Line) -> str | None:
        """Return the rep who speaks at a channel; None for someone outside, or at a mobile that no setting names."""
        if line.stands_for is not None:
            rep = self.directions.rep(line.stands_for)
            return rep if line.stands_for.tech or rep is None or not rep.startswith("+") else None
        return None if self.side(line) == "outside" else self.directions.rep(line.name)

    def answered(self, call: Call, at: int) -> None:
        """Add the event that a call was answered, for the live views."""
        self.out.append(call.event("call.answered", at, call=call.id, rep=call.rep, amd=call.amd, **call.party()))
        self.out += self.picked_up(call, at)
