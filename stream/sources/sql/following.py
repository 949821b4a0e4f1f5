"""Follows one table: from where it was, then row by row; a row that is new or has changed is read with all its call."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from stream.sources.left_out import count_unused
from stream.sources.reading import Unreadable, guarded
from stream.sources.sql.ladder import Ladder, age_of_look
from stream.sources.sql.open_calls import OpenCalls
from stream.sources.sql.partial import Partial
from stream.sources.sql.places import Place
from stream.sources.sql.queries import CALLS_AT_ONCE
from stream.sources.sql.sent import Sent
from stream.sources.sql.settings import SqlSettings
from stream.sources.table_layout import WaitingReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from stream.clock import Clock
    from stream.settings.model import Settings
    from stream.sources.live_source import Listener
    from stream.sources.sql.places import Places
    from stream.sources.sql.queries import Queries, Row
    from stream.sources.sql.values import Position
    from stream.sources.sql.wanted import Wanted

CHUNK: Final = 2_000
_HANDED_AT_ONCE: Final = 8_000  # rows, where all are read with those of no call
_DAY_S: Final = 86_400.0
_ANY_ZONE_S: Final = 14 * 3600.0
_SEED_S: Final = 30.0
_LONGEST_PAUSE_S: Final = 1.0
_IN_TURN: Final = 200  # events after which others get their turn


class Follower:
    """
    Follows the table `wanted`, over as many connections as it takes.

    `begin` reads from where the table was, `look` what has come or changed since. What either has sent the broker has
    before the place moves on; whatever is read twice makes events of the same ids.
    """

    def __init__(
        self,
        wanted: Wanted,
        settings: Settings,
        clock: Clock,
        places: Places,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.wanted = wanted
        self._settings = settings
        self._own = settings.group(SqlSettings)
        self._window_s = 3600 * self._own.sql_window_h
        self._clock = clock
        self._monotonic = monotonic
        self._places = places
        place = places.get(wanted.name)
        self._sent = Sent(again=place is not None)
        self._told_at = 0 if place is None else place.told_at
        self._ladder: Ladder | None = None
        self._seen: OrderedDict[int, float | None] = OrderedDict()
        self._refused: set[int] = set()
        self._alone: OrderedDict[int, Row] = OrderedDict()
        self._partial = Partial(wanted.layout)
        self._newest_s: float | None = None
        self.looks = 0

    @property
    def waiting(self) -> int:
        """How many calls wait for a row that has yet to come."""
        return len(self._partial)

    async def begin(self, queries: Queries, listener: Listener) -> None:
        """Read the table from where it was to its end."""
        low = await self._low(queries)
        newest = await queries.newest()
        calls = OpenCalls(self.wanted.layout)
        seeds: list[tuple[float, Position]] = []
        waiting: list[Row] = []
        newest_s: float | None = None
        async for rows in self._chunks(queries, low, gently=True):
            for row in rows:
                self._keep_alone(row)
                calls.add(row, fresh=row.digest not in self._seen)
                if row.seconds is not None:
                    newest_s = row.seconds if newest_s is None else max(newest_s, row.seconds)
                    ahead = newest is None or row.position > newest
                    if not ahead and (not seeds or row.seconds - seeds[-1][0] >= _SEED_S):
                        seeds.append((row.seconds, row.position))
            self._newest_s = newest_s
            if newest_s is not None:
                waiting += calls.ready(newest_s)
            if len(waiting) >= (_HANDED_AT_ONCE if self.wanted.layout.told_with_all else 1):
                await self._hand(waiting, listener)
                waiting = []
            self._forget(newest_s)
            seeds = _young(seeds, newest_s, self._window_s)
        await self._hand([*waiting, *calls.ready(None)], listener)
        if self._ladder is None:
            older = [position for seconds, position in seeds if (newest_s or 0.0) - seconds >= self._window_s]
            self._ladder = Ladder(older[-1] if older else low, self._window_s)
            self._ladder.seed(self._monotonic(), newest_s or 0.0, seeds)
            if newest is not None:
                self._ladder.note(self._monotonic(), newest)
        self._places.put(self.wanted.name, Place(self._ladder.low, self._told_at))

    async def look(self, queries: Queries, listener: Listener) -> None:
        """Read what has come or changed since, as far back as it is the turn of."""
        assert self._ladder is not None  # noqa: S101 - begin() comes first
        newest = await queries.newest()
        if newest is None:
            return
        now = self._monotonic()
        self._ladder.note(now, newest)
        self.looks += 1
        age = age_of_look(self.looks, self._own.sql_every_s, self._window_s)
        fresh: list[Row] = []
        async for rows in self._chunks(queries, self._ladder.back(now, age)):
            fresh += [row for row in rows if row.digest not in self._seen]
        newest_s = max((row.seconds for row in fresh if row.seconds is not None), default=None)
        if newest_s is not None:
            self._newest_s = max(newest_s, self._newest_s or newest_s)
        if fresh:
            await self._take(fresh, queries, listener)
        if due := self._partial.due(now):
            await self._hand(due, listener, fresh=0, again=True)
        self._forget(newest_s)
        self._places.put(self.wanted.name, Place(self._ladder.low, self._told_at))

    async def _low(self, queries: Queries) -> Position:
        """Return where to begin to read."""
        known = self._places.get(self.wanted.name)
        low = self._ladder.low if self._ladder is not None else None if known is None else known.low
        newest = await queries.newest()
        if low is not None and queries.is_position(low) and (newest is None or newest >= low):  # type: ignore[operator]
            return low
        # It was never read, or was emptied since, or its clock was put back by more than the window.
        cutoff_s = self._clock.now_ms() / 1000 - _DAY_S * self._own.sql_begin_days - _ANY_ZONE_S
        low = await queries.begin_at(cutoff_s)
        self._ladder = None
        # From now on it is known that something may have been sent.
        self._places.put(self.wanted.name, Place(low, self._told_at))
        return low

    async def _chunks(self, queries: Queries, start: Position, *, gently: bool = False) -> AsyncIterator[list[Row]]:
        """Yield the rows from `start` on, in their order; several rows may stand at one position."""
        limit, at_start = CHUNK, set[int]()
        while True:
            began = self._monotonic()
            rows = await queries.ask(queries.rows_from(start, limit))
            yield [row for row in rows if row.position != start or row.digest not in at_start]
            if len(rows) < limit:
                return
            last = rows[-1].position
            limit = 2 * limit if last == start else CHUNK
            start, at_start = last, {row.digest for row in rows if row.position == last}
            if gently:
                # As long as the database has worked, it rests.
                await asyncio.sleep(min(self._monotonic() - began, _LONGEST_PAUSE_S))

    async def _take(self, fresh: list[Row], queries: Queries, listener: Listener) -> None:
        """Read the calls that have `fresh` rows, whole, and hand them over."""
        layout = self.wanted.layout
        if not layout.call:
            await self._hand(fresh, listener, fresh=len(fresh))
            return
        assert self._ladder is not None  # noqa: S101 - as above
        names = dict.fromkeys(layout.call_of(row.record) for row in fresh)
        start = self._ladder.before(min(row.position for row in fresh), layout.reach_s)
        alone = [row for row in fresh if layout.call_of(row.record) is None]
        rows: list[Row] = []
        if alone and layout.told_with_all:
            for row in alone:
                self._keep_alone(row)
            # It may say something else of the calls that came after it.
            async for later in self._chunks(queries, min(row.position for row in alone)):
                names.update(dict.fromkeys(layout.call_of(row.record) for row in later))
        elif alone:
            rows += await queries.ask(queries.rows_of_none(start))
        calls = [name for name in names if name is not None]
        for place in range(0, len(calls), CALLS_AT_ONCE):
            rows += await queries.ask(queries.rows_of(calls[place : place + CALLS_AT_ONCE], start))
        await self._hand([*rows, *fresh], listener, fresh=len(fresh))

    async def _hand(
        self, rows: list[Row], listener: Listener, *, fresh: int | None = None, again: bool = False
    ) -> None:
        """Send what `rows`, whole calls, come to, or come to `again`; return when the broker has it."""
        if not rows and not self._alone:
            return
        once = {(row.position, row.digest): row for row in (*self._alone.values(), *self._partial.of(rows), *rows)}
        if not again and all(row.digest in self._seen for row in once.values()):
            return
        ordered = sorted(once.values(), key=lambda row: (row.position, row.seconds or 0.0))
        self._told_at = max(self._clock.now_ms(), self._told_at + 1)
        reader = self.wanted.layout.make(self._settings, self._told_at)
        now = self._monotonic()
        if isinstance(reader, WaitingReader):
            reader.given_up = self._partial.given_up(ordered, now, self._newest_s)
        for _ in range(len(rows) if fresh is None else fresh):
            listener.heard()
        for number, item in enumerate(guarded(0, b"", reader.read([row.record for row in ordered]))):
            if isinstance(item, Unreadable):
                await self._refuse(item, listener)
            elif isinstance(item.event, bytes):
                await listener.send(item.event)
            else:
                news = self._sent.news(item.event, self._told_at)
                if news is not None:
                    await listener.send(news)
                    self._sent.note(news)
            if number % _IN_TURN == 0:
                await asyncio.sleep(0)
        await listener.flush()
        if isinstance(reader, WaitingReader):
            self._partial.note(ordered, reader.waiting, now, self._newest_s)
        count_unused(reader.unused, listener.metrics)
        self._seen.update((row.digest, row.seconds) for row in ordered)
        self._places.put(self.wanted.name, self._place())

    def _place(self) -> Place:
        known = self._places.get(self.wanted.name)
        low: Any = self._ladder.low if self._ladder is not None else None if known is None else known.low
        return Place(low, self._told_at)

    async def _refuse(self, item: Unreadable, listener: Listener) -> None:
        """Put a row aside, once."""
        digest = hash(item.data)
        if digest not in self._refused:
            self._refused.add(digest)
            await listener.refuse(item.refused, item.data)

    def _keep_alone(self, row: Row) -> None:
        layout = self.wanted.layout
        if layout.told_with_all and layout.call_of(row.record) is None:
            self._alone[row.digest] = row

    def _forget(self, newest_s: float | None) -> None:
        """Forget the rows that no look goes back to any more."""
        if newest_s is None:
            return
        oldest = newest_s - self._window_s - _DAY_S / 24
        for digests in (self._seen, self._alone):
            while digests:
                digest = next(iter(digests))
                known = digests[digest]
                seconds = known if isinstance(known, float) or known is None else known.seconds
                if seconds is None or seconds >= oldest:
                    break
                del digests[digest]


def _young(
    seeds: list[tuple[float, Position]], newest_s: float | None, window_s: float
) -> list[tuple[float, Position]]:
    if newest_s is None or not seeds or newest_s - seeds[0][0] <= 2 * window_s:
        return seeds
    return [one for one in seeds if newest_s - one[0] <= window_s]
