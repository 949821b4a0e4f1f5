"""From the events of channels to whole calls: no I/O, no clock; messages go in, canonical events come out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from stream.sources.asterisk.ami.calls import cause_of
from stream.sources.asterisk.ami.dials import Dials
from stream.sources.asterisk.ami.exchange import Exchange
from stream.sources.asterisk.ami.queues import Queues
from stream.sources.asterisk.ami.talks import Talks
from stream.sources.dial_plan import names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream.sources.asterisk.ami.calls import Call
    from stream.sources.asterisk.ami.exchange import Group
    from stream.sources.asterisk.ami.lines import Line
    from stream.sources.asterisk.ami.messages import Message
    from stream.sources.dial_plan.directions import Directions

Event = dict[str, Any]

_EVENT: Final = re.compile(r"[A-Za-z]{1,40}")
_AMD: Final = {"MACHINE": "machine", "HUMAN": "human", "PERSON": "human", "FAX": "fax", "NOTSURE": "unknown"}
_AMDSTATUS: Final = "amdstatus"
_DETECTS: Final = "amd"
_JOINS: Final = frozenset({"queuecallerjoin", "join", "queuecallerabandon"})
_ONLY_SEEN: Final = (
    "newcallerid",
    "newconnectedline",
    "newaccountcode",
    "newexten",
    "localbridge",
    "dialstate",
)


class Machine:
    """
    Takes the messages of one Asterisk in their order.

    `exchange` is what it knows; `timed_out` and `reconciled` count the calls whose end was not heard.
    """

    def __init__(
        self,
        directions: Directions,
        stale_ms: int,
        lead_variable: str | None = None,
        wrap_ups: Mapping[str, float] | None = None,
    ) -> None:
        self.exchange = Exchange(directions)
        self.exchange.reps.wrap_ups = wrap_ups or {}
        self.timed_out = 0
        self.reconciled = 0
        self._stale_ms = stale_ms
        self._lead_variable = lead_variable
        self.talks = Talks(self.exchange)
        self.dials = Dials(self.exchange)
        self._queues = Queues(self.exchange.reps, directions)
        self.exchange.picked_up = self._queues.picked_up
        self._handlers = self._by_event()

    def feed(self, message: Message, arrived_ms: int | None = None) -> list[Event]:
        """Take a message, which arrived at `arrived_ms` (None in a file), and return what it tells."""
        if not message.event:
            return []
        handler = self._handlers.get(message.event)
        if handler is None:
            name = message.headers["event"]
            self.exchange.unused[name if _EVENT.fullmatch(name) else "events of other names"] += 1
            return []
        at = self.exchange.moments.of(message, arrived_ms)
        self.exchange.out += self.exchange.reps.due(at)
        for name, value in message.variables.items():
            self._variable(message, name, value)
        handler(message, at)
        self.exchange.out += self.exchange.reps.take(message, at)
        return self.take_events()

    def tick(self, now: int) -> list[Event]:
        """Return what `now` alone has made of reps."""
        return self.exchange.reps.due(now)

    def expire(self, now: int) -> list[Event]:
        """End the calls of which nothing was heard for too long before `now`, and return the events of that."""
        for group in list(self.exchange.groups.values()):
            if now - group.heard_ms > self._stale_ms:
                self.timed_out += group.call is not None and group.call.kind != "internal"
                self.give_up(group, group.heard_ms, "timed-out")
        return self.take_events(now)

    @property
    def open_calls(self) -> int:
        """How many calls are under way, without internal ones."""
        calls = (group.call for group in self.exchange.groups.values())
        return sum(call is not None and call.kind != "internal" for call in calls)

    def give_up(self, group: Group, at: int, flag: str) -> None:
        """End all that is left of a call at `at`, with what is known."""
        if group.call is not None:
            group.call.flag = flag
        for unique in sorted(group.lines):
            self.hang_up(unique, at, "")
        if self.exchange.groups.pop(group.id, None) is not None:
            self.exchange.finish(group, at)

    def take_events(self, at: int | None = None) -> list[Event]:
        """Return the events to send, each once; with what reps do `at` a moment, where no message changed channels."""
        if at is not None:
            self.exchange.out += self.exchange.reps.look(at)
        events, self.exchange.out = self.exchange.out, []
        return events

    def _by_event(self) -> dict[str, Callable[[Message, int], None]]:
        return {
            "newchannel": self._new,
            "newstate": self._state,
            "originateresponse": self._originated,
            "rename": self._rename,
            "hangup": self._hangup,
            "hanguprequest": self._hangs_up,
            "softhanguprequest": self._hangs_up,
            "userevent": self._user,
            "varset": self._varset,
            "devicestatechange": self._device,
            **dict.fromkeys(_ONLY_SEEN, self._seen),
            **{name: self._with_ring_groups(take) for name, take in self.dials.handlers().items()},
            **self.talks.handlers(),
            **dict.fromkeys(self._queues.events, self._in_queue),
            **dict.fromkeys(self.exchange.reps.events, self._seen),
        }

    # channels

    def _new(self, message: Message, at: int) -> None:
        known = self.exchange.lines.by_id.get(message.get("uniqueid"))
        if known is not None and known.full_name != message.get("channel"):
            # Another channel under the same id: the end of the first was not heard.
            self.hang_up(known.unique, at, "")
        self.exchange.line(message, at, born=True)

    def _seen(self, message: Message, at: int) -> None:
        self.exchange.line(message, at)

    def _state(self, message: Message, at: int) -> None:
        line = self.exchange.line(message, at)
        if line is not None and line.name.half:
            # The end of a Local channel that executes the dial plan may begin to speak by being up.
            self.talks.meet(self.exchange.lines.connected(line.unique), at)

    def _rename(self, message: Message, at: int) -> None:
        line = self.exchange.line(message, at)
        if line is not None and message.get("newname"):
            self.exchange.lines.rename(line, message.get("newname"), names.channel(message.get("newname")))

    def _originated(self, message: Message, _at: int) -> None:
        line = self.exchange.lines.by_id.get(message.get("uniqueid"))
        if line is not None:
            line.context = message.get("context") or line.context
            if (group := self.exchange.groups.get(line.group)) is not None:
                self.exchange.look_at(group)
        elif message.get("response").casefold() == "failure":
            self.exchange.unused["OriginateResponse (failed)"] += 1

    def _device(self, message: Message, at: int) -> None:
        events = self.exchange.reps.take_device(message, at)
        if events is None:
            self.exchange.unused["DeviceStateChange"] += 1
        else:
            self.exchange.out += events

    # ends

    def _hangup(self, message: Message, at: int) -> None:
        line = self.exchange.line(message, at)
        if line is None:
            self.exchange.unused["channels under way when it began"] += 1
        else:
            self.hang_up(line.unique, at, message.get("cause"))

    def _hangs_up(self, message: Message, at: int) -> None:
        self._queues.hears_requests = True
        line = self.exchange.line(message, at)
        if line is not None:
            line.hangs_up = True

    def hang_up(self, unique: str, at: int, cause: str) -> None:
        """Take a channel away, with what that ends."""
        exchange = self.exchange
        line = exchange.lines.by_id.get(unique)
        if line is None:
            return
        affected = exchange.lines.connected(unique)
        exchange.lines.remove(unique)
        exchange.born.discard(unique)
        call = exchange.leg_of.get(unique)
        if call is not None:
            call.cause = cause_of(cause) or call.cause
        self.talks.meet(affected, at)
        exchange.leg_of.pop(unique, None)
        if call is not None and not any(one in exchange.lines.by_id for one in call.legs):
            self._legs_ended(call, at)
        group = exchange.groups.get(line.group)
        if group is not None:
            group.lines.discard(unique)
            if not group.lines:
                del exchange.groups[group.id]
                exchange.finish(group, at)

    def _legs_ended(self, call: Call, at: int) -> None:
        call.meets([], at)
        call.ended_ms = at
        self.exchange.out += self._queues.left(call, at)
        group = self.exchange.groups.get(call.group)
        if group is not None and group.first is not None and group.first.unique in call.legs:
            self.exchange.out += self._queues.never_rang(call, group.first, at)
        # One that nobody answered may be dialled again on another line, as long as its call goes on.
        if group is not None and group.call is call and (call.kind == "inbound" or call.answered_ms is not None):
            self.exchange.finish(group, at)

    def _with_ring_groups(self, take: Callable[[Message, int], None]) -> Callable[[Message, int], None]:
        """Return what takes a message of dials, and tells what it says of what stands for a queue by a setting."""

        def both(message: Message, at: int) -> None:
            take(message, at)
            line, call = self.exchange.known(message), self.exchange.call_of(message)
            if line is None or call is None:
                return
            if message.event == "dialend" or message.get("subevent").casefold() == "end":
                self._queues.rang(call, line, at)
            else:
                self.exchange.out += self._queues.rings(call, line, at)

        return both

    # what else is sent

    def _user(self, message: Message, at: int) -> None:
        line = self.exchange.line(message, at)
        fields = {name: value for name, value in message.headers.items() if value}
        if _DETECTS in message.get("userevent").casefold():
            # An event called after the detection may call its answer as it likes.
            found = next((value for value in fields.values() if value.upper() in _AMD), "")
            fields.setdefault(_AMDSTATUS, found)
        for name, value in fields.items():
            self._variable(message, name, value)
        if line is None or _AMDSTATUS not in fields:
            self.exchange.unused["UserEvent"] += 1

    def _varset(self, message: Message, at: int) -> None:
        del at
        self._variable(message, message.get("variable"), message.get("value"))

    def _variable(self, message: Message, name: str, value: str) -> None:
        """Take a variable of a channel, or a field of a UserEvent, where it is one that is looked for."""
        name = name.casefold()
        wanted = (self.exchange.directions.campaign_variable or "").casefold()
        lead = (self._lead_variable or "").casefold()
        if not value or name not in {_AMDSTATUS, wanted, lead} - {""}:
            return
        call = self.exchange.call_of(message)
        if call is None:
            return
        if name == _AMDSTATUS:
            call.amd = _AMD.get(value.upper(), call.amd)
        if name == wanted:
            call.campaign = self.exchange.directions.campaign(
                variables={self.exchange.directions.campaign_variable or "": value}
            )
        if name == lead:
            call.lead = value

    def _in_queue(self, message: Message, at: int) -> None:
        line = self.exchange.line(message, at)
        dialled = self.exchange.line(message, at, "dest")
        call = self.exchange.call_of(message)
        if message.event == "agentcalled" and dialled is not None and message.get("interface"):
            dialled.stands_for = names.interface(message.get("interface"))
        if call is None or line is None:
            return
        if call.kind == "internal" and message.event in _JOINS:
            self._caller(call, line, message.get("queue"))
        # A dialler's queue is a part of its call; one that a call is handed on to serves it as it serves who calls.
        handed_on = call.kind == "outbound" and call.talked
        if call.kind == "inbound" or (handed_on and self._serves(message.get("queue"))):
            self.exchange.out += self._queues.take(call, line, message, at)

    def _caller(self, call: Call, line: Line, queue: str) -> None:
        """Take a call that joins a queue for what it is by that: whoever waits there has called, or was called."""
        if self._serves(queue):
            self.exchange.came_in(call, line)
        elif self.exchange.side(line) != "inside":
            call.kind, call.number = "outbound", line.reached or line.number
            call.line_placed = line.dialled and not line.name.is_local and self.exchange.groups[line.group].originated
            self.exchange.add_leg(call, line)
            call.answered_ms = None

    def _serves(self, queue: str) -> bool:
        """Return whether a queue is one of those who call."""
        return self.exchange.directions.way_of_queue(queue) == "inbound"
