"""Which way a call went, and on which side a party is: gathers what a source knows of it, and has it weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from stream.sources.dial_plan import names
from stream.sources.dial_plan.apps import same_number
from stream.sources.dial_plan.directions import is_line, is_port
from stream.sources.dial_plan.numbers import LOCAL, dial_strings, plain, without_line_prefix
from stream.sources.dial_plan.peers import Peers
from stream.sources.dial_plan.weighed import HIDDEN, Weighed
from stream.sources.dial_plan.weighing import Evidence, Verdict, weaker, weigh

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from stream.sources.dial_plan.directions import Directions, Side
    from stream.sources.dial_plan.weighing import Kind

Direction = Literal["outbound", "inbound", "internal"]


class Party(NamedTuple):
    """
    One end of a call, by its `channel`; `number` is its caller id, or what was dialled to reach it.

    `born_in` is the context that it called from: empty for one that was called, whose context says nothing.
    """

    channel: str
    number: str = ""
    account: str = ""
    born_in: str = ""


class Dialled(NamedTuple):
    """
    That `caller` rang somebody, or stood in a queue; what a source does not know is empty.

    `context` is where it was dialled, `extension` what, `data` the dial strings, `called` the channel that was rung,
    `queue` the queue, `direct` the direct number (DID) that the call came in by. `placed` if the telephone system
    itself began the call: a dialler, or click-to-call.
    """

    caller: Party
    context: str = ""
    extension: str = ""
    data: str = ""
    called: Party = Party("")
    queue: str = ""
    direct: str = ""
    placed: bool = False


class Ways:
    """Weighs by what the floor has configured (`directions`), and what `peers` have been shown to be so far."""

    def __init__(self, directions: Directions, peers: Peers | None = None) -> None:
        self.directions = directions
        self.peers = Peers(directions) if peers is None else peers
        self._weighed = Weighed[Direction](directions, self.peers)

    def side(self, party: Party) -> Verdict[Side]:
        """Return on which side a party is."""
        kind = self._weighed.party(*party)
        verdict = self._weighed.sides.get(kind)
        if verdict is None:
            verdict = self._weighed.sides[kind] = weigh(self._of_party(party))
        return verdict

    def way(self, dialled: Dialled) -> Verdict[Direction]:
        """
        Return which way a call went by one of its dials, or its stay in a queue.

        "internal" is between telephones of the floor; None is open: no evidence, or evidence that contradicts itself.
        """
        if dialled.placed:  # two numbers are compared then, which are more than their kinds
            return self._way(dialled)
        kind = self._kind(dialled)
        verdict = self._weighed.ways.get(kind)
        if verdict is None:
            verdict = self._weighed.ways[kind] = self._way(dialled)
        return verdict

    def _kind(self, dialled: Dialled) -> Hashable:
        """Return all that is weighed of a dial, or of a stay in a queue."""
        number = self._weighed.number
        return (
            self._weighed.party(*dialled.caller),
            self._weighed.party(*dialled.called),
            dialled.context,
            number(dialled.extension),
            tuple(number(one.number) for one in dial_strings(dialled.data)),
            dialled.queue,
            bool(dialled.direct),
        )

    def _way(self, dialled: Dialled) -> Verdict[Direction]:
        return weigh(self._of_queue(dialled) if dialled.queue else self._of_dial(dialled))

    def number(self, dialled: Dialled) -> str | None:
        """
        Return the number of the outside that was dialled, without the codes before it; None where none can be read.

        The peer of a dial string is never it: a line may be called by a number of its own.
        """
        local = names.channel(dialled.called.channel)
        sent = [one.number for one in dial_strings(dialled.data)]
        number = self.directions.number(dialled.extension, *sent, local.peer if local.is_local else "")
        return None if number is None else without_line_prefix(number, *filter(self._is_outside, sent))

    def _is_outside(self, number: str) -> bool:
        return self.directions.side_of_number(number) == "outside"

    # a party

    def _of_party(self, party: Party) -> Iterator[Evidence[Side]]:
        channel, directions = party.channel, self.directions
        name = names.channel(channel)
        configured = directions.configured_side(channel) if channel else None
        if configured is not None:
            what = "trunks" if configured == "outside" else "telephones"
            yield Evidence("settings", configured, f"the settings name its peer among the {what}")
        elif channel and not name.is_local and directions.is_rep(channel):
            yield Evidence("settings", "inside", "the settings name a rep at its peer")
        elif directions.is_own_number(party.number):
            yield Evidence("settings", "inside", "the settings name its number as one that the floor shows")
        if name.is_local and not name.is_called_half and (side := directions.side_of_number(name.peer)) is not None:
            yield Evidence("dialling", side, f"its Local channel leads to {_length(name.peer)}")
        yield from self._of_line(party)
        if party.born_in:
            yield from self._of_birth(party.born_in)
        yield from self._of_names(party)

    def _of_line(self, party: Party) -> Iterator[Evidence[Side]]:
        shown = self.peers.of(party.channel)
        if is_line(party.channel):
            yield Evidence("trunk", "outside", "it is of an ISDN span, or a group of lines")
        elif shown == "line":
            yield Evidence("trunk", "outside", "numbers were dialled over its peer: a line")
        elif shown == "telephone":
            yield Evidence("trunk", "inside", "its peer is rung by its name alone: a telephone")
        if shown is None and self.peers.is_own(party.number):
            yield Evidence("trunk", "inside", "telephones of the floor show its number when they dial out")

    def _of_birth(self, context: str) -> Iterator[Evidence[Side]]:
        if self.directions.is_internal_context(context):
            yield Evidence("birth", "inside", f"it called from {context}, a context of telephones")
        elif self.directions.way_of_context(context) == "inbound":
            yield Evidence("birth", "outside", f"it came in by {context}, a context of calls from outside")

    def _of_names(self, party: Party) -> Iterator[Evidence[Side]]:
        """Yield the best that names and caller ids say: one thing, as they are worth the least."""
        name = names.channel(party.channel)
        if not name.is_local and name.peer:
            if name.peer == party.account:
                yield Evidence("name", "inside", "its peer is called by its account code")
                return
            if (
                name.peer.isdecimal()
                and not is_port(name)
                and (side := self.directions.side_of_number(name.peer)) is not None
            ):
                yield Evidence("name", side, f"its peer is called by {_length(name.peer)}")
                return
        if (side := self.directions.side_of_number(party.number)) is not None:
            yield Evidence("name", side, f"its caller id is {_length(party.number)}")
        elif party.number.casefold() in HIDDEN:
            yield Evidence("name", "outside", "its caller id is withheld, and telephones of the floor show theirs")

    # a call

    def _of_queue(self, dialled: Dialled) -> Iterator[Evidence[Direction]]:
        directions = self.directions
        caller = names.channel(dialled.caller.channel)
        if directions.is_outbound_queue(dialled.queue):
            yield Evidence("settings", "outbound", f"the settings name {dialled.queue} as a dialler's queue")
        yield from self._of_context(dialled)
        if dialled.placed and not caller.is_local:
            yield Evidence("dialling", "outbound", "the telephone system placed the call before it stood in the queue")
        elif caller.is_local and caller.half == 1 and directions.side_of_number(caller.peer) == "outside":
            yield Evidence("dialling", "outbound", "who stands in the queue was dialled by a Local channel")
        on_line = is_line(dialled.caller.channel) or self.peers.of(dialled.caller.channel) == "line"
        if on_line and self.is_own(dialled.caller.number):
            yield Evidence("trunk", "outbound", "who stands in the queue is on a line, under the floor's own number")
        if dialled.direct:
            yield Evidence("trunk", "inbound", "it came in by a direct number")
        if dialled.caller.born_in and directions.way_of_context(dialled.caller.born_in) == "inbound":
            yield Evidence("birth", "inbound", f"it came in by {dialled.caller.born_in}")
        yield Evidence("name", "inbound", "who stands in a queue that no setting names has called")

    def _of_dial(self, dialled: Dialled) -> Iterator[Evidence[Direction]]:
        caller = self.side(dialled.caller)
        called = weigh([*self._of_party(dialled.called), *self._of_extension(dialled)])
        if caller.kind == called.kind == "settings" and caller.says == "inside":
            yield self._between(caller, called, "settings", "the settings name both ends")
        yield from self._of_context(dialled)
        if dialled.direct:
            yield Evidence("trunk", "inbound", "it came in by a direct number")
        over = self._over_line(dialled)
        long = over or (called.says != "inside" and self._goes_outside(dialled))
        if long and (caller.says == "inside" or (dialled.placed and not self._is_forwarded(dialled))):
            who = "the telephone system itself" if dialled.placed else "a telephone of the floor"
            yield Evidence("dialling", "outbound", f"{who} dialled {_length(self.number(dialled) or '')}")
        elif long and over and caller.kind in {None, "name"} and not self._is_called_half(dialled):
            yield Evidence("dialling", "outbound", "a long number was dialled over a line, by who is not on a line")
        elif caller.says == "inside" and called.says is not None:
            kind = weaker(caller.kind or "name", called.kind or "name")
            yield self._between(caller, called, kind, called.spoke_for[0].because)
        if caller.says == "outside" and not dialled.placed and not self._is_called_half(dialled):
            kind = "trunk" if caller.kind in {"settings", "dialling"} else caller.kind or "name"
            yield Evidence(kind, "inbound", f"its caller is outside: {caller.spoke_for[0].because}")

    @staticmethod
    def _between(caller: Verdict[Side], called: Verdict[Side], kind: Kind, why: str) -> Evidence[Direction]:
        del caller
        says: Direction = "outbound" if called.says == "outside" else "internal"
        return Evidence(kind, says, f"a telephone of the floor rang {called.says}: {why}")

    def _of_context(self, dialled: Dialled) -> Iterator[Evidence[Direction]]:
        way = self.directions.way_of_context(dialled.context)
        if way is not None:
            yield Evidence("context", way, f"{dialled.context} is a context of {way} calls")
        called = names.channel(dialled.called.channel)
        contexts = {dialled.context, *([called.context] if called.tech == LOCAL else [])}
        click = next((one for one in sorted(contexts) if one and self.directions.is_click_to_call(one)), None)
        if click is not None and way is None and not dialled.queue and self._goes_outside(dialled):
            yield Evidence("context", "outbound", f"{click} is a context of click-to-call")

    def _over_line(self, dialled: Dialled) -> bool:
        """Return whether a number was dialled over a line, or by a Local channel if it is what was asked for."""
        return any(
            self._is_outside(one.number) and (one.tech != LOCAL or same_number(one.number, plain(dialled.extension)))
            for one in dial_strings(dialled.data)
        )

    def _goes_outside(self, dialled: Dialled) -> bool:
        local = names.channel(dialled.called.channel)
        told = [dialled.extension, *(one.number for one in dial_strings(dialled.data))]
        if local.is_local:
            told.append(local.peer)
        return any(self.directions.side_of_number(one) == "outside" for one in told)

    def _of_extension(self, dialled: Dialled) -> Iterator[Evidence[Side]]:
        if self.directions.side_of_number(dialled.extension) == "inside":
            yield Evidence("dialling", "inside", f"{_length(dialled.extension)} was dialled, an extension")

    def _is_forwarded(self, dialled: Dialled) -> bool:
        """Return whether a Local channel to one number has led to another: the floor's own, sent on elsewhere."""
        to, number = names.channel(dialled.caller.channel), self.number(dialled._replace(extension=""))
        of_a_number = to.is_local and self.directions.side_of_number(to.peer) == "outside"
        return of_a_number and number is not None and not same_number(number, to.peer)

    def _is_called_half(self, dialled: Dialled) -> bool:
        return names.channel(dialled.caller.channel).is_called_half

    def is_own(self, number: str) -> bool:
        """Return whether a number is one that the floor shows outside."""
        return self.directions.is_own_number(number) or self.peers.is_own(number)


def _length(number: str) -> str:
    """Return how long a number is, which says nothing of whose it is."""
    digits = len(plain(number).lstrip("+"))
    return f"a number of {digits} digits" if digits else "a number"
