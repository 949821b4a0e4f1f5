"""Who is at the channels of one call: outside or a telephone of the floor, a rep or who stands in for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.sources.asterisk.cel_channels import is_party
from stream.sources.dial_plan import names
from stream.sources.dial_plan.numbers import LOCAL
from stream.sources.dial_plan.ways import Party

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from stream.sources.asterisk.bridges import Met
    from stream.sources.asterisk.cel_channels import Channel, Ring
    from stream.sources.asterisk.cel_happened import Happened
    from stream.sources.dial_plan.directions import Side
    from stream.sources.dial_plan.ways import Ways


class Parties:
    """The parties of one call, by what is known of the floor."""

    def __init__(self, call: Happened, ways: Ways) -> None:
        self._call = call
        self._ways = ways
        self._sides: dict[str, Side | None] = {}

    def party(self, channel: Channel) -> Party:
        """Return a channel as one end of a call, to be weighed."""
        # What was rung, or placed, shows the number of whom it is to speak to.
        its_own = channel.ring is None and (not channel.originated or channel.name_parts.is_local)
        number = channel.caller if its_own else ""
        return Party(channel.name, number, channel.account, channel.context)

    def side(self, channel: Channel) -> Side | None:
        """Return on which side a channel's party is, None where nothing tells."""
        if channel.name not in self._sides:
            near = self._call.other_half(channel) if channel.name_parts.is_called_half else None
            self._sides[channel.name] = self._ways.side(self.party(near or channel)).says
        return self._sides[channel.name]

    def is_of_the_floor(self, channel: Channel) -> None:
        """Take that a channel has dialled for the floor, whatever number it shows: its party is inside."""
        if not channel.name_parts.is_local:
            self._sides[channel.name] = "inside"

    def goes_outside(self, ring: Ring) -> bool:
        """Return whether a Dial rang somebody outside: by what it made, and what that rang in its turn."""
        if any(self._ways.directions.side_of_number(one.number) == "outside" for one in ring.targets):
            return True
        return any(self.side(one) == "outside" for one in self.reached(ring))

    def reached(self, ring: Ring) -> Iterator[Channel]:
        """Yield the channels that a Dial or Queue came to: of a Local channel what its other end rang, if it did."""
        for one in ring.made:
            far = self._call.other_half(one)
            rings = far.rings if far is not None and far is not one else ()
            further = [channel for other in rings for channel in self.reached(other)]
            if further:
                yield from further
            elif not rings:
                yield one

    def way_to(self, channel: Channel) -> tuple[list[Channel], Ring | None]:
        """Return by which Local channels one was reached, its own first, and the Dial or Queue that it began with."""
        over: list[Channel] = []
        ring = channel.ring
        while ring is not None and len(over) <= len(self._call.channels):
            runner = self._call.channels[ring.row.channel]
            near = self._call.other_half(runner) if runner.name_parts.is_called_half else None
            if near is None:
                break
            over.append(near)
            ring = near.ring
        return over, ring

    def reps(self, met: Met, who: Collection[str]) -> list[str]:
        """Return which of those that `who` heard are reps: telephones of the floor, and who stands in for one."""
        return [name for name in sorted(met.others) if self._is_rep(name, who)]

    def rep(self, name: str) -> str | None:
        """Return who the rep at a channel is; None at a mobile that the dial plan rang, and no setting names."""
        channel = self._call.channels.get(name)
        parts = names.channel(name)
        if channel is None:
            return self._ways.directions.rep(parts)
        over, ring = self.way_to(channel)
        if not parts.is_local and self.side(channel) == "outside":
            inner = next((one.name_parts for one in over if self._is_inside(one.name_parts.peer)), None)
            moved = self._moved_to(channel)
            if inner is None and moved:
                return self._ways.directions.rep(names.Name(LOCAL, moved))
            rep = self._ways.directions.rep(inner or (over[0].name_parts if over else parts))
            is_member = ring is not None and ring.is_queue
            return None if rep is not None and rep.startswith("+") and not is_member else rep
        also = [text for one in over for text in _written(one)]
        return self._ways.directions.rep(parts, *also)

    def _is_rep(self, name: str, who: Collection[str]) -> bool:
        channel = self._call.channels.get(name)
        if channel is None:
            # It is of another call, in whose conference this one was put: only a line to the outside is no rep.
            return is_party(names.channel(name)) and self._ways.side(Party(name)).says != "outside"
        return self.side(channel) != "outside" or self._stands_in(channel, who)

    def _stands_in(self, channel: Channel, who: Collection[str]) -> bool:
        """Return whether a line was rung for a rep: a telephone or a queue's member that is forwarded outside."""
        over, ring = self.way_to(channel)
        if any(self._is_inside(one.name_parts.peer) for one in over):
            return True
        if ring is None:
            return False
        if ring.is_queue:
            return True
        if ring.row.channel not in who:
            return False
        moved = self._moved(ring)
        return moved is None or self._is_inside(moved)

    def _moved(self, ring: Ring) -> str | None:
        """Return where a blind transfer sent the channel that ran a Dial, if one sent it there."""
        moves = [where for at, where in self._call.moved.get(ring.row.channel, ()) if at <= ring.row.at]
        return moves[-1] if moves else None

    def _moved_to(self, channel: Channel) -> str | None:
        _, ring = self.way_to(channel)
        return None if ring is None else self._moved(ring)

    def _is_inside(self, number: str) -> bool:
        return self._ways.directions.side_of_number(number) == "inside"


def _written(near: Channel) -> tuple[str, str]:
    """Return how the settings may call the rep whom a Local channel leads to."""
    name = near.name_parts
    return f"{name.tech}/{name.peer}@{name.context}", name.peer
