"""3CX's call detail records, cdr.log: the rows of one call are joined by its history id."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from stream.sources.date_order import DateOrder
from stream.sources.joining import Joins
from stream.sources.reading import Read, Unreadable, guarded, parsed
from stream.sources.rows import one_fits
from stream.sources.seen import Seen
from stream.sources.threecx.calls import Calls
from stream.sources.threecx.rows import Reader, knows
from stream.sources.threecx.settings import ThreecxSettings
from stream.sources.wall_clock import WallClock

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from stream.settings.model import Settings
    from stream.sources.joining import Group
    from stream.sources.threecx.rows import Row

# A row comes when what it tells of has ended. After this long without one, in either direction, a call is whole.
_WHOLE_AFTER_MS: Final = 2 * 3_600_000
_PAGE: Final = "docs/sources/3cx.md"


def looks(head: bytes) -> bool:
    """Return whether one of the first lines is a record, or names the columns of records."""
    return one_fits(head, knows)


class ThreecxCdr:
    """Reads one file of records; what else the floor must know of it is in `remarks`."""

    def __init__(self, settings: Settings) -> None:
        own = settings.group(ThreecxSettings)
        self._columns = own.threecx_cdr_columns
        self._clock = WallClock(own.threecx_zone, settings.zone, "threecx_timezone", DateOrder(settings.date_order))
        self._zone_is_set = own.threecx_zone is not None
        self._seen = Seen()
        self._calls = Calls(own.threecx_names, self._seen)
        self._joins: Joins[Row] = Joins(_WHOLE_AFTER_MS)
        self.unused: Counter[str] = self._seen.unused
        self.left_open = 0
        self.remarks: list[str] = []

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the calls, each when it is whole; a row that cannot be one is refused at its place."""
        self._clock.order.look(file)
        reader = Reader(self._clock, self._columns)

        def parse(number: int, data: bytes) -> Row | None:
            row = reader.row(number, data)
            if row is not None:
                self._take(row)
            return row

        for item in parsed(file, parse, reader.without_names):
            if isinstance(item, Unreadable):
                yield item
            else:
                yield from self._whole(item[1].end)
        yield from self._whole(None)
        self.remarks = [*self._seen.remarks("threecx", _PAGE), *self._clock.remarks(), *self._own_remarks(reader)]

    def known(self) -> Iterator[Read | Unreadable]:
        """Yield the calls that have had no row for a while, as far as they are known: one more makes them anew."""
        with self._seen.aside():
            unclear = self._calls.unclear
            for group in self._joins.settled():
                yield from self._told(group)
            self._calls.unclear = unclear

    def _take(self, row: Row) -> None:
        key = {row.call}
        groups = [group for _, group in self._joins.found(key)]
        if any(row[1:] == old[1:] for group in groups for old in group.parts):
            self._seen.unused["row that stands there twice"] += 1
            return
        self._joins.put(row, key, groups)

    def _whole(self, now: int | None) -> Iterator[Read | Unreadable]:
        for group in self._joins.whole(now):
            yield from self._told(group)

    def _told(self, group: Group[Row]) -> Iterator[Read | Unreadable]:
        line = group.parts[-1].line
        rows = sorted(group.parts, key=lambda row: row.order)
        for item in guarded(line, b"", self._calls.events(rows)):
            yield item if isinstance(item, Unreadable) else Read(line, item)

    def _own_remarks(self, reader: Reader) -> Iterator[str]:
        if not self._zone_is_set:
            yield "its times have no offset, and were read as the floor's; threecx_timezone says otherwise if set"
        if reader.crowded:
            yield (
                f"{reader.crowded} rows have a name with a comma in it: who is in them is known by their extension "
                "(threecx_names)"
            )
        if self._calls.unclear:
            yield (
                f"of {self._calls.unclear} callers whom a queue or a menu had answered before a rep, the rows do not "
                f"tell when the rep did: their wait and talk are left out ({_PAGE})"
            )
