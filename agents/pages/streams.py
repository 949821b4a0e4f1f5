"""Server-sent events: the KPIs of a window, and the leads that wait, whenever they change."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import orjson
from aiohttp import web

from stream.errors import RingboardError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from agents.pages.answers import Answers
    from agents.peers.floor_view import FloorNow, FloorView
    from stream.kpi.reading import Filters

LEAST_PAUSE_S: Final = 1.0
REST_FACTOR: Final = 3  # times the duration of a read: all streams together take at most a quarter of the worker
HEARTBEAT_S: Final = 5.0
RECONNECT_MS: Final = 2000
MOST_CLIENTS: Final = 200

log = logging.getLogger(__name__)


class Ticker:
    """Reads the floor once a second for all listeners, and not at all while there are none."""

    def __init__(self, view: FloorView) -> None:
        self._view = view
        self._listeners: dict[asyncio.Queue[FloorNow], bool] = {}  # and whether each wants the leads that wait
        self._task: asyncio.Task[None] | None = None
        self._latest: FloorNow | None = None
        self._latest_has_leads = False

    @property
    def listeners(self) -> int:
        """The number of listeners."""
        return len(self._listeners)

    @asynccontextmanager
    async def listen(self, *, leads: bool) -> AsyncGenerator[asyncio.Queue[FloorNow]]:
        """Yield a queue that holds only the latest reading; with the leads that wait, if `leads`."""
        if len(self._listeners) >= MOST_CLIENTS:
            raise RingboardError(f"{MOST_CLIENTS} streams are open already; close some")
        queue: asyncio.Queue[FloorNow] = asyncio.Queue(1)
        self._listeners[queue] = leads
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="pages-ticker")
        elif self._latest is not None and (self._latest_has_leads or not leads):
            queue.put_nowait(self._latest)
        try:
            yield queue
        finally:
            del self._listeners[queue]

    async def _run(self) -> None:
        while self._listeners:
            began = time.monotonic()
            waiting = any(self._listeners.values())
            try:
                self._publish(await self._view.now(waiting=waiting), waiting=waiting)
            except Exception:  # the streams go on: the next reading may succeed
                log.exception("the floor could not be read for the streams")
            took = time.monotonic() - began
            await asyncio.sleep(max(LEAST_PAUSE_S - took, LEAST_PAUSE_S / 2, REST_FACTOR * took))

    def _publish(self, floor: FloorNow, *, waiting: bool) -> None:
        self._latest, self._latest_has_leads = floor, waiting
        for queue, leads in self._listeners.items():
            if leads and not waiting:  # this listener came while the floor was being read
                continue
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(floor)


class Streams:
    """The open streams of one worker."""

    def __init__(self, view: FloorView, answers: Answers) -> None:
        self.ticker = Ticker(view)
        self._answers = answers
        self._open: set[asyncio.Task[Any]] = set()

    async def close(self, _app: web.Application) -> None:
        """End the streams: a worker that stops does not wait for its viewers."""
        for task in self._open:
            task.cancel()

    async def serve(self, request: web.Request, window: str, filters: Filters, leads: int) -> web.StreamResponse:
        """
        Send the KPI set of `window` under `filters` whenever it has changed, as messages without a name.

        With `leads`, send that many of the leads waiting too, as `leads` events, when they change and with every
        heartbeat; the heartbeat itself is a comment.
        """
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        task = asyncio.current_task()
        try:
            async with self.ticker.listen(leads=leads > 0) as queue:
                await response.prepare(request)
                if task is not None:
                    self._open.add(task)
                await response.write(b"retry: %d\n\n" % RECONNECT_MS)
                await self._send(response, queue, window, filters, leads)
        except (ConnectionError, asyncio.CancelledError):
            if not response.prepared:
                raise
        finally:
            if task is not None:
                self._open.discard(task)
        return response

    async def _send(
        self,
        response: web.StreamResponse,
        queue: asyncio.Queue[FloorNow],
        window: str,
        filters: Filters,
        leads: int,
    ) -> None:
        sent_kpis: Any = None
        sent_leads: Any = None
        beat = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    floor = await queue.get()
            except TimeoutError:  # reading the floor takes long
                await response.write(b": still here\n\n")
                continue
            out = []
            beating = time.monotonic() - beat >= HEARTBEAT_S
            if beating:
                beat = time.monotonic()
                out.append(b": still here\n\n")
            kpis = self._answers.kpis(floor, window, filters)
            if (seen := {**kpis, "as_of": None}) != sent_kpis:
                sent_kpis = seen
                out.append(b"data: %b\n\n" % orjson.dumps(kpis))
            if leads:
                waiting = self._answers.waiting(floor, filters, leads)
                seen = {lead["lead"]: lead["band"] for lead in waiting["leads"]} | waiting["waiting"]
                if seen != sent_leads or beating:
                    sent_leads = seen
                    out.append(b"event: leads\ndata: %b\n\n" % orjson.dumps(waiting))
            if out:
                await response.write(b"".join(out))
