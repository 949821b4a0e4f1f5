"""What the channel events of one call come to: reads who took part and which way it went, and tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.sources.asterisk.cel_call import Call
from stream.sources.asterisk.cel_happened import Happened
from stream.sources.asterisk.cel_inbound import inbound
from stream.sources.asterisk.cel_outbound import outbound
from stream.sources.asterisk.cel_parties import Parties
from stream.sources.asterisk.cel_way import WayReader
from stream.sources.dial_plan.left_out import look_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.sources.asterisk.cel_rows import Row
    from stream.sources.dial_plan.ways import Ways
    from stream.sources.seen import Seen


class Calls:
    """
    Yields calls from their events, by what the floor has configured and what its dials have shown.

    `bridged` says whether any event of a bridge was seen, or all of them are left out of the log.
    """

    def __init__(self, ways: Ways, seen: Seen) -> None:
        self.bridged = False
        self._ways = ways
        self._seen = seen
        self._way = WayReader(ways)

    def events(self, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
        """Yield what `rows`, those of one call in the order of their times, come to."""
        call = self.call(rows)
        if call.way.says == "outbound":
            yield from outbound(call, self._seen)
        elif call.way.says == "inbound":
            yield from inbound(call)
        else:
            rings = call.happened.rings
            context = (rings[0].row if rings else rows[0]).context
            dialled = self._way.first(call.way.entry, call.happened, call.parties)
            sign = look_of(self._ways.directions, dialled)
            self._seen.undirected(context, inside=call.way.says == "internal", sign=sign)

    def explained(self, rows: Sequence[Row]) -> Iterator[str]:
        """Yield in words what spoke for which way the call of `rows` went: of each Dial and Queue that was weighed."""
        call = self.call(rows)
        for line, verdict in call.way.weighed:
            yield f"line {line}: {verdict.says or 'unknown'}"
            yield from (f"  {one}" for one in verdict.lines())
        if not call.way.weighed:
            yield f"line {call.way.entry.born.line}: {call.way.says or 'unknown'}, by who began the call"
            side = self._ways.side(call.parties.party(call.way.entry))
            yield from (f"  {one}" for one in side.lines())

    def call(self, rows: Sequence[Row]) -> Call:
        """Return the call that `rows` are of."""
        happened = Happened(rows, self.bridged)
        parties = Parties(happened, self._ways)
        return Call(happened, parties, self._way.read(happened, parties), self._ways)
