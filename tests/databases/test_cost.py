"""Each query finds its rows by an index, however large the table: the database itself says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from sqlalchemy.dialects import mysql, postgresql

from stream.sources.sql.database import DatabaseError, connected
from stream.sources.sql.queries import Queries, shape_of
from stream.sources.sql.wanted import wanted_tables
from tests.databases.floor_tables import make_tables

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from stream.settings.model import Settings
    from tests.databases.conftest import Database

pytestmark = pytest.mark.slow
ROWS = 30_000
SECOND = {
    "mysql": ("seq_1_to_{rows}", "'2026-01-01' + INTERVAL seq SECOND", "CONCAT('1767225600.', seq)"),
    "postgresql": (
        "generate_series(1, {rows}) n", "timestamp '2026-01-01' + n * interval '1 second'", "'1767225600.' || n",
    ),
}  # fmt: skip
"""A series of numbers in each database, and the moment and the id that one of them makes."""


def many(scheme: str) -> list[str]:
    """Return the statements that fill cdr and cel with a call a second."""
    series, moment, name = SECOND[scheme]
    statements = [
        f"INSERT INTO {table} ({column}, uniqueid, linkedid) "  # noqa: S608 - all of it is ours
        f"SELECT {moment}, {name}, {name} FROM {series.format(rows=ROWS)}"
        for table, column in (("cdr", "calldate"), ("cel", "eventtime"))
    ]
    tables = "TABLE cdr, cel" if scheme == "mysql" else "cdr, cel"
    return [*statements, f"ANALYZE {tables}"]


async def plan_of(connection: AsyncConnection, query: Select[Any]) -> str:
    dialect = mysql.dialect() if connection.dialect.name == "mysql" else postgresql.dialect()  # type: ignore[no-untyped-call]
    text = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})).replace("%%", "%")
    rows = (await connection.exec_driver_sql(f"EXPLAIN {text}")).mappings().all()
    return "\n".join(" ".join(f"{name}={value}" for name, value in row.items()) for row in rows)


async def test_rows_are_found_by_an_index(database: Database, settings: Settings) -> None:
    await make_tables(database)
    await database.run(*many(database.server.scheme))
    async with connected(settings) as connection:
        for wanted in wanted_tables(settings)[:2]:
            queries = Queries(connection, await shape_of(connection, wanted))
            assert queries.shape.indexed, wanted.name
            newest = await queries.newest()
            assert newest is not None
            plan = await plan_of(connection, queries.rows_from(newest, 2000))
            assert "Index Scan" in plan or "type=range" in plan, plan
        of_calls = await plan_of(connection, queries.rows_of(["1767225600.29990"], 1))
        assert "Index Scan" in of_calls or "type=ref" in of_calls or "type=range" in of_calls, of_calls
        position = await queries.begin_at(1_767_225_600 + ROWS - 100)
        assert ROWS - 110 < int(str(position)) <= ROWS - 99
        assert queries.asked < 25


async def test_the_session_cannot_write_whatever_its_user_may(database: Database, settings: Settings) -> None:
    await make_tables(database)
    url = database.server.url(database.name)
    admin = settings.model_copy(update={"sql_url": SecretStr(url)})
    with pytest.raises(DatabaseError):
        async with connected(admin) as connection:
            await connection.exec_driver_sql("DELETE FROM cdr")
