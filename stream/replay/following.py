"""Follows a log that grows: its lines become records, which are given on in batches; then its position is kept."""

from __future__ import annotations

import asyncio
import threading
import time
from bisect import bisect_right
from collections import Counter
from concurrent.futures import CancelledError as GivenUpError
from typing import TYPE_CHECKING, Any, Final, Protocol

from stream.replay.generations import Log
from stream.sources.formats import FORMATS
from stream.sources.left_out import count_unused
from stream.sources.live_source import LostError
from stream.sources.opening import format_of
from stream.sources.reading import Unreadable, WrongFileError
from stream.sources.text import decoded

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence
    from pathlib import Path

    from stream.events.refusal import Refused
    from stream.replay.generations import Generation, Place
    from stream.replay.positions import Positions
    from stream.settings.model import Settings
    from stream.sources.live_source import Listener
    from stream.sources.reading import Read, Source
    from stream.sources.source import Format

_MOST: Final = 2000  # items of a batch
_NAP_S: Final = 0.25
_KNOWN_S: Final = 2.0  # between two looks at the calls that have ended
_LAST_WORDS_S: Final = 4.0
_LOOKED_AT: Final = 65_536  # what a reader reads of the first line to look at it, before it goes back
_MARK_MS: Final = 600_000  # between two places from which it may be read again


class Taker(Protocol):
    """Takes what is read, and brings it to the broker; `stood` are the file and the line."""

    async def put(
        self,
        event: bytes | Mapping[str, Any],
        *,
        refused: Refused | None = None,
        stood: tuple[str, int] | None = None,
    ) -> None:
        """Take an event, or with `refused` a record for the rejected topic."""

    async def empty(self) -> None:
        """Return when the broker has everything."""


class FollowedLog:
    """
    The source of `path`: a log of a format that can be followed, which may not be there yet.

    `lines` have been read since it began, of which `events` were made and `refused` were none; `unused` and `remarks`
    are the reader's.
    """

    def __init__(self, path: Path, form: Format | None, settings: Settings, positions: Positions) -> None:
        self.name = path.name
        self.form = form
        self.lines = self.events = self.refused = 0
        self.unused: Counter[str] = Counter()
        self.remarks: list[str] = []
        self.encoding = settings.text_encoding
        self._path = path
        self._settings = settings
        self._positions = positions

    async def follow(self, listener: Listener, taker: Taker) -> None:
        """Give `taker` what stands in the log, and what is written to it, until it is cancelled; raises LostError."""
        loop = asyncio.get_running_loop()
        feed = _Feed(self, Log(self._path, self._positions.read()), listener, taker, loop)
        following = loop.run_in_executor(None, self._follow, feed)
        try:
            await asyncio.shield(following)
        except asyncio.CancelledError:
            feed.stop.set()
            await asyncio.wait({following}, timeout=2 * _LAST_WORDS_S)
            raise
        finally:
            feed.stop.set()

    def _follow(self, feed: _Feed) -> None:
        try:
            while self.form is None and not feed.stop.is_set():
                self.form = feed.recognised()
            if self.form is None:
                return
            source = self.form.make(self._settings)
            feed.source = source
            for item in source.read(feed):  # type: ignore[arg-type]
                feed.take(item)
            feed.hand_over()
            self.unused, self.remarks = source.unused, [*feed.remarks(), *source.remarks]
        except WrongFileError as error:
            raise LostError(f"{self.name}: {error}", hopeless=True) from error
        except OSError as error:
            raise LostError(f"{self.name}: cannot be read ({error.strerror})", hopeless=True) from error
        except GivenUpError:
            return
        finally:
            feed.log.close()

    def keep(self, places: list[Place]) -> None:
        """Note how far the log was given."""
        self._positions.keep(places)


