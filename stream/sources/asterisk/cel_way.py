"""Which way a call went by its channel events: who began it, whether the PBX placed it, and what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stream.sources.dial_plan import apps
from stream.sources.dial_plan.ways import Dialled, Party

if TYPE_CHECKING:
    from stream.sources.asterisk.cel_channels import Channel, Ring
    from stream.sources.asterisk.cel_happened import Happened
    from stream.sources.asterisk.cel_parties import Parties
    from stream.sources.dial_plan.ways import Direction, Ways
    from stream.sources.dial_plan.weighing import Verdict


@dataclass(slots=True)
class CallWay:
    """
    Which way a call went; None if nothing says so.

    `entry` is its first channel. An outbound call was dialled by `rings`, unless the PBX rang the line itself: then
    `who` are the channels outside. `telephone` is the one of the rep who dialled, or was rung first (click-to-call);
    without one it is a dialler's. `weighed` are the Dials and Queues that were weighed, by line: the last decided.
    """

    says: Direction | None
    entry: Channel
    rings: list[Ring] = field(default_factory=list)
    who: set[str] = field(default_factory=set)
    telephone: Channel | None = None
    weighed: list[tuple[int, Verdict[Direction]]] = field(default_factory=list)


class WayReader:
    """Reads the way of calls, one after the other."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways

    def read(self, call: Happened, parties: Parties) -> CallWay:
        """Return which way `call` went."""
        entry = call.entry
        far = call.other_half(entry) if entry.name_parts.half == 1 else None
        rung_first = [ring for ring in far.rings if not ring.is_queue] if far is not None else []
        outside = [ring for ring in rung_first if parties.goes_outside(ring)]
        if outside:
            verdict = self._ways.way(self.dialled(outside[0], call, parties, placed=True))
            return CallWay("outbound", entry, outside, weighed=[(outside[0].row.line, verdict)])
        telephone = _telephone(rung_first, parties)
        placed = telephone is not None or (entry.originated and not entry.name_parts.is_local)
        weighed: list[tuple[int, Verdict[Direction]]] = []
        for ring in entry.rings:
            verdict = self._ways.way(self.dialled(ring, call, parties, placed=placed))
            weighed.append((ring.row.line, verdict))
            if verdict.says == "outbound" and ring.is_queue:
                return CallWay("outbound", entry, who={entry.name}, weighed=weighed)
            if verdict.says == "outbound":
                rings = self._outbound(call, parties, placed)
                parties.is_of_the_floor(telephone or entry)
                return CallWay("outbound", entry, rings, set(), telephone or entry, weighed)
            if verdict.says == "inbound":
                return CallWay("inbound", entry, who={entry.name}, weighed=weighed)
        if weighed:
            return CallWay(weighed[0][1].says, entry, weighed=weighed)
        return self._by_entry(entry, parties, telephone)

    def dialled(self, ring: Ring, call: Happened, parties: Parties, *, placed: bool = False) -> Dialled:
        """Return a Dial or Queue as it is weighed."""
        row = ring.row
        caller = parties.party(call.channels[row.channel])
        if ring.is_queue:
            queue = apps.queue_and_patience(row.data)[0]
            # The house calls its own queues from the context that it dials prospects in.
            house = not placed and parties.side(call.channels[row.channel]) == "inside"
            return Dialled(caller, "" if house else row.context, row.exten, queue=queue, placed=placed)
        called = next((parties.party(one) for one in ring.made), Party(""))
        return Dialled(caller, row.context, row.exten, row.data, called, placed=placed)

    def first(self, entry: Channel, call: Happened, parties: Parties) -> Dialled:
        """Return the first Dial or Queue by who began a call; without one, that they called."""
        if entry.rings:
            return self.dialled(entry.rings[0], call, parties)
        return Dialled(parties.party(entry), entry.born.context, entry.born.exten)

    def _outbound(self, call: Happened, parties: Parties, placed: bool) -> list[Ring]:
        """Return the Dials by which who began a call dialled outside."""
        return [
            ring
            for ring in call.entry.rings
            if not ring.is_queue and self._ways.way(self.dialled(ring, call, parties, placed=placed)).says == "outbound"
        ]

    @staticmethod
    def _by_entry(entry: Channel, parties: Parties, telephone: Channel | None) -> CallWay:
        """Return the way of a call in which nobody was rung by who began it: by whose channel that is."""
        if telephone is not None:
            return CallWay("internal", entry)
        if entry.name_parts.is_local or parties.side(entry) is None:
            return CallWay(None, entry)
        if parties.side(entry) == "inside":
            return CallWay("internal", entry)
        return CallWay("outbound" if entry.originated else "inbound", entry, who={entry.name})


def _telephone(rings: list[Ring], parties: Parties) -> Channel | None:
    """Return the telephone that the PBX rang before the number: the one that answered, of several."""
    reached = [channel for ring in rings for channel in parties.reached(ring)]
    return next((one for one in reached if one.answered is not None), reached[0] if reached else None)
