"""Replays recorded files: as they were recorded, or moved to now; at full speed, or in time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from stream.errors import RingboardError
from stream.events.faults import internal
from stream.events.original import original_of
from stream.events.types import CallEnded
from stream.replay.bundles import bundles_of, each_opened
from stream.replay.doubts import Doubts
from stream.replay.pace import Pace, Span, shift_to_now
from stream.sources.formats import FORMATS
from stream.sources.left_out import fates_of, notice
from stream.sources.live_kinds import reasons_of
from stream.sources.mapped import MADE_UP
from stream.sources.opening import opened
from stream.sources.reading import JoiningSource, Unreadable, WrongFileError
from stream.sources.shift import as_ms, shifted
from stream.sources.signs import Signs, signs_of
from stream.sources.text import Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from stream.clock import Clock
    from stream.intake.outbox import Outbox
    from stream.replay.bundles import Bundle
    from stream.sources.reading import Read, Source
    from stream.sources.source import Format

EVERY = 2000  # lines between two looks at the broker, and at Ctrl-C
_LAST_WORDS_S = 5.0
_NO_EVENTS = (
    "none of it is an event of Ringboard's; describe other records in a mapping, --mapping FILE "
    "(docs/sources/mapping.md)"
)


@dataclass(slots=True)
class FileReplay:
    """
    How far a file has been replayed: up to `line`, and if it is `complete`.

    `events` of it were sent, `calls` of them whole calls, `refused` were rejected, and `left_out` are calls of
    extensions; `unused` are its rows by kind that say nothing to Ringboard, `left_open` the calls that had not ended
    when it did, `remarks` what its numbers must be read with, `signs` what the calls left out look like, and `doubts`
    looks at events that a person described.
    """

    name: str
    form: str
    line: int = 0
    events: int = 0
    calls: int = 0
    refused: int = 0
    left_out: int = 0
    left_open: int = 0
    complete: bool = False
    unused: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    signs: Signs = field(default_factory=Signs)
    doubts: Doubts | None = None

    def too_much_left_out(self) -> str | None:
        """Return in a line that many of its calls are left out, and why that may be; None of a file without calls."""
        left_out = fates_of(self.unused)
        internal = self.left_out + left_out["internal"]
        fates = {"counted": self.calls, "internal": internal, "unknown": left_out["unknown"]}
        if not any(fates.values()):
            return None
        return notice({**fates, "refused": self.refused}, reasons_of(self.form), self.signs)


@dataclass(slots=True)
class Replay:
    """
    What is replayed, and how: `to_now` moves all times by one amount, `speed` plays them in time.

    `shift_ms` moves them by an amount that is known: that of another file of their set. `encoding` is that of text
    which is not UTF-8. While and after it runs, `files` say how far it has come, and `shift_ms` by how much the times
    are moved. `progress` gets how many bytes of a file on disk have been read since it was called last.
    """

    paths: Sequence[Path]
    clock: Clock
    form: str | Format | None = None
    to_now: bool = False
    speed: float | None = None
    encoding: str | None = None
    progress: Callable[[int], None] = lambda _: None
    shift_ms: int = 0
    files: list[FileReplay] = field(default_factory=list)
    _pace: Pace | None = None

    @property
    def passes(self) -> int:
        """How often each file is read: what is moved or paced is read once before, for its first and last event."""
        return 2 if self.to_now or self.speed is not None else 1

    async def run(self, outbox: Outbox, rehearsal: Outbox) -> None:
        """
        Replay everything through `outbox`; `rehearsal`, which sends nothing, finds the first and the last event.

        What has been read when it is interrupted has reached the broker, if that is there.

        Raises:
            RingboardError: a file cannot be read, or the broker fails; `files` says how far it came.

        """
        form = FORMATS[self.form] if isinstance(self.form, str) else self.form
        sources = bundles_of(self.paths, form, self._written(Written()))
        if self.passes > 1:
            span = await self._span(sources, rehearsal)
            now = self.clock.now_ms()
            if span is not None and self.to_now:
                self.shift_ms = shift_to_now(span, now, self.speed)
            if span is not None and self.speed is not None:
                self._pace = Pace(self.clock, span.moved(self.shift_ms), self.speed)
        try:
            for bundle in sources:
                await self._file(bundle, outbox)
        except (asyncio.CancelledError, RingboardError):
            with contextlib.suppress(TimeoutError, RingboardError):
                await asyncio.wait_for(outbox.flush(), _LAST_WORDS_S)
            raise
        await outbox.flush()

    def _written(self, written: Written) -> Written:
        """Return how a file is written, whose encoding is that of its mapping, or else the floor's."""
        return written if written.encoding is not None else written._replace(encoding=self.encoding)

    async def _span(self, sources: Sequence[Bundle], rehearsal: Outbox) -> Span | None:
        """Find the first and the last of the events that can be admitted: a refused one moves nothing."""
        span: Span | None = None
        for bundle in sources:
            source = bundle.form.make(rehearsal.intake.settings)
            for number, item in enumerate(self._read(bundle, source, []), 1):
                admitted = None if isinstance(item, Unreadable) else rehearsal.put(item.event, bundle.name, item.line)
                if admitted is not None:
                    at = admitted.event.at
                    span = Span(at, at) if span is None else span.with_moment(at)
                if number % EVERY == 0:
                    await asyncio.sleep(0)
        return span

    async def _file(self, bundle: Bundle, outbox: Outbox) -> None:
        form, remarks = bundle.form, list[str]()
        settings = outbox.intake.settings
        source = form.make(settings)
        replayed = FileReplay(bundle.name, form.name)
        if form.described:
            replayed.doubts = Doubts(settings.zone, settings.opening_minutes)
        self.files.append(replayed)
        try:
            for number, item in enumerate(self._read(bundle, source, remarks), 1):
                if isinstance(item, Unreadable):
                    outbox.refuse(item.refused, item.data, item.where or bundle.name, item.line)
                    replayed.refused += 1
                else:
                    await self._send(item, replayed, outbox)
                replayed.line = item.line
                if number % EVERY == 0:
                    await outbox.relieve()
                    await asyncio.sleep(0)
        finally:
            replayed.unused, replayed.left_open = source.unused, source.left_open
            replayed.remarks, replayed.signs = [*remarks, *source.remarks], signs_of(source)
        replayed.complete = True
        if (much := replayed.too_much_left_out()) is not None:
            replayed.remarks.append(much)
        if replayed.doubts is not None:
            as_recorded = not self.shift_ms and not any(one.startswith(MADE_UP) for one in source.remarks)
            by_mapping = form.name != "ndjson"
            replayed.remarks.extend(replayed.doubts.lines(by_mapping=by_mapping, as_recorded=as_recorded))
        if form.name == "ndjson" and replayed.refused and not replayed.events:
            replayed.remarks.append(_NO_EVENTS)

    async def _send(self, item: Read, replayed: FileReplay, outbox: Outbox) -> None:
        event, original, where = item.event, None, item.where or replayed.name
        if self.passes > 1 or self.shift_ms:
            try:
                event, original = self._moved(item)
            except Exception as error:  # noqa: BLE001  one of ours puts this event aside, and the next is sent
                data = item.event if isinstance(item.event, bytes) else original_of(item.event)
                outbox.refuse(internal(error), data, where, item.line)
                replayed.refused += 1
                return
            at = as_ms(event.get("at")) if self._pace is not None and not isinstance(event, bytes) else None
            if self._pace is not None and at is not None and self._pace.wait_ms(at) > 0:
                await outbox.flush()
                await self._pace.until(at)
        refused, left_out = outbox.refused.total(), outbox.left_out
        admitted = outbox.put(event, where, item.line, original)
        if admitted is not None:
            replayed.events += 1
            replayed.calls += type(admitted.event) is CallEnded
            if replayed.doubts is not None:
                replayed.doubts.see(admitted.event, self.clock.now_ms())
        replayed.refused += outbox.refused.total() - refused
        replayed.left_out += outbox.left_out - left_out

    def _moved(self, item: Read) -> tuple[Any, bytes | None]:
        """Return the event with its times moved, and the bytes that it was; one that is no object stays as it is."""
        event = item.event
        if isinstance(event, bytes):
            try:
                event = orjson.loads(event)
            except orjson.JSONDecodeError:
                return item.event, None
            if not isinstance(event, dict):
                return item.event, None
        original = item.event if isinstance(item.event, bytes) else original_of(item.event)
        return shifted(event, self.shift_ms) if self.shift_ms else event, original

    def _read(self, bundle: Bundle, source: Source, remarks: list[str]) -> Iterator[Read | Unreadable]:
        """Yield what stands in the files of a bundle, report the progress, and add to `remarks` how it is written."""
        written = self._written(bundle.form.written)
        if isinstance(source, JoiningSource) and len(bundle.paths) > 1:
            files = each_opened(bundle.paths, written, lambda file: self.progress(file.position))
            yield from source.read_all(files)
            return
        for path in bundle.paths:
            yield from self._read_one(path, source, written, remarks)

    def _read_one(
        self, path: Path, source: Source, written: Written, remarks: list[str]
    ) -> Iterator[Read | Unreadable]:
        reported = 0
        with opened(path, written) as file:
            try:
                for number, item in enumerate(source.read(file.content), 1):
                    yield item
                    if number % EVERY == 0:
                        position = file.position
                        self.progress(position - reported)
                        reported = position
            except WrongFileError as error:
                raise WrongFileError(f"{path.name}: {error}") from error
            finally:
                remarks.extend(file.remarks())
            self.progress(file.position - reported)
