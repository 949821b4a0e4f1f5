"""Asterisk, live: what its manager interface tells becomes whole calls, over as many connections as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.events.faults import internal
from stream.events.original import original_of
from stream.sources.asterisk.ami.calls import SOURCE
from stream.sources.asterisk.ami.exchange import INTERNAL, UNKNOWN
from stream.sources.asterisk.ami.machine import Machine
from stream.sources.asterisk.ami.snapshot import Snapshot
from stream.sources.asterisk.live.ami import DeniedError, UnansweredError, connected
from stream.sources.asterisk.plan import directions_of
from stream.sources.asterisk.settings import AsteriskSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.clock import Clock
    from stream.settings.model import Settings
    from stream.sources.asterisk.ami.messages import Message
    from stream.sources.asterisk.live.ami import Ami, Heard
    from stream.sources.live_source import Listener
    from stream.sources.signs import Signs
    from stream.web.source_metrics import Counts

_LOOK_S: Final = 1.0
_LIST_S: Final = 3.0
_PING_MS: Final = 10_000
_SWEEP_MS: Final = 60_000
_SNAPSHOT_MS: Final = 300_000
_LATE_MS: Final = 2_000
"""How much later than its own time a message may come: the clock alone changes nothing before."""


class Asterisk:
    """The source: open calls last beyond a connection, and are reconciled with what is there after it."""

    name = SOURCE

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        own = settings.group(AsteriskSettings)
        self._machine = Machine(
            directions_of(settings),
            round(own.asterisk_stale_call_h * 3_600_000),
            own.asterisk_lead_variable,
            own.asterisk_queue_wrapup_s,
        )
        self._counted = (0, 0, 0, 0, 0)

    @property
    def signs(self) -> Signs:
        """What the calls that are left out look like."""
        return self._machine.exchange.signs

    async def listen(self, listener: Listener) -> None:
        """Connect, and send the events of what is heard until the connection ends."""
        async with connected(self._settings) as ami:
            listener.connected()
            lost_ms = self._last_ms()
            await self._reconcile(ami, listener, lost_ms)
            await self._members(ami, listener)
            swept = shown = pinged = self._clock.now_ms()
            while True:
                await self._take(await ami.events(_LOOK_S), listener)
                now = self._clock.now_ms()
                await self._send(self._machine.tick(self._machine.exchange.moments.now(now) - _LATE_MS), listener)
                if now - pinged > _PING_MS:
                    pinged = now
                    await ami.ping()
                if now - swept > _SWEEP_MS:
                    swept = now
                    await self._send(self._machine.expire(self._machine.exchange.moments.now(now)), listener)
                if now - shown > _SNAPSHOT_MS:
                    shown = now
                    await self._reconcile(ami, listener, None)

    def _last_ms(self) -> int | None:
        """Return up to when is known what happened; None before the first connection."""
        groups = self._machine.exchange.groups.values()
        return max((group.heard_ms for group in groups), default=None)

    async def _reconcile(self, ami: Ami, listener: Listener, lost_ms: int | None) -> None:
        """Compare the calls under way with the channels there are; where that is not permitted, they time out."""
        try:
            channels = await ami.ask(_LIST_S, Action="CoreShowChannels", as_list=True)
        except (DeniedError, UnansweredError):
            return
        now = self._machine.exchange.moments.now(self._clock.now_ms())
        snapshot = Snapshot(self._machine, channels)
        try:
            snapshot.take_in(now)
        except Exception as error:  # noqa: BLE001  one of ours: which calls are over is seen by their own messages
            await listener.refuse(internal(error), original_of([message.headers for message in channels]))
            return
        await self._send(self._machine.take_events(now), listener)
        await self._take(await ami.events(0), listener)
        snapshot.end_others(now if lost_ms is None else lost_ms)
        await self._send(self._machine.take_events(now), listener)

    async def _members(self, ami: Ami, listener: Listener) -> None:
        """Learn who is a member of which queues now, and paused there."""
        try:
            answers = await ami.ask(_LIST_S, Action="QueueStatus", as_list=True)
        except (DeniedError, UnansweredError):
            return
        now = self._machine.exchange.moments.now(self._clock.now_ms())
        try:
            events = self._machine.exchange.reps.listed(answers, now)
        except Exception as error:  # noqa: BLE001  one of ours: who is a member is seen by what changes
            await listener.refuse(internal(error), original_of([message.headers for message in answers]))
            return
        await self._send(events, listener)

    async def _take(self, heard: Iterable[Heard], listener: Listener) -> None:
        for block, message, refused in heard:
            listener.heard()
            if refused is not None:
                await listener.refuse(refused, block.data)
            elif message is not None:
                await self._feed(message, block.data, self._clock.now_ms(), listener)

    async def _feed(self, message: Message, data: bytes, now: int, listener: Listener) -> None:
        try:
            events = self._machine.feed(message, now)
        except Exception as error:  # noqa: BLE001  one of ours puts this message aside, and the next is taken
            await listener.refuse(internal(error), data)
            return
        await self._send(events, listener)

    async def _send(self, events: Iterable[dict[str, object]], listener: Listener) -> None:
        for event in events:
            await listener.send(event)
        metrics, machine = listener.metrics, self._machine
        metrics.open_calls.set(machine.open_calls)
        counted = (
            machine.timed_out,
            machine.reconciled,
            machine.exchange.moments.untimed,
            machine.exchange.unused[INTERNAL],
            machine.exchange.unused[UNKNOWN],
        )
        own = (metrics.timed_out, metrics.reconciled, metrics.untimed)
        counters: tuple[Counts, ...] = (*own, metrics.left_out, metrics.undirected)
        for counter, now, before in zip(counters, counted, self._counted, strict=True):
            if now > before:
                counter.inc(now - before)
        self._counted = counted
