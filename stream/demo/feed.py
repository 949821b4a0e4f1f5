"""Sends the simulated floor to the broker: the past at full speed, then each event when it is due."""

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
    from stream.demo.state import DemoState
    from stream.intake.outbox import Outbox
    from stream.settings.model import Settings

Arrival = tuple[int, dict[str, Any]]

CHUNK = 1000  # events
AHEAD = 8  # chunks
WAIT_S = 0.25
SAVE_EVERY_S = 2.0
SOURCE = "simulated"


class Simulation(threading.Thread):
    """
    Simulates the floor of `state` and its stories in its own thread, ahead of what is sent.

    It always begins with the floor's first day, which takes some seconds, and so is started before the broker.
    """

    def __init__(self, state: DemoState, now_ms: int) -> None:
        super().__init__(name="simulation", daemon=True)
        self._events = state.events(now_ms)
        self._chunks: queue.Queue[list[Arrival]] = queue.Queue(AHEAD)
        self._done = threading.Event()
        self._failed: BaseException | None = None

    def run(self) -> None:
        """Fill the queue until `stop`."""
        try:
            for chunk in self._simulated():
                while not self._done.is_set():
                    try:
                        self._chunks.put(chunk, timeout=WAIT_S)
                        break
                    except queue.Full:
                        continue
                if self._done.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by `chunks`
            self._failed = error

    def stop(self) -> None:
        """Stop simulating."""
        self._done.set()

    async def chunks(self) -> AsyncIterator[list[Arrival]]:
        """Yield (arrival, event) in chunks, without end, empty if none is ready; raise what the thread raised."""
        while not self._done.is_set():
            try:
                yield await asyncio.to_thread(self._chunks.get, timeout=WAIT_S)
            except queue.Empty:
                if self._failed is not None:
                    raise self._failed from None
                yield []

    def _simulated(self) -> Iterator[list[Arrival]]:
        chunk: list[Arrival] = []
        for arrival in self._events:
            chunk.append(arrival)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
            if self._done.is_set():
                return


class Feed:
    """
    Sends what is simulated to the broker, and saves in the file `path` how far it has come.

    Attributes:
        events: how many events have been sent since this start.
        reached_ms: the moment up to which events were sent, in ms since the epoch (real time); None before the first.
        live: whether the past has been sent.

    """

    def __init__(self, state: DemoState, simulation: Simulation, path: Path, clock: Clock) -> None:
        self.events = 0
        self.reached_ms = state.sent_until_ms
        self.live = False
        self.from_ms = self.reached_ms
        self._state = state
        self._simulation = simulation
        self._path = path
        self._clock = clock
        self._saved = 0.0

    @property
    def progress(self) -> float:
        """How much of the past has been sent, from 0 to 1."""
        if self.live:
            return 1.0
        if self.reached_ms is None or self.from_ms is None:
            return 0.0
        return min(1.0, max(0.0, (self.reached_ms - self.from_ms) / max(1, self._clock.now_ms() - self.from_ms)))

    async def run(self, settings: Settings) -> None:
        """
        Send until cancelled; then save how far it has come, so that the next start goes on from there.

        Raises:
            RingboardError: the broker does not answer, or refuses the events.

        """
        async with outbox_to_broker(settings, self._clock) as outbox:
            try:
                async for chunk in self._simulation.chunks():
                    if chunk:
                        await self._send(outbox, chunk)
            finally:
                await outbox.flush()
                self._save()

    async def _send(self, outbox: Outbox, chunk: list[Arrival]) -> None:
        for arrival, event in chunk:
            if self.from_ms is None:  # the little that was before the floor's first day is no part of the progress
                self.from_ms = max(arrival, self._state.play.began_ms)
            if arrival > self._clock.now_ms():
                await outbox.flush()
                self.live = True
                await self._until(arrival)
            outbox.put(event, SOURCE, self.events)
            self.events += 1
            # Others may arrive in the same millisecond: one that is sent twice is counted once, one never sent is lost.
            self.reached_ms = arrival - 1
        await outbox.relieve()
        if self._save_is_due():
            await outbox.flush()
            self._save()

    async def _until(self, arrival: int) -> None:
        """Wait until the clock shows `arrival`; the caller has flushed the outbox."""
        if self._save_is_due():
            self._save()
        while (wait_ms := arrival - self._clock.now_ms()) > 0:  # noqa: ASYNC110 - a clock cannot be waited for
            await asyncio.sleep(min(WAIT_S, wait_ms / 1000))

    def _save_is_due(self) -> bool:
        return time.monotonic() - self._saved > SAVE_EVERY_S

    def _save(self) -> None:
        if self.reached_ms is not None:
            self._state.sent(self.reached_ms).save(self._path)
        self._saved = time.monotonic()
