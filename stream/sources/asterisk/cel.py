"""Asterisk's channel event logging as CSV (cel_custom): the events of one call are joined into one."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from stream.events.refusal import Reason, Refused
from stream.sources.asterisk.cel_calls import Calls
from stream.sources.asterisk.cel_rows import LAYOUT, Reader
from stream.sources.asterisk.plan import directions_of
from stream.sources.asterisk.settings import AsteriskSettings
from stream.sources.date_order import DateOrder
from stream.sources.dial_plan.ways import Ways
from stream.sources.reading import Read, Unreadable, guarded, parsed
from stream.sources.rows import one_fits
from stream.sources.seen import Seen
from stream.sources.wall_clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.settings.model import Settings
    from stream.sources.asterisk.cel_rows import Row
    from stream.sources.explaining import Asked
    from stream.sources.signs import Signs

# A call that says nothing for so long has lost its end.
_LOST_AFTER_MS: Final = 12 * 3_600_000
_MACHINES: Final = "docs/sources/asterisk-logs.md says how to write AMDSTATUS into a CEL event"
_REMEMBERED: Final = 200_000
_BRIDGED: Final = frozenset({"BRIDGE_ENTER", "BRIDGE_START", "CONF_ENTER", "CONF_START"})


def looks(head: bytes) -> bool:
    """Return whether the first whole line that can be read is an event of a channel, or names the columns of some."""
    return one_fits(head, LAYOUT.knows)


@dataclass(slots=True)
class _Open:
    """The events of a call so far, and its channels that have not ended."""

    rows: list[Row] = field(default_factory=list)
    channels: set[str] = field(default_factory=set)
    last: int = 0
    began: bool = False
    looked_at: int = 0  # how many rows it had at the last look
    told: int = 0


class AsteriskCel:
    """
    Reads one file of events; a call is sent at its LINKEDID_END, or in the end if all its channels have ended.

    Of a call whose beginning is not in the file nothing is sent but that it was cut off.
    """

    def __init__(self, settings: Settings) -> None:
        own = settings.group(AsteriskSettings)
        self._clock = WallClock(
            own.asterisk_cdr_zone, settings.zone, "asterisk_cdr_timezone", DateOrder(settings.date_order)
        )
        self._columns = own.asterisk_cel_columns
        self._seen = Seen()
        self._ways = Ways(directions_of(settings))
        self._calls = Calls(self._ways, self._seen)
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._ended_ms: OrderedDict[str, int] = OrderedDict()
        self._dials = 0
        self.unused: Counter[str] = self._seen.unused
        self.left_open = 0
        self.remarks: list[str] = []
        self.asked: Asked | None = None

    @property
    def signs(self) -> Signs:
        """What the calls that are left out look like."""
        return self._seen.signs

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the calls, each at its end; a row that cannot be one is refused at its place."""
        self._clock.order.look(file)
        reader = Reader(self._clock, self._columns)

        def parse(number: int, data: bytes) -> tuple[Row, _Open | None] | None:
            row = reader.row(number, data)
            return None if row is None else (row, self._take(row))

        for item in parsed(file, parse, reader.nameless):
            if isinstance(item, Unreadable):
                yield item
                continue
            number, (row, ended) = item
            if ended is not None:
                yield from self._whole(ended, number)
            yield from self._lost(row.at)
        yield from self._lost(None)
        self.remarks = [*self._remarks(), *self._clock.remarks()]

    def known(self) -> Iterator[Read | Unreadable]:
        """Yield the calls whose channels have all ended, though it is not said, as far as they are known."""
        for call in list(self._open.values()):
            count = len(call.rows)
            if call.began and not call.channels and count == call.looked_at != call.told:
                call.told = count
                with self._seen.aside():
                    yield from guarded(call.rows[-1].line, call.rows, self._events(call, call.rows[-1].line))
            call.looked_at = count

    def _take(self, row: Row) -> _Open | None:
        """Keep an event; return the call that it ends."""
        ended = self._ended_ms.get(row.linked)
        if ended is not None:
            if row.at > ended:
                raise Refused(
                    Reason.OUT_OF_RANGE, "linkedid", "linkedid: that call has ended; each call has an id of its own"
                )
            self._seen.unused["row of a call that was sent already"] += 1
            return None
        call = self._open.setdefault(row.linked, _Open())
        self._open.move_to_end(row.linked)
        call.rows.append(row)
        call.last = max(call.last, row.at)
        if row.kind == "APP_START":
            self._dials += 1
            if row.app == "Dial":
                self._ways.peers.dials(row.data)
                self._ways.peers.called(row.channel, row.caller, row.exten)
        elif row.kind in _BRIDGED:
            self._calls.bridged = True
        elif row.kind == "CHAN_START":
            call.channels.add(row.unique)
            call.began = call.began or row.unique == row.linked
        elif row.kind == "CHAN_END":
            call.channels.discard(row.unique)
        elif row.kind == "LINKEDID_END":
            return self._open.pop(row.linked)
        return None

    def _whole(self, call: _Open, line: int) -> Iterator[Read | Unreadable]:
        linked = call.rows[0].linked
        self._ended_ms[linked] = call.last
        while len(self._ended_ms) > _REMEMBERED:
            self._ended_ms.popitem(last=False)
        if not call.began:
            self._seen.unused["call that began before the file"] += 1
            return
        yield from guarded(line, call.rows, self._events(call, line))

    def _events(self, call: _Open, line: int) -> Iterator[Read]:
        # The writer's threads may pass each other, never by more than some milliseconds; what is of one moment stands.
        rows = sorted(call.rows, key=lambda row: row.order)
        asked = self.asked
        if asked is not None and not asked.is_of({row.line for row in rows}, {row.linked for row in rows}):
            asked = None
        if asked is not None:
            asked.found += self._calls.explained(rows)
        for event in self._calls.events(rows):
            if asked is not None:
                asked.told(event)
            yield Read(line, event)

    def _lost(self, now: int | None) -> Iterator[Read | Unreadable]:
        """Yield the calls that end without an event of it, and give up those that have lost their end."""
        while self._open:
            linked, call = next(iter(self._open.items()))
            if now is not None and abs(now - call.last) <= _LOST_AFTER_MS:
                return
            del self._open[linked]
            if call.channels or not call.began:
                self.left_open += 1
            else:
                yield from self._whole(call, call.rows[-1].line)

    def _remarks(self) -> Iterator[str]:
        yield from self._seen.remarks("asterisk", _MACHINES)
        if self._ended_ms and not self._dials:
            yield "it has no APP_START of Dial or Queue: apps=dial,queue is needed in cel.conf to tell who was called"
        if self._seen.answered and not self._calls.bridged:
            yield (
                "it tells of no bridge: who picked up is taken for answered until either hangs up, without transfers "
                "and holds; BRIDGE_ENTER and BRIDGE_EXIT are needed among the events of cel.conf"
            )
