"""The tables of VICIdial: how each is known, followed and read, from a file or from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, Protocol

from stream.clock import SystemClock
from stream.sources.reading import Read, Unreadable, guarded
from stream.sources.source import Format
from stream.sources.vicidial import inbound, outbound, reps
from stream.sources.vicidial.rows import names_all, records

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Sequence

    from stream.settings.model import Settings
    from stream.sources.vicidial.rows import Record


class RowReader(Protocol):
    """Makes events of rows, one after the other."""

    unused: Counter[str]
    left_open: int

    def events(self, record: Record) -> Iterator[dict[str, Any]]:
        """Yield the events of a row, given as texts by its columns' names (None for NULL); raises Refused."""

    def ended(self) -> Iterator[dict[str, Any]]:
        """Yield what only the end of all rows that there are shows."""

    def remarks(self) -> Iterator[str]:
        """Yield what whoever reads the numbers must know."""


class Table(NamedTuple):
    """
    A table, by its `name` in the database.

    A header that names all of `needed` is its. `key` names a row for good, `position` grows with every new row, and
    `dated` (in the server's clock, with an index) is when it began: a row changes until a day after that at the most,
    unless somebody corrects it. `reader(settings, told_at)` reads rows that were looked at at `told_at` (ms).
    """

    name: str
    needed: Sequence[str]
    key: str
    position: str
    dated: str
    reader: Callable[[Settings, int], RowReader]

    @property
    def form(self) -> str:
        """The format of a file of it."""
        return self.name.replace("_", "-")


TABLES: Final = (
    Table("vicidial_log", outbound.NEEDED, "uniqueid", "call_date", "call_date", outbound.Outbound),
    Table("vicidial_closer_log", inbound.NEEDED, "closecallid", "closecallid", "call_date", inbound.Inbound),
    Table("vicidial_agent_log", reps.NEEDED_OF_WORK, "agent_log_id", "agent_log_id", "event_time", reps.Work),
    Table("vicidial_user_log", reps.NEEDED_OF_LOGINS, "user_log_id", "user_log_id", "event_date", reps.Logins),
)


class TableFile:
    """Reads a file of one table."""

    def __init__(self, table: Table, rows: RowReader) -> None:
        self._table = table
        self._rows = rows
        self.unused: Counter[str] = rows.unused
        self.left_open = 0
        self.remarks: list[str] = []

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the rows in their order."""
        line = 0
        for item in records(file, self._table.name, self._table.needed):
            if isinstance(item, Unreadable):
                yield item
                continue
            line, record, data = item
            for event in guarded(line, data, self._rows.events(record)):
                yield event if isinstance(event, Unreadable) else Read(line, event)
        yield from (Read(line, event) for event in self._rows.ended())
        self.left_open = self._rows.left_open
        self.remarks += self._rows.remarks()


def _format(table: Table) -> Format:
    def make(settings: Settings) -> TableFile:
        return TableFile(table, table.reader(settings, SystemClock().now_ms()))

    return Format(table.form, make, lambda head: names_all(head, table.needed))


FORMATS: Final = tuple(_format(table) for table in TABLES)
