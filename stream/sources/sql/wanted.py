"""Which tables are to be followed, as the settings name them, and what reads each."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.errors import RingboardError
from stream.events.original import original_of
from stream.mapping.loading import load_mapping
from stream.sources.reading import Read, Unreadable, refusal
from stream.sources.sql.settings import SqlSettings
from stream.sources.table_layout import TableLayout
from stream.sources.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.mapping.mapping import Mapping
    from stream.settings.model import Settings
    from stream.sources.table_layout import Record

_FORM: Final = 'write "cdr", "TABLE=LAYOUT" or "TABLE=MAPPING.toml@COLUMN"'


class Wanted(NamedTuple):
    """A table by its `name` (with its schema, if one is named), how it is read, and whether times keep their zone."""

    name: str
    layout: TableLayout
    mapped: bool = False

    @property
    def schema(self) -> str | None:
        """The schema that is named with it."""
        return self.name.rpartition(".")[0] or None

    @property
    def table(self) -> str:
        """Its name alone."""
        return self.name.rpartition(".")[2]


class MappedRows:
    """Reads rows by a mapping: each by itself."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self.unused: Counter[str] = Counter()

    def read(self, records: Sequence[Record]) -> Iterator[Read | Unreadable]:
        """Yield the events of `records`."""
        for number, record in enumerate(records, 1):
            try:
                told = False
                for event in self._mapping.events(record):
                    told = True
                    yield Read(number, event)
                self.unused["row that no rule takes"] += not told
            except Exception as error:  # noqa: BLE001  one of ours puts this row aside, and the next is read
                yield Unreadable(number, refusal(error), original_of(record))


def wanted_tables(settings: Settings) -> list[Wanted]:
    """Return the tables that `settings` name; raises RingboardError for a wrong entry, and where there is none."""
    given = settings.group(SqlSettings).sql_tables
    if not given:
        raise RingboardError(f"sql_tables: none named; {_FORM}")
    found = [_wanted(entry, settings) for entry in given]
    names = [one.name for one in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RingboardError(f"sql_tables: {twice} is named twice; name each table once")
    return found


def _wanted(entry: str, settings: Settings) -> Wanted:
    name, _, how = (part.strip() for part in entry.partition("="))
    if not name:
        raise RingboardError(f"sql_tables: an entry without a table; {_FORM}")
    if not how:
        table = name.rpartition(".")[2].lower()
        for layout in TABLES.values():
            if table in layout.tables:
                return Wanted(name, layout)
        known = sorted({table for layout in TABLES.values() for table in layout.tables})
        raise RingboardError(
            f"sql_tables: {name} is no table that is known ({', '.join(known)}); write what it is like: "
            f"{name}=LAYOUT ({', '.join(sorted(TABLES))}) or {name}=MAPPING.toml@COLUMN"
        )
    if how in TABLES:
        return Wanted(name, TABLES[how])
    mapping, _, column = (part.strip() for part in how.rpartition("@"))
    if not mapping or not column:
        close = difflib.get_close_matches(how, TABLES, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise RingboardError(
            f"sql_tables: {name}: no layout has that name{hint}; name one ({', '.join(sorted(TABLES))}), or a mapping "
            f"with the column that says which row is newer: {name}=MAPPING.toml@COLUMN"
        )
    return Wanted(name, _by_mapping(mapping, column, settings), mapped=True)


def _by_mapping(name: str, column: str, settings: Settings) -> TableLayout:
    mapping = load_mapping(name, settings.timezone, one_by_one=True)
    return TableLayout(
        name=f"mapping {mapping.name}",
        tables=(),
        make=lambda _settings, _told_at: MappedRows(mapping),
        needed=[*sorted(mapping.columns), (column,)],
        others=(),
        order=(column,),
        dated=(column,),
    )
