"""A database of its own for each test, on a real server of each kind, and a user there that may only read."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from stream.configuration import load_settings
from tests.databases.servers import KINDS, PASSWORD, Server, mariadbd, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from pathlib import Path

    from stream.settings.model import Settings

READER_PASSWORD = "read-only: a secret"  # noqa: S105
_FETCHED = all(program() is not None for program in (mariadbd, postgres))
_MISSING = "MariaDB and PostgreSQL are not here: run `make databases`"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/databases/"):
            item.add_marker(pytest.mark.xdist_group("databases"))
            if not _FETCHED and shutil.which("apt-get") is None:
                item.add_marker(pytest.mark.skip(reason=_MISSING))


@pytest.fixture(scope="session")
def servers() -> Iterator[Mapping[str, Server]]:
    """The servers, started once for all tests of this process."""
    assert _FETCHED, _MISSING
    started: dict[str, Server] = {}
    try:
        for name, kind in KINDS.items():
            started[name] = kind()
        yield started
    finally:
        for server in started.values():
            server.close()


class Database:
    """A database on a `server`, with the user `reader`, who may only read."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self.reader = f"reader_{name}"

    @property
    def is_mariadb(self) -> bool:
        return self.server.scheme == "mysql"

    @property
    def url(self) -> str:
        return self.server.url(self.name, self.reader, READER_PASSWORD)

    async def run(self, *statements: str, database: str | None = None) -> None:
        """Run statements as its administrator."""
        engine = create_async_engine(self._of_admin(database), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                for statement in statements:
                    await connection.exec_driver_sql(statement)
        finally:
            await engine.dispose()

    async def insert(self, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows, in one transaction."""
        if not rows:
            return
        names = list(rows[0])
        quote = "`" if self.is_mariadb else '"'
        columns = ", ".join(f"{quote}{name}{quote}" for name in names)
        values = ", ".join(f":{name}" for name in names)
        engine = create_async_engine(self._of_admin(None), poolclass=NullPool)
        try:
            async with engine.begin() as connection:
                statement = f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608 - names of ours
                await connection.execute(text(statement), list(rows))
        finally:
            await engine.dispose()

    async def create(self) -> None:
        """Make the database and its user."""
        first = "mysql" if self.is_mariadb else "postgres"
        host = "@'127.0.0.1'" if self.is_mariadb else ""
        by = "IDENTIFIED BY" if self.is_mariadb else "PASSWORD"
        await self.run(
            f"CREATE DATABASE {self.name}",
            f"CREATE USER {self.reader}{host} {by} '{READER_PASSWORD}'",
            database=first,
        )
        if self.is_mariadb:
            await self.run(f"GRANT SELECT ON {self.name}.* TO {self.reader}@'127.0.0.1'")
        else:
            await self.run(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {self.reader}")

    def _of_admin(self, database: str | None) -> str:
        url = self.server.url(database or self.name)
        return url.replace("mysql://", "mysql+aiomysql://").replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture(params=sorted(KINDS))
async def database(request: pytest.FixtureRequest, servers: Mapping[str, Server]) -> AsyncIterator[Database]:
    """A new database on each kind of server."""
    made = Database(servers[request.param], f"t{uuid.uuid4().hex[:10]}")
    await made.create()
    yield made
    await asyncio.sleep(0)


@pytest.fixture
def settings(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of `ringboard connect sql` for that database, all tables that are known named."""
    values = {
        "SQL_URL": database.url,
        "SQL_TABLES": "cdr,cel,queue_log",
        "SQL_EVERY_S": "1",
        "SQL_BEGIN_DAYS": "3650",
        "DATA_DIR": str(tmp_path / "data"),
        "CONNECT_PORT": "0",
        "TIMEZONE": "UTC",
        "ASTERISK_TRUNKS": "trunk*",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    return load_settings()


__all__ = ["PASSWORD", "READER_PASSWORD", "Database"]
