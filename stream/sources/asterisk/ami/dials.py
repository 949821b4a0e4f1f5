"""Who is dialled by whom, and whether that makes a call to someone outside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stream.sources.dial_plan.names import Name

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.sources.asterisk.ami.calls import Call
    from stream.sources.asterisk.ami.exchange import Exchange, Group
    from stream.sources.asterisk.ami.lines import Line
    from stream.sources.asterisk.ami.messages import Message

_DIGITS: Final = re.compile(r"\+?[0-9]+")
_PARTS: Final = re.compile(r"[/@!&,;:?]")
_ANSWER: Final = "ANSWER"
_TELLING: Final = 8  # digits at the end of a number, which no prefix of a line changes
_EXECUTES: Final = 2  # the half of a Local channel that goes through the dial plan


class Dials:
    """Takes the messages of dials."""

    def __init__(self, exchange: Exchange) -> None:
        self._x = exchange

    def handlers(self) -> dict[str, Callable[[Message, int], None]]:
        """Return what takes which message."""
        return {"dialbegin": self._dial_begin, "dialend": self._dial_end, "dial": self._old_dial}

    def _dial_begin(self, message: Message, at: int) -> None:
        dialled = self._x.line(message, at, "dest")
        # A dialler whose birth was not heard is born now, for its dial says who it is.
        dialler = self._x.line(message, at, born=dialled is not None)
        if dialled is not None:
            self.dials(dialler, dialled, message.get("dialstring"), at)

    def _old_dial(self, message: Message, at: int) -> None:
        dialler = self._x.line(message, at)
        if message.get("subevent").casefold() == "end":
            if dialler is not None and (group := self._x.groups.get(dialler.group)) and group.call:
                self._dial_ended(group.call, None, message.get("dialstatus"), at)
            return
        dialled = self._x.lines.by_id.get(message.get("destuniqueid"))
        if dialled is None:
            return
        if (
            dialler is not None
            and dialled.group != dialler.group
            and self._x.groups[dialled.group].lines == {dialled.unique}
        ):
            self._move(dialled, dialler.group)
        self.dials(dialler, dialled, message.get("dialstring"), at)

    def _move(self, line: Line, to: str) -> None:
        del self._x.groups[line.group]
        line.group = to
        self._x.groups[to].lines.add(line.unique)

    def dials(self, dialler: Line | None, dialled: Line, dial_string: str, at: int) -> None:
        """Take a dial; one without a dialler is the beginning of a call that someone had made."""
        dialled.dialled, dialled.came = True, False
        dialled.reached = self._reached(dialler, dialled, dial_string)
        group = self._x.groups.get(dialler.group if dialler is not None else dialled.group)
        if group is None:
            return
        if dialler is None:
            group.originated = True
        else:
            dialler.leads_on = True
        if (
            dialler is not None
            and dialler.name.half == _EXECUTES
            and (call := self._x.leg_of.get(dialler.unique)) is not None
        ):
            # What a leg leads through on its way out: a Local channel, then the line.
            self._x.add_leg(call, dialled)
            return
        call = group.call or self._x.begin_next(group, at)
        side = self._x.directions.side(dialled.full_name, number=dialled.reached, account=dialled.account)
        if side is None and dialler is not None and self._x.directions.way_of_context(dialler.context) == "outbound":
            side = "outside"
        if side == "outside" and (dialler is None or dialler.unique not in call.legs):
            self._outside(group, call, dialler, dialled, at)
        elif call.kind == "internal" and dialler is not None and group.first is not None:
            self._perhaps_came_in(call, group.first)

    def _perhaps_came_in(self, call: Call, first: Line) -> None:
        """
        See whether who calls a telephone of the floor has called in.

        That is whom nothing puts on a side; and someone outside who stands at a Local channel that was made for them.
        """
        side = self._x.side(first)
        dialled = self._x.directions.side_of_number(first.reached)
        made_for = first.name.is_local and side == "outside" and dialled is None
        if made_for or (first.came and side is None):
            self._x.came_in(call, first)

    def _reached(self, dialler: Line | None, dialled: Line, dial_string: str) -> str:
        """Return the number that was dialled: of its sources, the first that has the form of one outside."""
        own = {dialled.name.peer, dialled.account}
        numbers = [] if dialler is None else [dialler.extension, dialled.number]
        # An originated channel has for its number whatever its caller set: there, only what is dialled counts.
        numbers += [part for part in _PARTS.split(dial_string) if _DIGITS.fullmatch(part)]
        numbers = [number for number in numbers if number and number not in own]
        if dialled.name.is_local:
            numbers.insert(0, dialled.name.peer)
        outside = (number for number in numbers if self._x.directions.side_of_number(number) == "outside")
        return next(outside, numbers[0] if numbers else "")

    def _outside(self, group: Group, call: Call, dialler: Line | None, dialled: Line, at: int) -> None:
        """Someone outside is dialled: a call begins, goes on on another line, or is the rep's own line after all."""
        if call.kind == "inbound":
            # The caller is sent on; who it is with stays who called.
            dialled.stands_for = self._stands_for(call, dialler, dialled)
            return
        alive = any(unique in self._x.lines.by_id for unique in call.legs)
        if call.kind == "outbound" and not alive and (call.answered_ms is not None or not self._same(call, dialled)):
            self._x.finish(group, at)
            call = self._x.begin_next(group, at)
        elif call.kind == "outbound" and alive and dialler is not None and dialler.unique in self._around(call):
            if not group.originated:
                return  # a third party is added to a conversation
            # The one dialled first turns out to be who the call is made for: a rep at a mobile telephone.
            for unique in call.roots:
                if (rep := self._x.lines.by_id.get(unique)) is not None:
                    self._takes_for(rep)
            self._x.drop_legs(call)
            call.kind = "internal"
        elif call.kind == "outbound" and alive and call.answered_ms is not None:
            return  # someone else is asked, while the one it is with waits
        if call.kind == "internal":
            call.kind, call.placed_ms, call.ended_ms = "outbound", at, None
            call.begin_anew()
            call.number = dialled.reached
            call.campaign = call.campaign or self._campaign(group, dialler, dialled)
            call.rep = self._rep_of(group, dialler)
            self._x.out.append(
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
                self._x.out += self._x.reps.becomes(call.rep, "ringing", at, call)
        call.ended_ms = None
        call.roots[dialled.unique] = dialled.reached
        self._x.add_leg(call, dialled)

    def _stands_for(self, call: Call, dialler: Line | None, dialled: Line) -> Name | None:
        """
        Return the rep whom a line outside is dialled for, in a call that came in; None if it is someone else's.

        That is the member of a queue, or the extension, that it was forwarded from. Where nothing says so, whom a
        caller reaches before anyone of the floor stands for the floor; whom they are sent on to afterwards does not.
        """
        half = None if dialler is None else self._x.lines.other_half(dialler)
        if half is not None and half.stands_for is not None:
            return half.stands_for
        if half is not None and self._x.directions.side_of_number(half.name.peer) == "inside":
            return half.name
        return None if call.talked else Name("", dialled.reached)

    def _takes_for(self, line: Line) -> None:
        """Take a channel that was dialled, and all that it leads through, for a rep's."""
        for unique in self._x.lines.connected(line.unique):
            self._x.lines.by_id[unique].stands_for = line.name

    def _around(self, call: Call) -> set[str]:
        around: set[str] = set()
        for unique in call.legs:
            around |= self._x.lines.connected(unique)
        return around

    @staticmethod
    def _same(call: Call, dialled: Line) -> bool:
        """Return whether it is the same number on another line, which may want other digits before it."""
        return call.number[-_TELLING:] == dialled.reached[-_TELLING:]

    def _campaign(self, group: Group, dialler: Line | None, dialled: Line) -> str | None:
        lines = [line for line in (dialler, group.first, dialled) if line is not None]
        account = next((line.account for line in lines if line.account and line.account != line.name.peer), "")
        context = next((line.context for line in lines if line.context), "")
        return self._x.directions.campaign(account=account, context=context)

    def _rep_of(self, group: Group, dialler: Line | None) -> str | None:
        """Return the rep that a call is made for: whoever is on the line that dials, else whoever began."""
        if dialler is None:
            return None
        parties = [*self._x.lines.parties(self._x.lines.connected(dialler.unique))]
        lines = [*parties, dialler, *([group.first] if group.first is not None else [])]
        inside = next((line for line in lines if self._x.side(line) == "inside"), None)
        # Of a telephone whose name has no known form, at least that it is one.
        telephone = inside or next(
            (line for line in lines if (line in parties or not line.name.is_local) and self._x.side(line) is None), None
        )
        return None if telephone is None else self._x.directions.rep(telephone.name)

    def _dial_end(self, message: Message, at: int) -> None:
        self._x.line(message, at)
        dialled = self._x.line(message, at, "dest")
        if dialled is not None and (call := self._x.leg_of.get(dialled.unique)) is not None:
            self._dial_ended(call, dialled, message.get("dialstatus"), at)

    def _dial_ended(self, call: Call, dialled: Line | None, status: str, at: int) -> None:
        if dialled is not None and dialled.unique not in call.roots:
            # What a Local channel leads through says how it ends where that itself is not told.
            if not call.dial_status and status.upper() != _ANSWER:
                call.dial_status = status.upper()
            return
        call.dial_status = status.upper() or call.dial_status
        if call.dial_status == _ANSWER and call.kind == "outbound" and call.answered_ms is None:
            call.answered_ms = at
            if dialled is not None:
                call.number = call.roots[dialled.unique] or call.number
            self._x.answered(call, at)
