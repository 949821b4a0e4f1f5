"""Follows tables in the test's own process: what was sent stands by id, as a worker takes it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from stream.clock import FixedClock
from stream.sources.sql.database import connected, url_of, where
from stream.sources.sql.following import Follower
from stream.sources.sql.places import Places
from stream.sources.sql.queries import Queries, shape_of
from stream.sources.sql.wanted import wanted_tables
from stream.sources.table_layout import as_csv
from stream.web.source_metrics import SourceMetrics
from tests.read_source import read_bytes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from stream.events.refusal import Refused
    from stream.settings.model import Settings

Event = dict[str, Any]
NOW_MS = 1_767_700_000_000


class Heard:
    """A listener: `standing` has of each id the event of the greatest revision, the first of those that have one."""

    def __init__(self) -> None:
        self.metrics = SourceMetrics("sql")
        self.standing: dict[str, Event] = {}
        self.sends = 0
        self.refused: list[Refused] = []
        self.connections = 0

    def connected(self) -> None:
        self.connections += 1

    def heard(self) -> None: ...

    async def send(self, event: Any, original: bytes | None = None) -> None:  # noqa: ARG002
        self.sends += 1
        known = self.standing.get(event["id"])
        if known is None or event.get("revision", 0) > known.get("revision", 0):
            self.standing[event["id"]] = dict(event)

    async def refuse(self, refused: Refused, data: bytes) -> None:  # noqa: ARG002
        self.refused.append(refused)

    async def flush(self) -> None: ...

    def calls(self) -> dict[str, Event]:
        """Return the calls as they stand: of several versions the latest, whole."""
        ended = [one for one in self.standing.values() if one["type"] == "call.ended"]
        return {one["call"]: plain(one) for one in sorted(ended, key=lambda one: (one["at"], one["id"]))}


def plain(event: Event) -> Event:
    return {name: value for name, value in event.items() if name != "revision"}


class Time:
    """A clock that is never set, and goes on as a test says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Following:
    """The followers of all tables, over one connection."""

    def __init__(self, followers: list[Follower], queries: list[Queries], heard: Heard, time: Time) -> None:
        self.followers = followers
        self.queries = queries
        self.heard = heard
        self.time = time

    async def begin(self) -> None:
        for follower, queries in zip(self.followers, self.queries, strict=True):
            await follower.begin(queries, self.heard)

    async def look(self, times: int = 1, every_s: float = 1.0) -> None:
        for _ in range(times):
            self.time.now += every_s
            for follower, queries in zip(self.followers, self.queries, strict=True):
                await follower.look(queries, self.heard)

    async def look_far(self) -> None:
        """Look as far back as the window goes."""
        for follower in self.followers:
            follower.looks = 2**40 - 1
        await self.look()


@asynccontextmanager
async def following(
    settings: Settings, heard: Heard | None = None, time: Time | None = None, now_ms: int = NOW_MS
) -> AsyncIterator[Following]:
    time = time or Time()
    places = Places(settings.data_dir, where(url_of(settings)))
    followers = [
        Follower(wanted, settings, FixedClock(now_ms), places, monotonic=time) for wanted in wanted_tables(settings)
    ]
    async with connected(settings) as connection:
        queries = [Queries(connection, await shape_of(connection, one.wanted)) for one in followers]
        yield Following(followers, queries, heard or Heard(), time)


def of_a_file(rows: Sequence[dict[str, Any]], form: str, **settings: Any) -> dict[str, Event]:
    """Return the events, by id, that a file of the same rows gives."""
    texts = [{name: str(value) for name, value in row.items()} for row in rows]
    return {event["id"]: event for event in read_bytes(form, as_csv(texts), **settings).events}
