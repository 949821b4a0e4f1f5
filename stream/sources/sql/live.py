"""What the command line and the check ask of a database: importable also where its drivers are not installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.sources.sql.database import url_of
from stream.sources.sql.settings import SqlSettings

if TYPE_CHECKING:
    from stream.clock import Clock
    from stream.finding import Finding
    from stream.settings.model import Settings
    from stream.sources.sql.listening import SqlTables


def source_of(settings: Settings, clock: Clock) -> SqlTables:
    """Return the source that `settings` describe; raises RingboardError where the drivers are not installed."""
    url_of(settings)  # it says so before what needs them is imported
    from stream.sources.sql.listening import SqlTables  # noqa: PLC0415  an extra

    return SqlTables(settings, clock)


async def check(settings: Settings, clock: Clock) -> list[Finding]:
    """Look at the database, the user's rights, and each table; raises RingboardError as `source_of` does."""
    if settings.group(SqlSettings).sql_url is None:
        return []
    url_of(settings)
    from stream.sources.sql.checking import findings  # noqa: PLC0415  an extra

    return await findings(settings, clock)
