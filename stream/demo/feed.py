"""Tells the simulated floor to the broker: what is past as fast as it goes, then each event at its moment."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from stream.intake.outbox import outbox_to_broker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from stream.clock import Clock
    from stream.demo.state import Story
    from stream.intake.outbox import Outbox
    from stream.settings.model import Settings

Arrival = tuple[int, dict[str, Any]]

CHUNK = 1000  # events
AHEAD = 8  # chunks
NAP_S = 0.25
SAVE_EVERY_S = 2.0
FOREVER = 2**62
SOURCE = "simulated"


class Teller(threading.Thread):
    """
    Thinks up what comes next in a story, in a thread of its own: from its first day, which takes some seconds.

    It can so begin before there is a broker to tell it to.
    """

    def __init__(self, story: Story) -> None:
        super().__init__(name="teller", daemon=True)
        self._story = story
        self._chunks: queue.Queue[list[Arrival]] = queue.Queue(AHEAD)
        self._done = threading.Event()
        self._failed: BaseException | None = None

    def run(self) -> None:
        """Fill the queue until `stop`."""
        try:
            for chunk in self._told():
                while not self._done.is_set():
                    try:
                        self._chunks.put(chunk, timeout=NAP_S)
                        break
                    except queue.Full:
                        continue
                if self._done.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised where the chunks are read
            self._failed = error

    def stop(self) -> None:
        """Think no further."""
        self._done.set()

    async def chunks(self) -> AsyncIterator[list[Arrival]]:
        """Yield what comes next, without end; an empty chunk where nothing has been thought up yet."""
        while not self._done.is_set():
            try:
                yield await asyncio.to_thread(self._chunks.get, timeout=NAP_S)
            except queue.Empty:
                if self._failed is not None:
                    raise self._failed from None
                yield []

    def _told(self) -> Iterator[list[Arrival]]:
        chunk: list[Arrival] = []
        for arrival in self._story.play.history(FOREVER, after_ms=self._story.told_ours_ms):
            chunk.append(arrival)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
            if self._done.is_set():
                return


class Feed:
    """
    Brings a story to the broker, and keeps in the file `path` how far it has come.

    Attributes:
        events: how many events have been told since this start.
        reached_ms: the moment, in our time, up to which it was told; None before the first event.
        live: whether that is now.

    """

    def __init__(self, story: Story, teller: Teller, path: Path, clock: Clock) -> None:
        self.events = 0
        self.reached_ms = story.told_ours_ms
        self.live = False
        self.from_ms = self.reached_ms
        self._story = story
        self._teller = teller
        self._path = path
        self._clock = clock
        self._saved = 0.0

    @property
    def progress(self) -> float:
        """How much of what is past has been told, from 0 to 1."""
        if self.live:
            return 1.0
        if self.reached_ms is None or self.from_ms is None:
            return 0.0
        return min(1.0, max(0.0, (self.reached_ms - self.from_ms) / max(1, self._clock.now_ms() - self.from_ms)))

    async def run(self, settings: Settings) -> None:
        """
        Tell the story until cancelled; what was told is then kept, and not told again.

        Raises:
            RingboardError: the broker does not take it.

        """
        async with outbox_to_broker(settings, self._clock) as outbox:
            try:
                async for chunk in self._teller.chunks():
                    if chunk:
                        await self._tell(outbox, chunk)
            finally:
                await outbox.flush()
                self._save()

    async def _tell(self, outbox: Outbox, chunk: list[Arrival]) -> None:
        for arrival, event in chunk:
            if self.from_ms is None:
                self.from_ms = arrival
            if arrival > self._clock.now_ms():
                await outbox.flush()
                self.live = True
                await self._until(arrival)
            outbox.put(event, SOURCE, self.events)
            self.events += 1
            # Others may arrive in the same millisecond: better one told twice, which counts once, than one never.
            self.reached_ms = arrival - 1
        await outbox.relieve()
        if self._save_is_due():
            await outbox.flush()
            self._save()

    async def _until(self, arrival: int) -> None:
        """Wait for a moment, with everything sent."""
        if self._save_is_due():
            self._save()
        while (wait_ms := arrival - self._clock.now_ms()) > 0:  # noqa: ASYNC110 - a clock cannot be waited for
            await asyncio.sleep(min(NAP_S, wait_ms / 1000))

    def _save_is_due(self) -> bool:
        return time.monotonic() - self._saved > SAVE_EVERY_S

    def _save(self) -> None:
        if self.reached_ms is not None:
            self._story.told(self.reached_ms).save(self._path)
        self._saved = time.monotonic()
