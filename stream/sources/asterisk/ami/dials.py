"""Who is dialled by whom, and whether that makes a call to someone outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.dial_plan.apps import same_number
from stream.sources.dial_plan.names import Name
from stream.sources.dial_plan.numbers import LOCAL, plain, without_line_prefix
from stream.sources.dial_plan.ways import Dialled, Party

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.sources.asterisk.ami.calls import Call
    from stream.sources.asterisk.ami.exchange import Exchange, Group
    from stream.sources.asterisk.ami.lines import Line
    from stream.sources.asterisk.ami.messages import Message
    from stream.sources.dial_plan.directions import Side

_ANSWER: Final = "ANSWER"
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
        dial = self._dial(dialler, dialled, dial_string)
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
            self._sent_on(call, dial)
            return
        call = group.call or self._x.begin_next(group, at)
        call.rang = call.rang or dialled.full_name
        side = self._side(dialler, dialled)
        call.open |= side is None
        if side == "outside" and call.kind == "internal" and dialler is not None and dialler is group.first:
            self._forwarded(call, dialler, dial)
        if side == "outside" and (dialler is None or dialler.unique not in call.legs or call.kind == "inbound"):
            self._outside(group, call, dialler, dialled, at)
        elif call.kind == "internal" and dialler is not None and group.first is not None:
            self._perhaps_came_in(call, group.first, dial)

    def _sent_on(self, call: Call, dial: Dialled) -> None:
        """Take off a number what only asks for a line, as what is sent on over one shows it."""
        if (sent := self._x.ways.number(dial)) is not None:
            call.number = without_line_prefix(call.number, sent)
            for root, number in call.roots.items():
                call.roots[root] = without_line_prefix(number, sent)

    def _side(self, dialler: Line | None, dialled: Line) -> Side | None:
        """Return on which side whoever is dialled is; what is dialled in an outbound context is outside."""
        verdict = self._x.ways.side(self._x.party(dialled)._replace(number=dialled.reached))
        self._x.weighed(dialled.group if dialler is None else dialler.group, "who is dialled", verdict)
        if dialler is None or self._x.directions.way_of_context(dialler.context) != "outbound":
            return verdict.says
        # A softphone there, rung by its name alone, may be anybody's.
        known = any(one.kind != "trunk" and one.says == "inside" for one in verdict.evidence)
        return "inside" if known and verdict.says == "inside" else "outside"

    def _forwarded(self, call: Call, first: Line, dial: Dialled) -> None:
        """See whether who is put through to a number outside has called in, or is a telephone that dials it."""
        if not first.came or first.proven is not None:
            return
        verdict = self._x.ways.way(dial)
        self._x.weighed(first.group, "the call", verdict)
        if verdict.says == "inbound":
            self._x.came_in(call, first)
        else:
            first.proven = "inside"
            self._x.ways.peers.shows(first.number)

    def _perhaps_came_in(self, call: Call, first: Line, dial: Dialled) -> None:
        """
        See whether who calls a telephone of the floor has called in.

        That is by all that speaks for it; whom nothing puts on a side; and someone outside who stands at a Local
        channel that was made for them.
        """
        made_for = first.name.is_local and self._x.side(first) == "outside"
        if first.came and first.proven is None and not self._x.groups[first.group].originated:
            verdict = self._x.ways.way(dial._replace(caller=self._x.party(first)))
            self._x.weighed(first.group, "the call", verdict)
            way = verdict.says
            if way == "inbound" or (way is None and self._x.side(first) is None):
                self._x.came_in(call, first)
        elif made_for and self._x.directions.side_of_number(first.reached) is None:
            self._x.came_in(call, first)

    def _dial(self, dialler: Line | None, dialled: Line, dial_string: str) -> Dialled:
        """Return a dial as it is weighed; what it shows of the peer that it rings is known from then on."""
        tech = dialled.name.tech
        data = dial_string if dial_string.startswith(f"{tech}/") else f"{tech}/{dial_string}" if dial_string else ""
        self._x.ways.peers.dials(data)
        if dialler is not None and dialler.came:
            self._x.ways.peers.called(dialler.full_name, dialler.number, dialler.extension)
        dial = Dialled(
            Party("") if dialler is None else self._x.party(dialler),
            context="" if dialler is None else dialler.context,
            extension="" if dialler is None else dialler.extension,
            data=data,
            called=Party(dialled.full_name),
            placed=dialler is None,
        )
        dialled.reached = self._reached(dial, dialled)
        return dial._replace(called=self._x.party(dialled)._replace(number=dialled.reached))

    def _reached(self, dial: Dialled, dialled: Line) -> str:
        """
        Return the number that was dialled: the first that has the form of one outside.

        What the channel that was dialled shows for its number may be anything, but where it is what was dialled it
        is the number without what the line wants before it.
        """
        if dialled.name.is_local:
            return plain(dialled.name.peer) or dialled.name.peer
        number = self._x.ways.number(dial) or ""
        own = self._x.directions.number(dialled.number) or ""
        if own and not dial.placed and (not number or same_number(own, number)):
            return without_line_prefix(own, number)
        return number or plain(dial.extension) or plain(dialled.number)

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
            for unique in call.legs:
                if (rep := self._x.lines.by_id.get(unique)) is not None:
                    rep.stands_for = Name(LOCAL, call.number)
            self._x.drop_legs(call)
            call.kind, call.line_placed = "internal", False
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
        call.ended_ms = None
        call.roots[dialled.unique] = dialled.reached
        call.line_placed |= dialler is None and not dialled.name.is_local
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

    def _around(self, call: Call) -> set[str]:
        around: set[str] = set()
        for unique in call.legs:
            around |= self._x.lines.connected(unique)
        return around

    @staticmethod
    def _same(call: Call, dialled: Line) -> bool:
        """Return whether it is the same number on another line, which may want other digits before it."""
        return same_number(call.number, dialled.reached)

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
