"""What is asked of one table: its columns and indexes once, rows from a position on, and all rows of some calls."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import DateTime, Integer, MetaData, String, Table, func, inspect, or_, select
from sqlalchemy.exc import NoSuchTableError, SAWarning
from sqlalchemy.sql import literal_column

from stream.sources.sql.database import DatabaseError, Trouble
from stream.sources.sql.values import Position, seconds_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, ColumnElement, Connection, FromClause, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from stream.sources.sql.wanted import Wanted
    from stream.sources.table_layout import Beside, Record

CALLS_AT_ONCE: Final = 200
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]")


class Row(NamedTuple):
    """A row: where it stands, its own time in seconds if it has one, what it holds, and the same as a number."""

    position: Any
    seconds: float | None
    record: Record
    digest: int


class Shape(NamedTuple):
    """
    A table as it was found: `columns` by their names in lower case; `indexed` whether one begins with `order`.

    `rows` are where these columns come from, the table or it with the one beside it, which may be `lacking`.
    """

    wanted: Wanted
    rows: FromClause
    columns: dict[str, Column[Any]]
    order: Column[Any]
    dated: Column[Any] | None
    calls: list[Column[Any]]
    indexed: bool
    lacking: Beside | None = None

    @property
    def by_number(self) -> bool:
        """Whether the table is followed by a number, and not by a time."""
        return isinstance(self.order.type, Integer)


async def shape_of(connection: AsyncConnection, wanted: Wanted) -> Shape:
    """
    Look at a table.

    Raises:
        DatabaseError: it is not there, or lacks a column.

    """
    table, leading = await connection.run_sync(_reflected, wanted)
    by_name = {column.name.lower(): column for column in table.columns}
    layout = wanted.layout
    missing = [names for names in layout.needed if not any(name.lower() in by_name for name in names)]
    if missing:
        named = ", ".join(" or ".join(names) for names in missing)
        raise DatabaseError(
            Trouble(
                f"table {wanted.name}: it has no column {named}, which {layout.name} reads",
                "have the column written too, or name what the table is like in sql_tables",
            )
        )
    read = dict.fromkeys(name.lower() for names in (*layout.needed, layout.others) for name in names)
    columns = by_name if wanted.mapped else {name: by_name[name] for name in read if name in by_name}
    orders = [by_name[name.lower()] for name in layout.order if name.lower() in by_name]
    usable = [column for column in orders if _grows(column, layout.dated)]
    if not usable:
        raise DatabaseError(
            Trouble(
                f"table {wanted.name}: the column {layout.order[0]} is no number or time that says which row is newer",
                "name another in sql_tables: TABLE=MAPPING.toml@COLUMN",
            )
        )
    order = next((column for column in usable if column.name in leading), usable[0])
    dated = next((by_name[name.lower()] for name in layout.dated if name.lower() in by_name), None)
    calls = [by_name[name] for name in layout.call if name in by_name]
    shape = Shape(wanted, table, columns, order, dated, calls, order.name in leading)
    beside = layout.beside
    if beside is None or beside.by not in by_name or all(name in by_name for name in beside.columns):
        return shape
    try:
        other, _ = await connection.run_sync(_reflected, wanted, beside.table)
    except DatabaseError:
        return shape._replace(lacking=beside)
    more = {name: other.columns[name] for name in beside.columns}
    rows = table.outerjoin(other, other.columns[beside.by] == by_name[beside.by])
    return shape._replace(rows=rows, columns={**columns, **more})


def _reflected(connection: Connection, wanted: Wanted, beside: str | None = None) -> tuple[Table, set[str]]:
    """Return a table, or one `beside` it, with its columns, and the columns that an index begins with."""
    name = beside or wanted.table
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of types that only the user's own columns have
        try:
            table = Table(name, MetaData(), schema=wanted.schema, autoload_with=connection, resolve_fks=False)
            look = inspect(connection)
            indexes = look.get_indexes(name, schema=wanted.schema)
        except NoSuchTableError:
            raise DatabaseError(
                Trouble(
                    f"table {wanted.name}: it is not there, or may not be seen",
                    "correct sql_tables, or grant SELECT on it (docs/sources/sql.md)",
                )
            ) from None
    leading = {index["column_names"][0] for index in indexes if index["column_names"]}
    leading |= {column.name for column in list(table.primary_key.columns)[:1]}
    return table, {name for name in leading if name}


def _grows(column: Column[Any], dated: Sequence[str]) -> bool:
    """Return whether a column may say which row is newer; a time may be written as text, a number may not."""
    if isinstance(column.type, (DateTime, Integer)):
        return True
    return isinstance(column.type, String) and column.name.lower() in dated


class Queries:
    """
    Asks one table, over one connection.

    `asked` counts the queries, `rows_read` the rows that came.
    """

    def __init__(self, connection: AsyncConnection, shape: Shape) -> None:
        self._connection = connection
        self.shape = shape
        self._names = list(shape.columns)
        self.asked = 0
        self.rows_read = 0

    def rows_from(self, position: Position, limit: int) -> Select[Any]:
        """Return the query of the first `limit` rows that do not lie before `position`."""
        order = self.shape.order
        return self._rows().where(order >= position).order_by(order).limit(limit)

    def rows_of(self, calls: Sequence[str], position: Position) -> Select[Any]:
        """Return the query of all rows of these calls that do not lie before `position`."""
        shape = self.shape
        of_calls = or_(*(column.in_(calls) for column in shape.calls))
        return self._rows().where(of_calls, shape.order >= position).order_by(shape.order)

    def rows_of_none(self, position: Position) -> Select[Any]:
        """Return the query of the rows of no call that do not lie before `position`."""
        shape = self.shape
        alone = sorted(shape.wanted.layout.alone)
        of_none: list[ColumnElement[bool]] = [or_(column.is_(None), column.in_(alone)) for column in shape.calls]
        return self._rows().where(*of_none, shape.order >= position).order_by(shape.order)

    def _rows(self) -> Select[Any]:
        shape = self.shape
        dated = shape.dated if shape.dated is not None else shape.order
        named = (shape.order.label("ringboard_position"), dated.label("ringboard_dated"))
        return select(*named, *shape.columns.values()).select_from(shape.rows)

    def is_position(self, position: Position) -> bool:
        """Return whether `position` is one of this table, which may have been followed by another column before."""
        order = self.shape.order.type
        if isinstance(order, DateTime):
            return isinstance(position, datetime) and (position.tzinfo is not None) == order.timezone
        return isinstance(position, int if self.shape.by_number else str)

    async def ask(self, query: Select[Any]) -> list[Row]:
        """Return the rows of a query."""
        self.asked += 1
        found = (await self._connection.execute(query)).all()
        self.rows_read += len(found)
        return [self._row(row) for row in found]

    async def newest(self) -> Position | None:
        """
        Return where the newest row stands, None in an empty table.

        A row whose time lies ahead of the database's clock does not count: that clock was set back.
        """
        self.asked += 1
        order = self.shape.order
        now: ColumnElement[Any] = literal_column("NULL")
        if not self.shape.by_number:
            zoned = isinstance(order.type, DateTime) and order.type.timezone
            now = func.current_timestamp() if zoned else func.localtimestamp()
        newest, clock = (await self._connection.execute(select(func.max(order), now))).one()
        if isinstance(newest, str):
            clock = clock.isoformat(sep=newest[10:11]) if _DATE.match(newest) else None
        if newest is None or clock is None:
            return newest  # type: ignore[no-any-return]
        return min(newest, clock)  # type: ignore[no-any-return]

    async def begin_at(self, cutoff_s: float) -> Position:
        """Return a position before which no row is younger than `cutoff_s`, by the rows' own times."""
        shape = self.shape
        if isinstance(shape.order.type, DateTime):
            moment = datetime.fromtimestamp(max(cutoff_s, 0), UTC)
            return moment if shape.order.type.timezone else moment.replace(tzinfo=None)
        if not shape.by_number:
            return ""
        first, last = await self._ends()
        while shape.dated is not None and first < last:
            middle = (first + last) // 2
            self.asked += 1
            query = select(shape.order, shape.dated).where(shape.order >= middle).order_by(shape.order).limit(1)
            row = (await self._connection.execute(query)).first()
            seconds = None if row is None else seconds_of(row[1])
            if row is not None and seconds is not None and seconds < cutoff_s:
                first = int(row[0]) + 1
            else:
                last = middle
        return first

    async def _ends(self) -> tuple[int, int]:
        self.asked += 1
        order = self.shape.order
        first, last = (await self._connection.execute(select(func.min(order), func.max(order)))).one()
        return int(first or 0), int(last or 0)

    def _row(self, row: Any) -> Row:
        epoch = not self.shape.wanted.mapped
        texts = [text_of(value, epoch=epoch) for value in row[2:]]
        return Row(row[0], seconds_of(row[1]), dict(zip(self._names, texts, strict=True)), hash(tuple(texts)))
