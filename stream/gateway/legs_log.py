"""The log of legs: what callbacks told, in one order for all gateways, so that each knows what any of them was told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream.kafka.client import connected
from stream.kafka.producer import NotTakenError, Record
from stream.sources.twilio.calls import KEPT_MS
from stream.sources.twilio.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from stream.clock import Clock
    from stream.kafka.producer import Sender
    from stream.settings.model import Settings
    from stream.sources.twilio.calls import Calls, Events

_LOOK_AGAIN_S: Final = 0.5
_MOST_ANSWERS: Final = 10_000
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Fact).decode

log = logging.getLogger(__name__)


class LegsLog:
    """
    Reads the topic of legs as it grows into `calls`, and writes to it; to be entered, which reads what is there.

    What a fact tells is what `calls` says of it in its place in the log: it does not matter which gateway was told.
    """

    def __init__(self, settings: Settings, topic: str, calls: Calls, sender: Sender, clock: Clock) -> None:
        self._broker = settings.broker
        self._within_s = settings.gateway_acknowledged_within_s
        self._place = TopicPartition(topic, 0)
        self._calls = calls
        self._sender = sender
        self._clock = clock
        self._answers: OrderedDict[int, Events] = OrderedDict()
        self._grown = asyncio.Condition()
        self._read_to = 0
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Read all that is kept; raises BrokerAwayError where no broker answers."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._broker, enable_auto_commit=False)
        await self._stack.enter_async_context(connected(consumer, self._broker))
        consumer.assign([self._place])
        since = self._clock.now_ms() - KEPT_MS
        end = (await consumer.end_offsets([self._place]))[self._place]
        found = (await consumer.offsets_for_times({self._place: since}))[self._place]
        consumer.seek(self._place, found.offset if found is not None else end)
        while await consumer.position(self._place) < end:
            await self._read(consumer)
        tail = asyncio.create_task(self._tail(consumer))
        self._stack.push_async_callback(_end, tail)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go."""
        await self._stack.aclose()

    async def tell(self, fact: Fact) -> Events:
        """
        Write a fact, and return what it tells where it came to stand.

        Raises NotTakenError where the broker does not take it, or does not give it back, within seconds.
        """
        record = Record(self._place.topic, fact.sid.encode(), _encode(fact))
        (offset,) = await self._sender.send([record], within_s=self._within_s)
        try:
            async with asyncio.timeout(self._within_s), self._grown:
                await self._grown.wait_for(lambda: self._read_to > offset)
        except TimeoutError as error:
            raise NotTakenError("the log of legs is not read") from error
        try:
            return self._answers.pop(offset)
        except KeyError:
            raise NotTakenError("the log of legs is too far behind") from None

    def all_ended(self) -> Iterator[Events]:
        """Give what is known of the calls that are over: what a process had not said yet when it ended."""
        yield from self._calls.all_ended()

    async def _tail(self, consumer: Any) -> None:
        while True:
            try:
                await self._read(consumer)
            except KafkaError as error:
                log.warning("the log of legs cannot be read (%s); trying again", type(error).__name__)
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def _read(self, consumer: Any) -> None:
        records = (await consumer.getmany(self._place, timeout_ms=1000)).get(self._place, ())
        for record in records:
            self._take(record)
        if records:
            async with self._grown:
                self._grown.notify_all()

    def _take(self, record: Any) -> None:
        self._read_to = record.offset + 1
        try:
            fact = _decode(record.value or b"")
        except (msgspec.MsgspecError, ValueError):
            log.warning("the log of legs has a record at offset %d that is none; passing over it", record.offset)
            return
        self._answers[record.offset] = self._calls.apply(fact, record.timestamp)
        while len(self._answers) > _MOST_ANSWERS:
            self._answers.popitem(last=False)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
