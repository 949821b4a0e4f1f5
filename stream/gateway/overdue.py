"""Sends what follows from parts of calls without a post: calls that are overdue, and at start what may be lost."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol

from stream.gateway.submission import Submission
from stream.gateway.turn import Turn
from stream.kafka.producer import NotTakenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stream.events.call_parts import Events
    from stream.gateway.meters import Meters
    from stream.intake.outbox import Intake
    from stream.kafka.producer import Record
    from stream.sources.webhooks import Assembly

LOOK_EVERY_S: Final = 1.0

log = logging.getLogger(__name__)


class Sends(Protocol):
    """What brings records to the broker."""

    async def send(self, records: Sequence[Record]) -> object:
        """Return when the broker has `records`; raises NotTakenError."""


class Overdue:
    """Tells of the calls of `assemblies`, by the name of their webhook, that nobody posts anything more of."""

    def __init__(self, intake: Intake, assemblies: Mapping[str, Assembly], meters: Meters) -> None:
        self._intake = intake
        self._assemblies = assemblies
        self._meters = meters

    async def send_ends_again(self, line: Sends) -> None:
        """Send the ends of the last day's calls again: a gateway may have died before it sent one. Each counts once."""
        now = self._intake.clock.now_ms()
        for name, assembly in self._assemblies.items():
            await self._send(line, name, assembly.all_ended(now), counted=False)

    async def run(self, line: Sends) -> None:
        """Look for calls that are overdue, on and on; one whose event the broker does not take is sent later."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for name, assembly in self._assemblies.items():
                found = list(assembly.overdue(self._intake.clock.now_ms()))
                while found:
                    try:
                        await self._send(line, name, found, counted=True)
                        break
                    except NotTakenError as error:
                        log.warning("calls that are overdue cannot be sent (%s); trying again", error)
                        await asyncio.sleep(LOOK_EVERY_S)
                for (part, what), count in assembly.lacking.items():
                    self._meters.lacking.labels(name, part, what).inc(count)
                assembly.lacking.clear()

    async def _send(self, line: Sends, name: str, found: Iterable[Events], *, counted: bool) -> None:
        submission, turn = Submission(self._intake, name), Turn()
        for one in found:
            for event in one:
                submission.put(event)
            if turn.is_over:
                await turn.give_way()
            if submission.is_full:
                await self._send_batch(line, submission, last=False, counted=counted)
        await self._send_batch(line, submission, last=True, counted=counted)

    async def _send_batch(self, line: Sends, submission: Submission, *, last: bool, counted: bool) -> None:
        batch = submission.take(last=last)
        records = await submission.records_of(batch)
        if records:
            await line.send(records)
        if counted:
            self._meters.count(submission.source, batch, self._intake.admission)
