"""The log of parts of calls: in one order for all gateways, so that each knows what was posted to any of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, Self

from stream.errors import BrokerAwayError
from stream.events.faults import log_fault, refusal_of
from stream.events.refusal import Reason, Refused
from stream.kafka.connection import connection_of
from stream.kafka.follow_topic import following
from stream.kafka.producer import NotTakenError, Record
from stream.kafka.topics import topics
from stream.logs.trouble import Trouble
from stream.logs.words import PARTS_LOG

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from stream.clock import Clock
    from stream.kafka.follow_topic import Follower
    from stream.kafka.producer import Sender
    from stream.settings.model import Settings
    from stream.sources.webhooks import Assembly, Events, Part

_LOOK_AGAIN_S: Final = 0.5
_MOST_ANSWERS: Final = 1_000  # read while those wait who appended: their own among them, and other gateways'

log = logging.getLogger(__name__)


class PartsLog:
    """
    Reads the topic of parts as it grows into `assemblies` (by the name of their webhook), and writes to it.

    The events of a part are those that its assembly returns at its place in the log: it does not matter which gateway
    it was posted to. To be entered, which reads what is there.
    """

    def __init__(self, settings: Settings, assemblies: Mapping[str, Assembly], sender: Sender, clock: Clock) -> None:
        self._connection = connection_of(settings)
        self._topic = topics(settings).legs.name
        self._within_s = settings.gateway_acknowledged_within_s
        self._assemblies = assemblies
        self._sender = sender
        self._clock = clock
        self._answers: OrderedDict[int, Events | Refused] = OrderedDict()
        self._appending = 0
        self._grown = asyncio.Condition()
        self._read_to = 0
        self._trouble = Trouble(PARTS_LOG, log)
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Read all that is kept; raises BrokerAwayError where no broker answers."""
        since = self._clock.now_ms() - max(one.kept_ms for one in self._assemblies.values())
        async with contextlib.AsyncExitStack() as stack:
            follower = await stack.enter_async_context(following(self._connection, self._topic, since_ms=since))
            while not await follower.caught_up():
                await self._read(follower)
            stack.push_async_callback(end, asyncio.create_task(self._follow(follower)))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop reading."""
        await self._stack.aclose()

    async def append(self, part: Part) -> Events:
        """
        Write a part, and return the events that follow from it where it came to stand.

        Raises NotTakenError where the broker does not take it, or does not give it back, within seconds, and Refused
        where nothing can be made of it.
        """
        record = Record(self._topic, part.key.encode(), part.value)
        self._appending += 1
        try:
            (offset,) = await self._sender.send([record], within_s=self._within_s)
            answer = await self._answer_at(offset)
        finally:
            self._appending -= 1
            if not self._appending:
                self._answers.clear()
        if isinstance(answer, Refused):
            raise answer
        return answer

    async def _answer_at(self, offset: int) -> Events | Refused:
        try:
            async with asyncio.timeout(self._within_s), self._grown:
                await self._grown.wait_for(lambda: self._read_to > offset)
        except TimeoutError as error:
            raise NotTakenError("the log of parts is not read") from error
        try:
            return self._answers.pop(offset)
        except KeyError:
            raise NotTakenError("the log of parts is too far behind") from None

    async def _follow(self, follower: Follower) -> None:
        while True:
            try:
                await self._read(follower)
            except BrokerAwayError as error:
                self._trouble.begins(str(error), "trying again")
                await asyncio.sleep(_LOOK_AGAIN_S)
            else:
                self._trouble.ends()

    async def _read(self, follower: Follower) -> None:
        records = await follower.next()
        for record in records:
            self._take(record)
        if records:
            async with self._grown:
                self._grown.notify_all()

    def _take(self, record: Any) -> None:
        self._read_to = record.offset + 1
        try:
            answer = self._apply(record)
        except Exception as error:  # noqa: BLE001  one of ours: whoever posted it is answered, and the next is read
            answer = refusal_of(error)
            if answer.reason is Reason.INTERNAL:
                log_fault(answer, f"the log of parts at offset {record.offset}")
        if answer is None:
            log.warning("the log of parts has a record at offset %d that is none; passing over it", record.offset)
        elif self._appending:  # else nobody waits for it
            self._answers[record.offset] = answer
        while len(self._answers) > _MOST_ANSWERS:
            self._answers.popitem(last=False)

    def _apply(self, record: Any) -> Events | Refused | None:
        of_each = (one.apply(record.value or b"", record.timestamp) for one in self._assemblies.values())
        return next((events for events in of_each if events is not None), None)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel `task`, and return when it has ended."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
