"""Asterisk's call detail records as CSV: the rows of one call are joined into one."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, BinaryIO, Final

from stream.events.refusal import Reason, Refused
from stream.sources.asterisk.cdr_calls import Calls, call_of
from stream.sources.asterisk.cdr_rows import LAYOUT, Reader
from stream.sources.asterisk.cdr_ways import CONFERENCES
from stream.sources.asterisk.plan import directions_of
from stream.sources.asterisk.settings import AsteriskSettings
from stream.sources.date_order import DateOrder
from stream.sources.joining import Joins
from stream.sources.reading import Read, Unreadable, guarded, parsed
from stream.sources.rows import one_fits, without_caller_names
from stream.sources.seen import Seen
from stream.sources.wall_clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.settings.model import Settings
    from stream.sources.asterisk.cdr_rows import Row
    from stream.sources.explaining import Asked
    from stream.sources.joining import Group
    from stream.sources.signs import Signs

# A row comes when what it tells of has ended. After this long without one, in either direction, a call is whole.
_WHOLE_AFTER_MS: Final = 2 * 3_600_000
# Rows of one channel follow each other at once; after this long, it is another call under the same id.
_ANOTHER_AFTER_MS: Final = 3_600_000
_TOUCH_MS: Final = 2000
# How near two rows must be that a channel's name alone joins; names come again after a restart.
_WITHIN_MS: Final = {"is": _TOUCH_MS, "seeks": _TOUCH_MS, "own": 60_000}
_MACHINES: Final = "docs/sources/asterisk-logs.md says how to write AMDSTATUS into userfield"
_REMEMBERED: Final = 200_000
# Of a channel's name, what no other has while it is there; those without a number of their own are not joined by it.
_OF_ITS_OWN: Final = re.compile(r".+-[0-9a-fA-F]{8,}(;[12])?|IAX2/.+-[0-9]+|DAHDI/i[0-9]+/.+-[0-9a-f]+")


def looks(head: bytes) -> bool:
    """Return whether the first whole line that can be read is a record, or names the columns of records."""
    return one_fits(head, LAYOUT.knows)


class AsteriskCdr:
    """
    Reads one file of records.

    Rows belong to one call by their linkedid; where there is none, by their uniqueid and by the channels they name, a
    Local channel's two halves being one. What else the floor must know of the file is in `remarks`.
    """

    def __init__(self, settings: Settings) -> None:
        zone = settings.group(AsteriskSettings).asterisk_cdr_zone
        self._clock = WallClock(zone, settings.zone, "asterisk_cdr_timezone", DateOrder(settings.date_order))
        self._seen = Seen()
        self._calls = Calls(directions_of(settings), self._seen)
        self._joins: Joins[Row] = Joins(_WHOLE_AFTER_MS)
        self._ended_ms: OrderedDict[str, int] = OrderedDict()
        self.unused: Counter[str] = self._seen.unused
        self.left_open = 0
        self.remarks: list[str] = []
        self.asked: Asked | None = None

    @property
    def signs(self) -> Signs:
        """What the calls that are left out look like."""
        return self._seen.signs

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the calls, each when it is whole; a row that cannot be one is refused at its place."""
        self._clock.order.look(file)
        reader = Reader(self._clock)

        def parse(number: int, data: bytes) -> Row | None:
            row = reader.row(number, data)
            if row is not None:
                self._take(row)
            return row

        for item in parsed(file, parse, without_caller_names):
            if isinstance(item, Unreadable):
                yield item
            else:
                yield from self._whole(item[1].end)
        yield from self._whole(None)
        self.remarks = [*self._seen.remarks("asterisk", _MACHINES), *self._clock.remarks()]

    def known(self) -> Iterator[Read | Unreadable]:
        """Yield the calls that have had no row for a while, as far as they are known: one more makes them anew."""
        with self._seen.aside():
            for group in self._joins.settled():
                line = group.parts[-1].line
                yield from guarded(line, group.parts, self._events(group, line))

    def _take(self, row: Row) -> None:
        self._calls.learn(row)
        found_by, looks_for = _keys(row)
        groups = [
            group
            for key, group in self._joins.found(looks_for)
            if (within := _WITHIN_MS.get(key.partition(" ")[0])) is None or group.near(row, within)
        ]
        for group in groups:
            _may_join(row, group)
        ended = self._ended_ms.get(row.linked or row.unique)
        if ended is not None and not groups and row.start > ended + _TOUCH_MS:
            raise _another("uniqueid")
        if any(_same(row, old) for group in groups for old in group.parts):
            self._seen.unused["row that stands there twice"] += 1
            return
        self._joins.put(row, found_by, groups)

    def _whole(self, now: int | None) -> Iterator[Read | Unreadable]:
        for group in self._joins.whole(now):
            for one in {row.linked or row.unique for row in group.parts} - {""}:
                self._ended_ms[one] = group.end
            while len(self._ended_ms) > _REMEMBERED:
                self._ended_ms.popitem(last=False)
            line = group.parts[-1].line
            yield from guarded(line, group.parts, self._events(group, line))

    def _events(self, group: Group[Row], line: int) -> Iterator[Read]:
        rows = sorted(group.parts, key=lambda row: row.order)
        asked = self.asked
        ids = set() if asked is None else {call_of(rows), *(row.unique for row in rows)}
        if asked is not None and not asked.is_of({row.line for row in rows}, ids):
            asked = None
        if asked is not None:
            asked.found += self._calls.explained(rows)
        for event in self._calls.events(rows):
            if asked is not None:
                asked.told(event)
            yield Read(line, event)


def _may_join(row: Row, group: Group[Row]) -> None:
    """Refuse a row under the id of another call: far from it in time, or of another channel and caller."""
    if not group.near(row, _ANOTHER_AFTER_MS):
        raise _another("linkedid" if row.linked else "uniqueid")
    for old in group.parts:
        same = row.unique and old.unique == row.unique
        if same and old.channel != row.channel and old.src != row.src and old.dst != row.dst:
            raise _another("uniqueid")


def _keys(row: Row) -> tuple[set[str], set[str]]:
    """
    Return what a row is found by, and what it looks for.

    A row looks for the channel it has rung, and the other half of a Local channel for the one it is of, or has rung.
    """
    if row.linked:
        same = {f"linked {row.linked}"}
        return same, same
    # Who waits in a conference is joined with one prospect after the other, each of a call of their own.
    peer = "" if row.app in CONFERENCES else row.peer
    own = {f"own {row.channel}"} if _OF_ITS_OWN.fullmatch(row.channel) else set()
    same = {f"unique {row.unique}"} if row.unique else own
    other_halves = {_other_half(name) for name in (row.channel, peer)} - {""}
    is_there = {row.channel} if _OF_ITS_OWN.fullmatch(row.channel) else set()
    sought = other_halves | ({peer} if _OF_ITS_OWN.fullmatch(peer) else set())
    found_by = same | {f"is {name}" for name in is_there} | {f"seeks {name}" for name in sought}
    looks_for = same | {f"is {name}" for name in sought} | {f"seeks {name}" for name in is_there}
    return found_by or {f"line {row.line}"}, looks_for


def _other_half(name: str) -> str:
    if not _OF_ITS_OWN.fullmatch(name) or name[-2:] not in {";1", ";2"}:
        return ""
    return name[:-1] + ("2" if name.endswith("1") else "1")


def _same(row: Row, other: Row) -> bool:
    return row[1:] == other[1:]  # all but the line


def _another(field: str) -> Refused:
    return Refused(Reason.OUT_OF_RANGE, field, f"{field}: it is the id of another call, which stands; each has its own")