class FollowedLogs:
    """Several logs as one live source; when one of them fails, all begin again where they were."""

    name = "log"

    def __init__(self, logs: Sequence[FollowedLog], taker: Taker) -> None:
        self._logs = logs
        self._taker = taker

    async def listen(self, listener: Listener) -> None:
        """Give what is written to all of them until it is cancelled."""
        listener.connected()
        tasks = [asyncio.create_task(log.follow(listener, self._taker)) for log in self._logs]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class _Feed:
    """
    The log as the file that a reader reads, in a thread of its own: it waits for lines, and ends when it is stopped.

    While it waits, what was read is given on, and after that the position is kept: so what is given twice, after a
    crash, is the same and counts once.
    """

    def __init__(
        self, owner: FollowedLog, log: Log, listener: Listener, taker: Taker, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.stop = threading.Event()
        self.source: Source | None = None
        self.log = log
        self._owner = owner
        self._listener = listener
        self._taker = taker
        self._loop = loop
        self._batch: list[tuple[Read | Unreadable, tuple[str, int]]] = []
        self._unused: Counter[str] = Counter()
        self._held: bytes | None = None
        self._looks = False
        self._warms = False
        self._given = 0
        self._segments: list[tuple[int, Generation, int]] = []
        self._marks: dict[Generation, list[tuple[int, int, int]]] = {}
        self._latest_ms = 0
        self._told_s = time.monotonic()
        self._others = 0

    # what a reader asks of a file

    def tell(self) -> int:
        """Return that it is read from the beginning, of what there is."""
        return 0

    def seek(self, place: int) -> int:
        """Give again what was looked at."""
        self._looks = False
        return place

    def read(self, _size: int = -1) -> bytes:
        """Return the first line, to be looked at, and then nothing; it is given again."""
        if self._looks:
            return b""
        if self._held is None:
            self._held = self._next()
        self._looks = True
        return self._held or b""

    def readline(self, size: int = -1) -> bytes:
        """Return the next line when there is one; nothing when it is stopped."""
        if size == _LOOKED_AT:
            return self.read()
        line, self._held = self._held or self._next(), None
        return line or b""

    # what is done with what it makes of it

    def recognised(self) -> Format | None:
        """Return the format by the first line; None where it is stopped before there is one."""
        head = self.read()
        self.seek(0)
        return FORMATS[format_of(self._owner.name, head)] if head else None

    def take(self, item: Read | Unreadable) -> None:
        """Take what the reader has made of the lines."""
        at = 0 if isinstance(item, Unreadable) or isinstance(item.event, bytes) else item.event.get("at", 0)
        self._latest_ms = max(self._latest_ms, at if isinstance(at, int) else 0)
        if not self._warms:
            self._batch.append((item, self._stood(item.line)))

    def hand_over(self) -> None:
        """Give on what was read, and keep the position when the broker has it."""
        unused = self._more_unused()
        if self._batch or unused:
            batch, self._batch = self._batch, []
            self._wait_for(self._send(batch, unused))
        self._owner.keep([one.place(self._since(one)) for one in self._needed() if one.offset])

    def remarks(self) -> list[str]:
        """Return what the numbers must be read with."""
        said = [f"{self._others} of its lines are not UTF-8, and were read as Windows-1252"] if self._others else []
        if self.log.lost:
            said.append("where it was left is in no file beside it any more: what stood between was not read")
        return said

    def _next(self) -> bytes | None:
        while not self.stop.is_set():
            if len(self._batch) >= _MOST:
                self.hand_over()
            line = self.log.next_line()
            if line is not None:
                return self._counted(line)
            self._warm(False)  # all that was given before has been read again
            self._know()
            self.hand_over()
            self.stop.wait(_NAP_S)
        return None

    def _counted(self, line: bytes) -> bytes:
        generation = self.log.last
        assert generation is not None  # noqa: S101  it has just given a line
        self._given += 1
        self._warm(generation.warms)
        self._owner.lines += not self._warms
        if not self._segments or self._segments[-1][1] is not generation:
            self._segments.append((self._given, generation, generation.line))
        marks = self._marks.setdefault(generation, [(self._latest_ms, *generation.began)])
        if self._latest_ms >= marks[-1][0] + _MARK_MS and not generation.is_header:
            marks.append((self._latest_ms, generation.offset - len(line), generation.line - 1))
        if time.monotonic() - self._told_s > 2 * _KNOWN_S:
            self._know()
        try:
            line.decode()
        except UnicodeDecodeError:
            self._others += 1
            return decoded(line, self._owner.encoding).encode()
        return line.replace(b"\0", b"")

    def _needed_ms(self) -> int:
        """Return since when lines may belong to what is under way now."""
        form = self._owner.form
        return self._latest_ms - 3_600_000 * (form.follow_h or 0 if form is not None else 0)

    def _needed(self) -> list[Generation]:
        """Return the files that are followed, and those before them that may belong to what is under way."""
        for one in list(self.log.retired):
            last = self._marks[one][-1][0] if one in self._marks else 0
            if last + _MARK_MS < self._needed_ms():
                self.log.retired.remove(one)
                self._marks.pop(one, None)
                one.close()
        return [*self.log.retired, *self.log.generations]

    def _since(self, generation: Generation) -> tuple[int, int]:
        """Return from where `generation` is to be read again, so that what is under way now is known."""
        marks = self._marks.get(generation, [])
        while len(marks) > 1 and marks[1][0] <= self._needed_ms():
            del marks[0]
        return (marks[0][1], marks[0][2]) if marks else generation.began

    def _know(self) -> None:
        """Take what is known of calls that have ended, and may be told of again."""
        known: Any = getattr(self.source, "known", None)
        if known is None or self._warms or time.monotonic() - self._told_s < _KNOWN_S:
            return
        self._told_s = time.monotonic()
        for item in known():
            self.take(item)

    def _stood(self, line: int) -> tuple[str, int]:
        """Return the file, and the line in it, of the line of that number of all that were given."""
        place = bisect_right(self._segments, line, key=lambda one: one[0]) - 1
        if place < 0:
            return self._owner.name, line
        begins, generation, first = self._segments[place]
        return generation.name, first + line - begins

    def _warm(self, warms: bool) -> None:
        """Note whether what is read now was given before a restart already: nothing of that is counted again."""
        if self._warms and not warms:
            self._more_unused()
        self._warms = warms

    def _more_unused(self) -> Counter[str]:
        """Return what the reader has counted as unused, by kind, since this was called last."""
        before, self._unused = self._unused, Counter() if self.source is None else self.source.unused.copy()
        return self._unused - before

    async def _send(self, batch: list[tuple[Read | Unreadable, tuple[str, int]]], unused: Counter[str]) -> None:
        count_unused(unused, self._listener.metrics)
        for item, stood in batch:
            self._listener.heard()
            if isinstance(item, Unreadable):
                self._owner.refused += 1
                await self._taker.put(item.data, refused=item.refused, stood=stood)
            else:
                self._owner.events += 1
                await self._taker.put(item.event, stood=stood)
        await self._taker.empty()

    def _wait_for(self, sending: Coroutine[Any, Any, None]) -> None:
        """Return when it is done; raises GivenUpError where it takes too long after the stop."""
        future = asyncio.run_coroutine_threadsafe(sending, self._loop)
        stopped_s: float | None = None
        while True:
            try:
                future.result(timeout=_NAP_S)
            except TimeoutError:
                if not self.stop.is_set():
                    continue
                stopped_s = stopped_s or time.monotonic()
                if time.monotonic() - stopped_s > _LAST_WORDS_S:
                    future.cancel()
                    raise GivenUpError from None
            else:
                return
