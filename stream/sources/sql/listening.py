"""The tables of a database, followed over one connection: what each has new, look after look."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from stream.sources.live_source import LostError
from stream.sources.sql.database import DatabaseError, connected, url_of, where
from stream.sources.sql.following import Follower
from stream.sources.sql.places import Places
from stream.sources.sql.queries import Queries, shape_of
from stream.sources.sql.settings import SqlSettings
from stream.sources.sql.wanted import wanted_tables

if TYPE_CHECKING:
    from stream.clock import Clock
    from stream.settings.model import Settings
    from stream.sources.live_source import Listener

NAME: Final = "sql"


class SqlTables:
    """The source: what was sent lasts beyond a connection, and how far each table was read beyond this process."""

    name = NAME

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._every_s = settings.group(SqlSettings).sql_every_s
        places = Places(settings.data_dir, where(url_of(settings)))
        self._followers = [Follower(wanted, settings, clock, places) for wanted in wanted_tables(settings)]
        self.queries: list[Queries] = []

    async def listen(self, listener: Listener) -> None:
        """Read the tables from where they were, then look again and again, until the connection is lost."""
        try:
            async with connected(self._settings) as connection:
                self.queries = [Queries(connection, await shape_of(connection, one.wanted)) for one in self._followers]
                listener.connected()
                for follower, queries in zip(self._followers, self.queries, strict=True):
                    await follower.begin(queries, listener)
                while True:
                    await asyncio.sleep(self._every_s)
                    for follower, queries in zip(self._followers, self.queries, strict=True):
                        await follower.look(queries, listener)
                    listener.metrics.open_calls.set(sum(follower.waiting for follower in self._followers))
        except DatabaseError as error:
            raise LostError(str(error), hopeless=error.trouble.hopeless) from error
