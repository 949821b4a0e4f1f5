"""Server-sent events: the KPIs of a window, and what waits and goes on now, whenever they change."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from agents.pages.messages import Message, Round, Wanted
from agents.pages.parameters import BusyError

if TYPE_CHECKING:
    from collections.abc import Generator

    from agents.pages.answers import Answers
    from agents.pages.live import LiveAnswers
    from agents.peers.floor_view import FloorNow, FloorView
    from stream.web.connections import Connections

LEAST_PAUSE_S: Final = 1.0
REST_FACTOR: Final = 3  # times the duration of a round: all streams together take at most a quarter of the worker
HEARTBEAT_S: Final = 5.0
RECONNECT_MS: Final = 2000
MOST_VIEWERS: Final = 1000
_HEARTBEAT: Final = b": still here\n\n"

log = logging.getLogger(__name__)


class Viewer:
    """One who looks; `pending` is what is to be sent next, and never more than the latest of each kind of message."""

    def __init__(self) -> None:
        self.pending = b""
        self.woken = asyncio.Event()

    def put(self, changes: bytes, everything: bytes) -> None:
        """Send the `changes`, or `everything` if those before them have not been taken yet."""
        self.pending = everything if self.pending else changes
        self.woken.set()

    def take(self) -> bytes:
        """Return what is to be sent."""
        self.woken.clear()
        pending, self.pending = self.pending, b""
        return pending


class View:
    """What all who want the same see."""

    def __init__(self, wanted: Wanted) -> None:
        self.viewers: set[Viewer] = set()
        self.wanted = wanted
        self._shown: dict[str, Message] = {}

    @property
    def everything(self) -> bytes:
        """What a new viewer gets: the latest of each kind of message."""
        return b"".join(message.encoded for message in self._shown.values())

    def show(self, now: Round, *, beating: bool) -> None:
        """Send to all viewers what has changed; with a heartbeat, what goes with it in any case."""
        changes = [_HEARTBEAT] if beating else []
        for kind, message in now.messages(self.wanted).items():
            before = self._shown.get(kind)
            news = before is None or message.seen != before.seen
            if (message.beats and beating) or (news and (beating or before is None or not message.large)):
                self._shown[kind] = message
                changes.append(message.encoded)
        if changes:
            together, everything = b"".join(changes), self.everything
            for viewer in self.viewers:
                viewer.put(together, everything)


class Streams:
    """
    The open streams of one worker, `most` of them.

    Once a second the floor is read and shown to all views, and not at all while nobody looks.
    """

    def __init__(self, view: FloorView, answers: Answers, live: LiveAnswers, most: int = MOST_VIEWERS) -> None:
        self._view = view
        self._answers = answers
        self._live = live
        self._most = most
        self._views: dict[Wanted, View] = {}
        self._open: set[asyncio.Task[Any]] = set()
        self._task: asyncio.Task[None] | None = None
        self._latest: FloorNow | None = None
        self._latest_has_leads = False

    @property
    def viewers(self) -> int:
        """The number of open streams."""
        return sum(len(view.viewers) for view in self._views.values())

    async def close(self, _app: web.Application) -> None:
        """End the streams: a worker that stops does not wait for its viewers."""
        for task in self._open:
            task.cancel()

    async def serve(self, request: web.Request, wanted: Wanted) -> web.StreamResponse:
        """
        Send the KPI set that is wanted whenever it has changed, as messages without a name.

        With `leads`, send that many of the leads waiting too, as `leads` events, when they change and with every
        heartbeat; with `live`, the reps and the queues as events of these names; the heartbeat itself is a comment.
        Raises BusyError if as many look as can.
        """
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        task = asyncio.current_task()
        try:
            with self._looking(wanted) as viewer:
                await response.prepare(request)
                if task is not None:
                    self._open.add(task)
                await response.write(b"retry: %d\n\n" % RECONNECT_MS)
                while True:
                    await response.write(await _next(viewer))
        except (ConnectionError, asyncio.CancelledError):
            if not response.prepared:
                raise
        finally:
            if task is not None:
                self._open.discard(task)
        return response

    @contextmanager
    def _looking(self, wanted: Wanted) -> Generator[Viewer]:
        if self.viewers >= self._most:
            raise BusyError(f"{self._most} walls and streams are open already; close some, or ask another worker")
        view = self._views.get(wanted)
        if view is None:
            view = self._views[wanted] = View(wanted)
            if self._latest is not None and (self._latest_has_leads or not wanted.leads):
                view.show(self._round(self._latest), beating=False)
        viewer = Viewer()
        if view.everything:
            viewer.put(view.everything, view.everything)
        view.viewers.add(viewer)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="pages-streams")
        try:
            yield viewer
        finally:
            view.viewers.discard(viewer)
            if not view.viewers:
                self._views.pop(wanted, None)

    async def _run(self) -> None:
        beat = time.monotonic()
        while self._views:
            began = time.monotonic()
            beating = began - beat >= HEARTBEAT_S
            if beating:
                beat = began
            waiting = any(wanted.leads for wanted in self._views)
            try:
                self._latest = await self._view.now(waiting=waiting)
                self._latest_has_leads = waiting
                await self._show(self._latest, beating=beating)
            except Exception:  # the streams go on: the next reading may succeed
                log.exception("the floor could not be read for the streams")
            took = time.monotonic() - began
            await asyncio.sleep(max(LEAST_PAUSE_S - took, LEAST_PAUSE_S / 2, REST_FACTOR * took))
        self._latest = None

    def _round(self, floor: FloorNow) -> Round:
        return Round(floor, self._answers, self._live)

    async def _show(self, floor: FloorNow, *, beating: bool) -> None:
        now = self._round(floor)
        for wanted, view in list(self._views.items()):
            if self._latest_has_leads or not wanted.leads:  # else it came while the floor was being read
                view.show(now, beating=beating)
                await asyncio.sleep(0)


def most_viewers(connections: Connections | None) -> int:
    """Return how many may look, so that a quarter of the connections is left for everything else."""
    return MOST_VIEWERS if connections is None else min(MOST_VIEWERS, connections.limits.most * 3 // 4)


async def _next(viewer: Viewer) -> bytes:
    """Return what is to be sent next; a heartbeat while reading the floor takes long."""
    try:
        async with asyncio.timeout(HEARTBEAT_S):
            await viewer.woken.wait()
    except TimeoutError:
        return _HEARTBEAT
    return viewer.take()
