"""What `ringboard check` says of a database: who answers, what the user may do, and how each table can be followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.finding import fail, ok, warn
from stream.sources.sql.database import DatabaseError, connected, troubles, url_of, where
from stream.sources.sql.places import Places
from stream.sources.sql.queries import Queries, shape_of
from stream.sources.sql.rights import writes_of
from stream.sources.sql.wanted import wanted_tables

if TYPE_CHECKING:
    from sqlalchemy.engine import URL
    from sqlalchemy.ext.asyncio import AsyncConnection

    from stream.clock import Clock
    from stream.finding import Finding
    from stream.settings.model import Settings
    from stream.sources.sql.wanted import Wanted

_WHAT: Final = "sql"


async def findings(settings: Settings, _clock: Clock) -> list[Finding]:
    """Return what is to be said of the database that `settings` name, and of each of its tables."""
    tables = wanted_tables(settings)
    url = url_of(settings)
    database = where(url)
    places = Places(settings.data_dir, database)
    what = f"{_WHAT} {database}"
    try:
        async with connected(settings) as connection:
            of_tables = [
                await _of_table(connection, url, wanted, begun=places.get(wanted.name) is not None) for wanted in tables
            ]
            return [await _of_database(what, connection, tables), *of_tables]
    except DatabaseError as error:
        return [fail(what, error.trouble.message, error.trouble.todo)]


async def _of_database(what: str, connection: AsyncConnection, tables: list[Wanted]) -> Finding:
    writes = await writes_of(connection, tables)
    if writes:
        return warn(
            what,
            f"its user may also {writes}",
            "let it read alone: create one with GRANT SELECT and nothing else (docs/sources/sql.md)",
        )
    return ok(what, f"answers; its user may read, and nothing else; {len(tables)} tables")


async def _of_table(connection: AsyncConnection, url: URL, wanted: Wanted, *, begun: bool) -> Finding:
    what = f"{_WHAT} table {wanted.name}"
    try:
        with troubles(url):
            shape = await shape_of(connection, wanted)
            queries = Queries(connection, shape)
            newest = await queries.newest()
            if newest is not None:
                await queries.ask(queries.rows_from(newest, 1))
    except DatabaseError as error:
        return fail(what, error.trouble.message, error.trouble.todo)
    column = shape.order.name
    if not shape.indexed:
        return warn(
            what,
            f"no index begins with {column}, so each look reads the whole table",
            f"create one there: CREATE INDEX ringboard_{column} ON {wanted.name} ({column})",
        )
    read = "read before" if begun else "not read yet: start `ringboard connect sql`"
    if shape.lacking is not None:
        return warn(
            what,
            f"there is no table {shape.lacking.table} beside it, which tells {shape.lacking.tells}",
            "see whether it lies in the same schema",
        )
    if newest is None:
        return warn(what, "it has no rows", "see whether the telephone system writes to it")
    return ok(what, f"as {wanted.layout.name}, by the index of {column}; {read}")
