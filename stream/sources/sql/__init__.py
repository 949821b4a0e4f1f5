"""A database that a telephone system writes to already: new and changed rows of its tables, read only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.source import Live, Option, VendorSource
from stream.sources.sql.settings import SqlSettings

if TYPE_CHECKING:
    from stream.sources.source import LiveModule


def _live() -> LiveModule:
    from stream.sources.sql import live

    return live


SOURCE: Final = VendorSource(
    name="sql",
    title="a database",
    docs=("sql.md",),
    settings=(SqlSettings,),
    live=Live(
        "sql",
        "The database that your telephone system writes (MySQL, MariaDB, PostgreSQL), read only.",
        _live,
        (Option("--tables", "sql_tables", "The tables to follow, with commas.  [default: the setting sql_tables]"),),
    ),
)
