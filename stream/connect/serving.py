"""Runs a live source until it is stopped: connects it as often as it takes, and sends what it hears."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

from stream.connect.buffer import Buffer
from stream.connect.pages import pages
from stream.errors import RingboardError
from stream.events.faults import internal
from stream.kafka.backoff import LONGEST_S, Backoff
from stream.logs.trouble import Trouble
from stream.logs.words import BROKER, is_away
from stream.sources.left_out import notice
from stream.sources.live_source import LostError
from stream.sources.signs import signs_of
from stream.web.source_metrics import SourceMetrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.clock import Clock
    from stream.events.refusal import Refused
    from stream.settings.model import Settings
    from stream.sources.left_out import Reason
    from stream.sources.live_source import LiveSource

LAST_WORDS_S: Final = 5.0
LOOKED_AT_EVERY_S: Final = 10.0
_STEADY_MS: Final = round(1000 * LONGEST_S)

log = logging.getLogger(__name__)


class MeteredListener:
    """The `Listener` of one source: counts what is heard, and puts it into the buffer."""

    def __init__(self, metrics: SourceMetrics, buffer: Buffer, clock: Clock) -> None:
        self.metrics = metrics
        self.trouble = Trouble(metrics.source, log)
        self._buffer = buffer
        self._clock = clock
        self._heard = False
        self.since_ms: int | None = None  # when the connection was made that lasts; None without one

    def connected(self) -> None:
        """Note that the source is connected, logged in and listening."""
        self.since_ms = self._clock.now_ms()
        self._heard = False
        self.metrics.connected.set(1)
        if self.trouble.lasts:
            self.trouble.ends()
        else:
            log.info("%s: connected", self.metrics.source)

    def heard(self) -> None:
        """Note that a message came from the source, whatever it says."""
        self._heard = True
        self.metrics.heard.inc()
        self.metrics.last_event.set(self._clock.now_ms() / 1000)

    async def send(self, event: bytes | Mapping[str, Any], original: bytes | None = None) -> None:
        """Take an event."""
        await self._buffer.put(event, original)

    async def refuse(self, refused: Refused, data: bytes) -> None:
        """Take a record that is no event."""
        await self._buffer.put(data, refused=refused)

    async def flush(self) -> None:
        """Return when the broker has all that was sent."""
        await self._buffer.empty()

    def lost(self) -> bool:
        """Note that the connection ended; return whether it was of use: something was heard, or it lasted."""
        lasted = self.since_ms is not None and self._clock.now_ms() - self.since_ms >= _STEADY_MS
        steady = self.since_ms is not None and (self._heard or lasted)
        self.since_ms = None
        self.metrics.connected.set(0)
        return steady


class Service:
    """
    One live source, and all that it takes to keep it going.

    `backoff` are the waits between two connections; `reasons` are why the source may leave calls out, which is logged
    once if it leaves out many.
    """

    def __init__(
        self,
        source: LiveSource,
        settings: Settings,
        clock: Clock,
        *,
        backoff: Backoff | None = None,
        buffer: Buffer | None = None,
        metrics: SourceMetrics | None = None,
        reasons: Sequence[Reason] = (),
        look_every_s: float = LOOKED_AT_EVERY_S,
    ) -> None:
        self.metrics = metrics or SourceMetrics(source.name)
        self._reasons = reasons
        self._look_every_s = look_every_s
        self._source = source
        self._settings = settings
        self._backoff = backoff or Backoff()
        self._buffer = buffer or Buffer(settings, clock, self.metrics)
        self._listener = MeteredListener(self.metrics, self._buffer, clock)

    async def run(self, stop: asyncio.Event) -> None:
        """
        Keep the source going until `stop`; what was heard has then reached the broker, if that is there.

        Raises:
            RingboardError: the port is taken, or the broker refuses what trying again would not change.

        """
        async with pages(self._settings, self.metrics.registry, self.health) as port:
            if port is not None:
                log.info("/metrics and /healthz at http://%s:%d", self._settings.connect_host, port)
            sending = asyncio.create_task(self._buffer.run())
            listening = asyncio.create_task(self._listen())
            stopping = asyncio.create_task(stop.wait())
            looking = asyncio.create_task(self._look())
            tasks = (sending, listening, stopping)
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                await _end(listening)
                if sending not in done:
                    await self._last_words()
                for task in done:
                    task.result()
            finally:
                for task in (*tasks, looking):
                    await _end(task)

    def health(self) -> dict[str, object]:
        """Return whether the source is connected, and the broker takes what it sends."""
        source, broker = self._listener.since_ms is not None, self._buffer.connected
        return {
            "healthy": source and broker,
            "source": self._source.name,
            "connected": source,
            "why": self._listener.trouble.why,
            "broker": broker,
            "unsent": self._buffer.waiting,
            "left_out": self.left_out(),
        }

    def left_out(self) -> str | None:
        """Return in a line that many calls are left out, and why that may be; None where it is not many."""
        return notice(self.metrics.fates, self._reasons, signs_of(self._source))

    async def _look(self) -> None:
        """Say once that many calls are left out, when it comes to that."""
        while (said := self.left_out()) is None:  # noqa: ASYNC110 - what is counted tells nobody
            await asyncio.sleep(self._look_every_s)
        log.warning("%s: %s", self._source.name, said)

    async def _listen(self) -> None:
        while True:
            hopeless = False
            try:
                await self._source.listen(self._listener)
                why = "the connection ended"
            except LostError as error:
                why, hopeless = str(error), error.hopeless
            except RingboardError:
                raise
            except Exception as error:  # noqa: BLE001  one of ours: what comes after it is heard over a new connection
                await self._listener.refuse(internal(error), b"")
                why = "what it said could not be taken"
            if self._listener.lost():
                self._backoff.reset()
            self.metrics.reconnects.inc()
            wait = self._backoff.next_s(longest=hopeless)
            self._listener.trouble.begins(why, "trying again")
            await asyncio.sleep(wait)

    async def _last_words(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._buffer.empty(), LAST_WORDS_S)
        if self._buffer.waiting:
            log.error("%d events were not sent: %s", self._buffer.waiting, is_away(BROKER))


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task
