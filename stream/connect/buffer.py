"""Keeps what a source sends until the broker has it, through as many failures of the broker as there are."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.errors import BrokerAwayError
from stream.events.faults import internal
from stream.events.original import original_of
from stream.intake.outbox import outbox_to_broker
from stream.kafka.backoff import Backoff
from stream.logs.trouble import Trouble
from stream.logs.words import BROKER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from stream.clock import Clock
    from stream.events.refusal import Refused
    from stream.intake.outbox import Outbox
    from stream.settings.model import Settings
    from stream.web.source_metrics import SourceMetrics

log = logging.getLogger(__name__)

MOST_WAITING: Final = 100_000  # past them the source has to wait
_AT_ONCE: Final = 1_000


class _Pending(NamedTuple):
    number: int
    event: bytes | Mapping[str, Any]
    original: bytes | None
    refused: Refused | None = None
    stood: tuple[str, int] | None = None


class Buffer:
    """
    Brings events to the broker in their order, each at least once; `run` does it until it is cancelled.

    What the broker has not acknowledged stays here and is sent again, when it is back. That it is away, and that it is
    back, is logged.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        metrics: SourceMetrics,
        *,
        open_outbox: Callable[[Settings, Clock], AbstractAsyncContextManager[Outbox]] = outbox_to_broker,
        backoff: Backoff | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._trouble = Trouble(BROKER, log)
        self._open = open_outbox
        self._backoff = backoff or Backoff()
        self._waiting: deque[_Pending] = deque()
        self._numbered = 0
        self._changed = asyncio.Condition()
        self.connected = False

    @property
    def waiting(self) -> int:
        """How many events the broker has not acknowledged yet."""
        return len(self._waiting)

    async def put(
        self,
        event: bytes | Mapping[str, Any],
        original: bytes | None = None,
        refused: Refused | None = None,
        stood: tuple[str, int] | None = None,
    ) -> None:
        """
        Take an event, or with `refused` a record for the rejected topic; return when there is room for it.

        `stood` says in which file it stood, and on which line; else it is the source's, by its number.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._waiting) < MOST_WAITING)
            self._numbered += 1
            self._waiting.append(_Pending(self._numbered, event, original, refused, stood))
            self._metrics.unsent.set(len(self._waiting))
            self._changed.notify_all()

    async def empty(self) -> None:
        """Return when the broker has everything."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._waiting)

    async def run(self) -> None:
        """
        Send what comes, as long as it is let.

        Raises:
            RingboardError: what waiting does not change, as a wrong key or topic.

        """
        while True:
            try:
                async with self._open(self._settings, self._clock) as outbox:
                    self._heard_of_broker(there=True)
                    self._trouble.ends(f"{len(self._waiting)} events have waited")
                    self._backoff.reset()
                    await self._send(outbox)
            except BrokerAwayError as error:
                self._trouble.begins(str(error), "what is heard meanwhile is kept")
                self._heard_of_broker(there=False)
            await asyncio.sleep(self._backoff.next_s())

    def _heard_of_broker(self, *, there: bool) -> None:
        self.connected = there
        self._metrics.broker.set(int(there))

    async def _send(self, outbox: Outbox) -> None:
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._waiting))
                pending = list(islice(self._waiting, _AT_ONCE))
            counts = [self._put(outbox, one) for one in pending]
            await outbox.flush()
            for (field, why), number in outbox.intake.admission.labels.take_counts().items():
                self._metrics.label_changed(field, why, number)
            async with self._changed:
                for count in counts:
                    self._waiting.popleft()
                    count()
                self._metrics.unsent.set(len(self._waiting))
                self._changed.notify_all()

    def _put(self, outbox: Outbox, pending: _Pending) -> Callable[[], None]:
        """Put an event in the outbox, and return what counts it once the broker has it."""
        try:
            return self._put_one(outbox, pending)
        except Exception as error:  # noqa: BLE001  one of ours: this event is rejected, else it would fail for ever
            data = pending.event if isinstance(pending.event, bytes) else original_of(pending.event)
            return self._put_one(outbox, pending._replace(event=data, refused=internal(error)))

    def _put_one(self, outbox: Outbox, pending: _Pending) -> Callable[[], None]:
        source, line = pending.stood or (self._metrics.source, pending.number)
        before = outbox.refused.copy()
        if pending.refused is not None:
            assert isinstance(pending.event, bytes)  # noqa: S101 - a record that is rejected is bytes
            outbox.refuse(pending.refused, pending.event, source, line)
            reason = str(pending.refused.reason)
            return lambda: self._metrics.rejected(reason)
        left_out = outbox.left_out
        admitted = outbox.put(pending.event, source, line, pending.original)
        if admitted is not None:
            kind = str(type(admitted.event).__struct_config__.tag)
            return lambda: self._metrics.sent(kind)
        if outbox.left_out > left_out:
            return self._metrics.left_out.inc
        reason = next(iter(outbox.refused - before))
        return lambda: self._metrics.rejected(reason)
