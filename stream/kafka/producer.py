"""Sends records to the broker: idempotent, acknowledged, and to the partitions that Kafka's own clients choose."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.clock import SystemClock
from stream.errors import BrokerAwayError, RingboardError
from stream.kafka.client import LONGEST_WAIT_S, connected
from stream.kafka.partitioner import partition_of
from stream.kafka.topics import EVENT_BYTES, REJECTED_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from stream.clock import Clock
    from stream.kafka.connection import Connection

BATCH_BYTES: Final = 256 * 1024
MOST_UNDER_WAY: Final = 16
_LARGEST_REQUEST: Final = 4 * (EVENT_BYTES + REJECTED_BYTES)
_GIVE_UP_MS: Final = 20_000  # longer than others take: a large request may go over a slow line
_ANSWERS_WITHIN_S: Final = 2.0
_SENT_PER_S: Final = 1_000  # on a busy machine; many records may take longer


class Record(NamedTuple):
    """What goes to Kafka."""

    topic: str
    key: bytes | None
    value: bytes


class NotTakenError(Exception):
    """The broker has not acknowledged what was sent; it may have it all the same, and it is to be sent again."""


class Sender:
    """
    A producer with two ways of sending.

    `send` returns when its few records are acknowledged, or raises within seconds: for whoever has to answer somebody.
    `put` takes records without waiting, and sends them by the batch: whoever puts many awaits `relieve` now and then,
    and `flush` in the end, when all of it is acknowledged. Either way, records of one partition arrive in order.
    """

    def __init__(self, producer: AIOKafkaProducer, clock: Clock) -> None:
        self._producer = producer
        self._clock = clock
        self._partitions: dict[str, list[int]] = {}
        self._open: dict[tuple[str, int], Any] = {}
        self._full: deque[tuple[tuple[str, int], Any]] = deque()
        self._under_way: deque[asyncio.Future[Any]] = deque()

    async def send(self, records: Sequence[Record], *, within_s: float) -> list[int]:
        """
        Return, when the broker has all of `records`, the offset of each.

        Raises NotTakenError where it has not within that many seconds, and some more for many records.
        """
        if not records:
            return []
        try:
            async with asyncio.timeout(within_s + len(records) / _SENT_PER_S):
                sent = [await self._begin(one) for one in records]
                # What is on its way stays on its way: only the waiting ends.
                await asyncio.wait(sent)
        except (KafkaError, TimeoutError) as error:
            raise NotTakenError(_name(error)) from error
        try:
            return [one.result().offset for one in sent]
        except (KafkaError, asyncio.CancelledError) as error:
            raise NotTakenError(_name(error)) from error

    async def answers(self) -> bool:
        """Return whether the broker answers now."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                await self._producer.client.fetch_all_metadata()
        except (KafkaError, TimeoutError, OSError):
            return False
        return True

    async def learn(self, *topics: str) -> None:
        """Find out the partitions of `topics`; raises RingboardError where one is not there."""
        for topic in topics:
            try:
                async with asyncio.timeout(LONGEST_WAIT_S):
                    self._partitions[topic] = sorted(await self._producer.partitions_for(topic))
            except (KafkaError, TimeoutError) as error:
                raise RingboardError(
                    f"topic {topic}: not there; `ringboard worker` creates it when it starts"
                ) from error

    def put(self, record: Record) -> None:
        """Take a record of a topic that was learnt."""
        topic, key, value = record
        place = (topic, _partition(key, self._partitions[topic]))
        batch = self._open.get(place)
        # The broker stamps the time of its arrival anew.
        if batch is None or batch.append(key=key, value=value, timestamp=self._clock.now_ms()) is None:
            if batch is not None:
                self._full.append((place, batch))
            batch = self._open[place] = self._producer.create_batch()
            batch.append(key=key, value=value, timestamp=self._clock.now_ms())

    async def relieve(self) -> None:
        """Send the batches that are full, and wait while too many are under way."""
        while self._full:
            (topic, partition), batch = self._full.popleft()
            await self._send_batch(topic, partition, batch)

    async def flush(self) -> None:
        """Send all that was put, and return when the broker has it."""
        self._full.extend(self._open.items())
        self._open.clear()
        await self.relieve()
        while self._under_way:
            await self._acknowledged(self._under_way.popleft())

    async def _begin(self, record: Record) -> asyncio.Future[Any]:
        sent: asyncio.Future[Any] = await self._producer.send(record.topic, record.value, key=record.key)
        sent.add_done_callback(_retrieve)
        return sent

    async def _send_batch(self, topic: str, partition: int, batch: Any) -> None:
        try:
            self._under_way.append(await self._producer.send_batch(batch, topic, partition=partition))
        except KafkaError as error:
            raise _lost(error) from error
        while len(self._under_way) > MOST_UNDER_WAY:
            await self._acknowledged(self._under_way.popleft())

    async def _acknowledged(self, sent: asyncio.Future[Any]) -> None:
        try:
            await sent
        except KafkaError as error:
            raise _lost(error) from error


@asynccontextmanager
async def sending(connection: Connection, clock: Clock | None = None) -> AsyncGenerator[Sender]:
    """Yield a sender to the broker at `connection`; raises BrokerAwayError if none answers."""
    producer = AIOKafkaProducer(
        **{**connection.options, "request_timeout_ms": _GIVE_UP_MS},
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
        max_request_size=_LARGEST_REQUEST,
        partitioner=lambda key, every, _available: _partition(key, every),
    )
    async with connected(producer, connection):
        yield Sender(producer, clock or SystemClock())


def _partition(key: bytes | None, partitions: Sequence[int]) -> int:
    return partitions[0 if key is None else partition_of(key, len(partitions))]


def _retrieve(sent: asyncio.Future[Any]) -> None:
    """Retrieve the outcome of a record that nobody waits for any more: asyncio would log that nobody did."""
    if not sent.cancelled():
        sent.exception()


def _lost(error: KafkaError) -> RingboardError:
    return BrokerAwayError(
        f"the broker does not take the records ({type(error).__name__}); "
        "run it again when it does: what it has already is not counted twice"
    )


def _name(error: BaseException) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
