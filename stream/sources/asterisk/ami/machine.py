"""From the events of channels to whole calls: no I/O, no clock; messages go in, canonical events come out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stream.sources.asterisk import names
from stream.sources.asterisk.ami.calls import Call, Kind, cause_of
from stream.sources.asterisk.ami.lines import Line, Lines
from stream.sources.asterisk.ami.moments import Moments
from stream.sources.asterisk.ami.queues import Queues
from stream.sources.asterisk.ami.reps import Reps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.sources.asterisk.ami.messages import Message
    from stream.sources.asterisk.directions import Directions

Event = dict[str, Any]

_UP: Final = "6"
_RING: Final = "4"
_DIGITS: Final = re.compile(r"\+?[0-9]+")
_PARTS: Final = re.compile(r"[/@!&,;:?]")
_AMD: Final = {"MACHINE": "machine", "HUMAN": "human", "PERSON": "human", "FAX": "fax", "NOTSURE": "unknown"}
_ANSWER: Final = "ANSWER"
_EVENT: Final = re.compile(r"[A-Za-z]{1,40}")
_TELLING: Final = 8  # digits at the end of a number, which no prefix of a line changes


@dataclass(slots=True, eq=False)
class Group:
    """The channels that were born in one call (one Linkedid), and the call that is told of them now."""

    id: str
    lines: set[str] = field(default_factory=set)
    first: Line | None = None
    originated: bool = False
    calls: int = 0
    call: Call | None = None


class Machine:
    """
    Takes the messages of one Asterisk in their order.

    `unused` counts the events by name that say nothing to Ringboard, the internal calls, and the messages without a
    time of their own; `timed_out` and `reconciled` the calls that ended without being heard to. `ended` is told every
    call that is over, internal ones too.
    """

    def __init__(self, directions: Directions, stale_ms: int, lead_variable: str | None = None) -> None:
        self.unused: Counter[str] = Counter()
        self.moments = Moments()
        self.ended: Callable[[Call], None] = lambda _: None
        self.timed_out = 0
        self.reconciled = 0
        self.lines = Lines()
        self.groups: dict[str, Group] = {}
        self.directions = directions
        self._stale_ms = stale_ms
        self._lead_variable = lead_variable
        self._leg_of: dict[str, Call] = {}
        self._out: list[Event] = []
        self._reps = Reps(directions)
        self._queues = Queues(self._reps, directions)
        self._handlers = self._by_event()

    # what comes in

    def feed(self, message: Message, arrived_ms: int | None = None) -> list[Event]:
        """Take a message, which arrived at `arrived_ms` (None in a file), and return what it tells."""
        if not message.event:
            return []
        handler = self._handlers.get(message.event)
        if handler is None:
            name = message.headers["event"]
            self.unused[name if _EVENT.fullmatch(name) else "events of other names"] += 1
            return []
        at = self.moments.of(message, arrived_ms)
        if message.get("linkedid") or message.get("uniqueid") or message.get("destuniqueid"):
            self._variables(message)
        handler(message, at)
        return self._told()

    def expire(self, now: int) -> list[Event]:
        """End the calls of which nothing was heard for too long before `now`, and return what that tells."""
        for group in list(self.groups.values()):
            heard = max((call.heard_ms for call in (group.call,) if call), default=0)
            born = max((self.lines.by_id[one].born_ms for one in group.lines if one in self.lines.by_id), default=0)
            if now - max(heard, born) > self._stale_ms:
                self.give_up(group, max(heard, born), "timed-out")
                self.timed_out += 1
        return self._told()

    @property
    def open_calls(self) -> int:
        """How many calls are under way, without internal ones."""
        return sum(group.call is not None and group.call.kind != "internal" for group in self.groups.values())

    def give_up(self, group: Group, at: int, flag: str) -> None:
        """End all that is left of a call at `at`, with what is known."""
        if group.call is not None:
            group.call.flag = flag
        for unique in sorted(group.lines):
            self.hang_up(unique, at, "")
        if self.groups.pop(group.id, None) is not None:
            self._finish(group, at)

    def _told(self) -> list[Event]:
        told, self._out = self._out, []
        return told

    def _by_event(self) -> dict[str, Callable[[Message, int], None]]:
        ignored = self._seen
        return {
            "newchannel": self._new,
            "newstate": ignored,
            "newcallerid": ignored,
            "newconnectedline": ignored,
            "newaccountcode": ignored,
            "newexten": ignored,
            "originateresponse": self._originated,
            "localbridge": ignored,
            "dialbegin": self._dial_begin,
            "dialstate": ignored,
            "dialend": self._dial_end,
            "dial": self._old_dial,
            "bridgeenter": self._enter,
            "bridgeleave": self._leave,
            "bridgemerge": self._merge,
            "bridge": self._old_bridge,
            "link": self._old_bridge,
            "unlink": self._old_bridge,
            "rename": self._rename,
            "hold": self._hold,
            "unhold": self._unhold,
            "hangup": self._hangup,
            "hanguprequest": self._hangs_up,
            "softhanguprequest": self._hangs_up,
            "userevent": self._user,
            "varset": self._varset,
            **dict.fromkeys(self._queues.events, self._in_queue),
            **dict.fromkeys(self._reps.events, self._of_reps),
        }

    # channels

    def line(self, message: Message, at: int, prefix: str = "", *, born: bool = False) -> Line | None:
        """
        Return the channel that a message tells of, with what it says of it; None where its birth was not heard.

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
            self._join(line, at, linked=bool(message.get("linkedid")))
        self._update(line, message, prefix)
        group = self.groups.get(line.group)
        if group is not None and group.call is not None:
            group.call.heard_ms = max(group.call.heard_ms, at)
            group.call.timed = group.call.timed and self.moments.told
            self._look_at(group)
        return line

    def _join(self, line: Line, at: int, *, linked: bool) -> None:
        """Put a new channel into its group; an old Asterisk tells none, so a Local channel goes where its half is."""
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
        if half is not None and half.unique in self._leg_of and half.name.half == 1:
            self._add_leg(self._leg_of[half.unique], line)

    def _new_call(self, group: Group, at: int) -> Call:
        group.calls += 1
        return Call(group.id, group.calls, at, heard_ms=at)

    def _update(self, line: Line, message: Message, prefix: str) -> None:
        line.number = line.number or message.get(f"{prefix}calleridnum") or message.get(f"{prefix}callerid")
        line.account = message.get(f"{prefix}accountcode") or line.account
        line.context = message.get(f"{prefix}context") or line.context
        line.extension = message.get(f"{prefix}exten") or line.extension
        state = message.get(f"{prefix}channelstate")
        line.up = line.up or state == _UP
        line.came = line.came or (state == _RING and not line.name.is_local and not line.dialled)

    def _look_at(self, group: Group) -> None:
        """See whether a call that is taken to be internal has come in from outside."""
        first, call = group.first, group.call
        if first is None or call is None or call.kind != "internal" or first.unique in self._leg_of:
            return
        side = self.directions.side(first.full_name, number=first.number, account=first.account)
        came_in = self.directions.way_of_context(first.context) == "inbound" and side != "inside"
        if came_in or (first.came and side == "outside"):
            self.came_in(call, first)

    def came_in(self, call: Call, line: Line) -> None:
        """Take `line` for the caller of an inbound call."""
        call.kind = "inbound"
        self._drop_legs(call)
        call.number = line.number
        self._add_leg(call, line)

    def _add_leg(self, call: Call, line: Line) -> None:
        half = self.lines.other_half(line)
        for one in (line, half):
            if one is not None:
                call.legs.add(one.unique)
                self._leg_of[one.unique] = call

    def _drop_legs(self, call: Call) -> None:
        for unique in call.legs:
            self._leg_of.pop(unique, None)
        call.legs.clear()
        call.roots.clear()

    def _new(self, message: Message, at: int) -> None:
        self.line(message, at, born=True)

    def _seen(self, message: Message, at: int) -> None:
        line = self.line(message, at)
        if line is not None and line.name.half and message.event == "newstate":
            # The end of a Local channel that executes the dial plan may begin to speak by being up.
            self._meet(self.lines.connected(line.unique), at)

    def _rename(self, message: Message, at: int) -> None:
        line = self.line(message, at)
        if line is not None and message.get("newname"):
            self.lines.rename(line, message.get("newname"), names.channel(message.get("newname")))

    def _originated(self, message: Message, at: int) -> None:
        line = self.lines.by_id.get(message.get("uniqueid"))
        if line is not None:
            line.context = message.get("context") or line.context
            if (group := self.groups.get(line.group)) is not None:
                self._look_at(group)
        elif message.get("response").casefold() == "failure":
            self.unused["OriginateResponse (failed)"] += 1
        del at

    # dials

    def _dial_begin(self, message: Message, at: int) -> None:
        dialler, dialled = self.line(message, at), self.line(message, at, "dest")
        if dialled is not None:
            self._dials(dialler, dialled, message.get("dialstring"), at)

    def _old_dial(self, message: Message, at: int) -> None:
        dialler = self.line(message, at)
        if message.get("subevent").casefold() == "end":
            if dialler is not None and (group := self.groups.get(dialler.group)) and group.call:
                self._dial_ended(group.call, None, message.get("dialstatus"), at)
            return
        dialled = self.lines.by_id.get(message.get("destuniqueid"))
        if dialled is None:
            return
        if (
            dialler is not None
            and dialled.group != dialler.group
            and self.groups[dialled.group].lines == {dialled.unique}
        ):
            self._move(dialled, dialler.group)
        self._dials(dialler, dialled, message.get("dialstring"), at)

    def _move(self, line: Line, to: str) -> None:
        del self.groups[line.group]
        line.group = to
        self.groups[to].lines.add(line.unique)

    def _dials(self, dialler: Line | None, dialled: Line, dial_string: str, at: int) -> None:
        dialled.dialled, dialled.came = True, False
        dialled.reached = self._reached(dialler, dialled, dial_string)
        group = self.groups.get(dialler.group if dialler is not None else dialled.group)
        if group is None:
            return
        if dialler is not None:
            dialler.leads_on = True
        if dialler is None:
            group.originated = True
        elif dialler.name.half == 2 and (call := self._leg_of.get(dialler.unique)) is not None:  # noqa: PLR2004 - half 2
            # What a leg leads through on its way out: a Local channel, then the line.
            self._add_leg(call, dialled)
            return
        call = group.call or self._begin_next(group, at)
        outside = self.directions.side(dialled.full_name, number=dialled.reached, account=dialled.account) == "outside"
        by_context = dialler is not None and self.directions.way_of_context(dialler.context) == "outbound"
        if (outside or by_context) and (dialler is None or dialler.unique not in call.legs):
            self._outside(group, call, dialler, dialled, at)
        elif (
            call.kind == "internal"
            and (first := group.first) is not None
            and first.came
            and self.directions.side(first.full_name, number=first.number, account=first.account) is None
        ):
            # Nothing tells on which side the caller is: whoever calls a telephone of the floor is taken for outside.
            self.came_in(call, first)

    def _reached(self, dialler: Line | None, dialled: Line, dial_string: str) -> str:
        """Return the number that was dialled: of what tells it, the first that has the form of one outside."""
        own = {dialled.name.peer, dialled.account}
        told = [] if dialler is None else [dialler.extension, dialled.number]
        # An originated channel has for its number whatever its caller set: there, only what is dialled tells.
        told += [part for part in _PARTS.split(dial_string) if _DIGITS.fullmatch(part)]
        told = [number for number in told if number and number not in own]
        if dialled.name.is_local:
            told.insert(0, dialled.name.peer)
        outside = (number for number in told if self.directions.side_of_number(number) == "outside")
        return next(outside, told[0] if told else "")

    def _begin_next(self, group: Group, at: int) -> Call:
        group.call = self._new_call(group, at)
        return group.call

    def _outside(self, group: Group, call: Call, dialler: Line | None, dialled: Line, at: int) -> None:
        """Someone outside is dialled: a call begins, goes on on another line, or is the rep's own line after all."""
        if call.kind == "inbound":
            return  # the caller is sent on; who it is with stays who called
        alive = any(unique in self.lines.by_id for unique in call.legs)
        if call.kind == "outbound" and not alive and (call.answered_ms is not None or not self._same(call, dialled)):
            self._finish(group, at)
            call = self._begin_next(group, at)
        elif call.kind == "outbound" and alive and dialler is not None and dialler.unique in self._around(call):
            if not group.originated:
                return  # a third party is added to a conversation
            # The one dialled first turns out to be who the call is made for: a rep at a mobile telephone.
            self._drop_legs(call)
            call.kind = "internal"
        if call.kind == "internal":
            call.kind, call.placed_ms, call.ended_ms = "outbound", at, None
            call.begin_anew()
            call.number = dialled.reached
            call.campaign = self._campaign(group, dialler, dialled)
            call.rep = self._rep_of(group, dialler)
            self._out.append(
                call.event(
                    "call.started",
                    at,
                    call=call.id,
                    direction="outbound",
                    rep=call.rep,
                    campaign=call.campaign,
                    **call.party(),
                )
            )
            if call.rep:
                self._out += self._reps.becomes(call.rep, "ringing", at, call)
        call.ended_ms = None
        call.roots[dialled.unique] = dialled.reached
        self._add_leg(call, dialled)

    def _around(self, call: Call) -> set[str]:
        around: set[str] = set()
        for unique in call.legs:
            around |= self.lines.connected(unique)
        return around

    @staticmethod
    def _same(call: Call, dialled: Line) -> bool:
        """Tell whether it is the same number on another line, which may want other digits before it."""
        return call.number[-_TELLING:] == dialled.reached[-_TELLING:]

    def _campaign(self, group: Group, dialler: Line | None, dialled: Line) -> str | None:
        lines = [line for line in (dialler, group.first, dialled) if line is not None]
        account = next((line.account for line in lines if line.account and line.account != line.name.peer), "")
        context = next((line.context for line in lines if line.context), "")
        return self.directions.campaign(account=account, context=context)

    def _rep_of(self, group: Group, dialler: Line | None) -> str | None:
        """Return the rep that a call is made for: whoever is on the line that dials, else whoever began."""
        if dialler is None:
            return None
        for line in (*self.lines.parties(self.lines.connected(dialler.unique)), dialler, group.first):
            if line is not None and self._is_inside(line):
                return self.directions.rep(line.name)
        return None

    def _is_inside(self, line: Line) -> bool:
        return self.directions.side(line.full_name, number=line.number, account=line.account) == "inside"

    def _dial_end(self, message: Message, at: int) -> None:
        self.line(message, at)
        dialled = self.line(message, at, "dest")
        if dialled is not None and (call := self._leg_of.get(dialled.unique)) is not None:
            self._dial_ended(call, dialled, message.get("dialstatus"), at)

    def _dial_ended(self, call: Call, dialled: Line | None, status: str, at: int) -> None:
        if dialled is not None and dialled.unique not in call.roots:
            return
        call.dial_status = status.upper() or call.dial_status
        if call.dial_status == _ANSWER and call.kind == "outbound" and call.answered_ms is None:
            call.answered_ms = at
            if dialled is not None:
                call.number = call.roots[dialled.unique] or call.number
            self._answered(call, at)

    def _answered(self, call: Call, at: int) -> None:
        self._out.append(call.event("call.answered", at, call=call.id, rep=call.rep, amd=call.amd, **call.party()))

    # who hears whom

    def _enter(self, message: Message, at: int) -> None:
        line = self.line(message, at)
        if line is not None and message.get("bridgeuniqueid"):
            self.lines.enter(line, message.get("bridgeuniqueid"))
            self._meet(self.lines.connected(line.unique), at)

    def _leave(self, message: Message, at: int) -> None:
        line = self.line(message, at)
        if line is not None and line.bridge == message.get("bridgeuniqueid"):
            before = self.lines.connected(line.unique)
            self.lines.leave(line)
            self._meet(before, at)

    def _merge(self, message: Message, at: int) -> None:
        to, gone = message.get("tobridgeuniqueid"), message.get("frombridgeuniqueid")
        for unique in self.lines.members(gone):
            self.lines.enter(self.lines.by_id[unique], to)
            self._meet(self.lines.connected(unique), at)

    def _old_bridge(self, message: Message, at: int) -> None:
        """Take the Bridge of an old Asterisk: two channels, linked or not."""
        pair = [self.lines.by_id.get(message.get(name)) for name in ("uniqueid1", "uniqueid2")]
        state = message.get("bridgestate").casefold() or message.event
        for line in pair:
            if line is None:
                continue
            before = self.lines.connected(line.unique)
            if state == "link":
                self.lines.enter(line, "&".join(one.unique for one in pair if one is not None))
            else:
                self.lines.leave(line)
            self._meet(before | self.lines.connected(line.unique), at)

    def _meet(self, affected: set[str], at: int) -> None:
        """See who speaks to whom now, in the calls that some channels belong to."""
        calls = {id(call): call for unique in affected if (call := self._leg_of.get(unique)) is not None}
        for unique in affected:
            line = self.lines.by_id.get(unique)
            group = self.groups.get(line.group) if line is not None else None
            if group is not None and group.call is not None and group.call.kind == "internal":
                calls[id(group.call)] = group.call
        for call in sorted(calls.values(), key=lambda call: call.id):
            self._meets(call, at)

    def _meets(self, call: Call, at: int) -> None:
        if call.kind == "internal":
            group = self.groups.get(call.group)
            parties = [] if group is None else self._parties_of(group.lines, set())
            others = parties if len(parties) > 1 else []
        else:
            others = self._parties_of(call.legs, call.legs)
        before = call.talking_since
        answered = call.answered_ms
        call.meets(others, at)
        for line in others:
            if line.unique not in call.met:
                call.met.append(line.unique)
        reps = [rep for line in others if self._is_inside(line) and (rep := self.directions.rep(line.name))]
        for rep in reps:
            if rep not in call.reps:
                call.reps.append(rep)
        if call.kind == "internal":
            return
        call.rep = call.rep or next(iter(reps), None)
        if call.talking_since is not None and before is None:
            if answered is None:
                self._answered(call, at)
            if call.rep:
                self._out += self._reps.becomes(call.rep, "talking", at, call)

    def _parties_of(self, uniques: Iterable[str], but: set[str]) -> list[Line]:
        """Return who speaks among the channels that hear one of `uniques`, without those of `but`."""
        around: set[str] = set()
        for unique in uniques:
            around |= self.lines.connected(unique)
        return list(self.lines.parties(around - but))

    def _hold(self, message: Message, at: int) -> None:
        self._held(message, at, held=True)

    def _unhold(self, message: Message, at: int) -> None:
        self._held(message, at, held=False)

    def _held(self, message: Message, at: int, *, held: bool) -> None:
        line = self.line(message, at)
        if line is None:
            return
        for unique in self.lines.connected(line.unique):
            if (call := self._leg_of.get(unique)) is not None:
                if held:
                    call.on_hold(at)
                else:
                    call.off_hold(at)

    # ends

    def _hangup(self, message: Message, at: int) -> None:
        line = self.line(message, at)
        if line is None:
            self.unused["channels under way when it began"] += 1
        else:
            self.hang_up(line.unique, at, message.get("cause"))

    def _hangs_up(self, message: Message, at: int) -> None:
        self._queues.hears_requests = True
        line = self.line(message, at)
        if line is not None:
            line.hangs_up = True

    def hang_up(self, unique: str, at: int, cause: str) -> None:
        """Take a channel away, with what that ends."""
        line = self.lines.by_id.get(unique)
        if line is None:
            return
        before = self.lines.connected(unique)
        self.lines.remove(unique)
        call = self._leg_of.get(unique)
        if call is not None:
            call.cause = cause_of(cause) or call.cause
        self._meet({one for one in before if one != unique} | ({unique} if call else set()), at)
        self._leg_of.pop(unique, None)
        if call is not None and not any(one in self.lines.by_id for one in call.legs):
            self._legs_ended(call, at)
        group = self.groups.get(line.group)
        if group is None:
            return
        group.lines.discard(unique)
        if not group.lines:
            del self.groups[group.id]
            self._finish(group, at)

    def _legs_ended(self, call: Call, at: int) -> None:
        call.meets([], at)
        call.ended_ms = at
        self._out += self._queues.left(call, at)
        group = self.groups.get(call.group)
        # One that nobody answered may be dialled again on another line, as long as its call goes on.
        if group is not None and group.call is call and (call.kind == "inbound" or call.answered_ms is not None):
            self._finish(group, at)

    def _finish(self, group: Group, at: int) -> None:
        """Tell a call that is over."""
        call = group.call
        group.call = None
        if call is None:
            return
        call.ended_ms = at if call.ended_ms is None else call.ended_ms
        if call.kind == "inbound" and not call.number and group.first is not None:
            call.number = group.first.number
        call.meets([], call.ended_ms)
        self._drop_legs(call)
        self.ended(call)
        if call.kind == "internal":
            self.unused["internal calls"] += 1
            return
        if group.first is not None and call.campaign is None:
            call.campaign = self.directions.campaign(
                account=group.first.account if group.first.account != group.first.name.peer else "",
                queue=call.queue or "",
                context=group.first.context,
            )
        self._out.append(call.whole())
        for rep in call.reps or filter(None, [call.rep]):
            self._out += self._reps.after(rep, call.ended_ms, call)

    # what else is told

    def call_of(self, message: Message) -> Call | None:
        """Return the call that the channel of a message belongs to."""
        unique = message.get("uniqueid")
        line = self.lines.by_id.get(unique) or self.lines.named(message.get("channel"))
        if line is None:
            group = self.groups.get(message.get("linkedid"))
        else:
            if line.unique in self._leg_of:
                return self._leg_of[line.unique]
            group = self.groups.get(line.group)
        return group.call if group is not None else None

    def _user(self, message: Message, at: int) -> None:
        line = self.line(message, at)
        told = {name: value for name, value in message.headers.items() if value}
        for name, value in told.items():
            self._variable(message, name, value)
        if line is None or not any("amd" in text.casefold() for text in (message.get("userevent"), *told)):
            self.unused["UserEvent"] += 1

    def _varset(self, message: Message, at: int) -> None:
        del at
        self._variable(message, message.get("variable"), message.get("value"))

    def _variables(self, message: Message) -> None:
        for name, value in message.variables.items():
            self._variable(message, name, value)

    def _variable(self, message: Message, name: str, value: str) -> None:
        """Take a variable of a channel, or a field of a UserEvent, where it is one that is looked for."""
        name = name.casefold()
        wanted = (self.directions.campaign_variable or "").casefold()
        lead = (self._lead_variable or "").casefold()
        if not value or name not in {"amdstatus", wanted, lead} - {""}:
            return
        call = self.call_of(message)
        if call is None:
            return
        if name == "amdstatus":
            call.amd = _AMD.get(value.upper(), call.amd)
        if name == wanted:
            call.campaign = self.directions.campaign(variables={self.directions.campaign_variable or "": value})
        if name == lead:
            call.lead = value

    def _in_queue(self, message: Message, at: int) -> None:
        line = self.line(message, at)
        self.line(message, at, "dest")
        call = self.call_of(message)
        if call is None or line is None:
            return
        if call.kind == "internal" and message.event in {"queuecallerjoin", "join", "queuecallerabandon"}:
            self._caller(call, line, message.get("queue"))
        if call.kind == "inbound":
            self._out += self._queues.take(call, line, message, at)

    def _caller(self, call: Call, line: Line, queue: str) -> None:
        """Take a call that joins a queue for what it is by that: whoever waits there has called, or was called."""
        if self._is_inside(line):
            return
        kind: Kind = self.directions.way_of_queue(queue)
        if kind == "inbound":
            self.came_in(call, line)
        else:
            call.kind, call.number = "outbound", line.reached or line.number
            self._add_leg(call, line)
            call.answered_ms = None

    def _of_reps(self, message: Message, at: int) -> None:
        self._out += self._reps.take(message, at)
