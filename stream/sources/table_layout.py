"""What a source says of a table in a database: how it is known, in which order it is followed, what reads its rows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from stream.settings.model import Settings
    from stream.sources.reading import Read, Source, Unreadable

Record = Mapping[str, str | None]
"""A row by its columns' names, in lower case, each as text; None where the table has nothing."""

HOUR_S = 3600.0


class RecordReader(Protocol):
    """
    Makes events of rows: the same ids and fields whenever it is given the same rows.

    After reading, `unused` counts by kind what says nothing to Ringboard, the calls that are left out among it.
    """

    unused: Counter[str]

    def read(self, records: Sequence[Record]) -> Iterator[Read | Unreadable]:
        """Yield the events of `records`, whole calls in the table's order; lines count from 1."""


@runtime_checkable
class WaitingReader(RecordReader, Protocol):
    """
    A reader that leaves calls out until their other rows are there.

    After reading, `waiting` has these, by what `TableLayout.call_of` returns for their rows. Those that are `given_up`
    before are read with what there is of them.
    """

    waiting: set[str]
    given_up: Collection[str]


class Beside(NamedTuple):
    """Another table, which has `columns` of a row too: its own row of the same value in `by`, a column of both."""

    table: str
    by: str
    columns: Sequence[str]
    tells: str


class TableLayout(NamedTuple):
    """
    A kind of table.

    Args:
        name: what it is called in the settings.
        tables: the names that such a table has by itself, in lower case.
        make: returns what reads its rows, which were looked at at a moment (ms since the epoch).
        needed: the columns without which nothing can be read, each by one of several names.
        others: further columns that are read where they are there.
        order: columns that say which row is newer, the best first: a number that grows, or a time.
        dated: columns with the time of a row, for tables that are followed by a number.
        call: the columns whose values rows of one call share; rows without are read with all that are near them.
        alone: what stands in a column of `call` for a row that is of no call.
        told_with_all: whether rows of no call are needed to read any other, such as who is logged in.
        closes: returns whether no row of the same call follows this one.
        reach_s: for how long rows of one call may still come.
        beside: a table that is read with it where it is there; what it `tells` is absent without it.

    """

    name: str
    tables: Sequence[str]
    make: Callable[[Settings, int], RecordReader]
    needed: Sequence[Sequence[str]]
    others: Sequence[str]
    order: Sequence[str]
    dated: Sequence[str]
    call: Sequence[str] = ()
    alone: frozenset[str] = frozenset({""})
    told_with_all: bool = False
    closes: Callable[[Record], bool] = lambda _: False
    reach_s: float = 2 * HOUR_S
    beside: Beside | None = None

    def call_of(self, record: Record) -> str | None:
        """Return what the rows of a call share, None for a row that is of none."""
        for name in self.call:
            value = record.get(name) or ""
            if value not in self.alone:
                return value
        return None


class AsFile:
    """Reads rows by what reads files of the same columns: `write` makes such a file of them."""

    def __init__(self, open_source: Callable[[], Source], write: Callable[[Sequence[Record]], bytes]) -> None:
        self._open = open_source
        self._write = write
        self.unused: Counter[str] = Counter()

    def read(self, records: Sequence[Record]) -> Iterator[Read | Unreadable]:
        """Yield the events of `records`."""
        source = self._open()
        yield from source.read(io.BytesIO(self._write(records)))
        self.unused = source.unused


def as_csv(records: Sequence[Record]) -> bytes:
    """Return rows as lines of CSV below a header; a line break within a value becomes a blank."""
    names = list(dict.fromkeys(name for record in records for name in record))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_one_line(record.get(name)) for name in names] for record in records)
    return out.getvalue().encode()


def _one_line(value: str | None) -> str:
    return "" if value is None else " ".join(value.splitlines()) if "\n" in value or "\r" in value else value
