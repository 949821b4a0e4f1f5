"""Sends records to the broker by the batch: idempotent, acknowledged, and by key as every other producer does."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from stream.clock import SystemClock
from stream.errors import BrokerAwayError, RingboardError
from stream.kafka.client import LONGEST_WAIT_S, connected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stream.clock import Clock

BATCH_BYTES: Final = 256 * 1024
MOST_UNDER_WAY: Final = 16
_LARGEST_REQUEST: Final = 16 * 1024 * 1024
_GIVE_UP_MS: Final = 20_000
_POSITIVE: Final = 0x7FFFFFFF


@lru_cache(maxsize=131_072)
def _hash(key: bytes) -> int:
    # The hash of Kafka's own clients, in pure Python: the same keys come again and again.
    positive: int = murmur2(key) & _POSITIVE
    return positive


class Sender:
    """
    A producer that is given records one by one, without waiting, and sends them by the batch.

    After `put`, whoever puts many awaits `relieve` now and then, and `flush` in the end: only then is all of it
    acknowledged. Records of one partition arrive in the order they were put.
    """

    def __init__(self, producer: AIOKafkaProducer, clock: Clock) -> None:
        self._producer = producer
        self._clock = clock
        self._partitions: dict[str, list[int]] = {}
        self._open: dict[tuple[str, int], Any] = {}
        self._full: deque[tuple[tuple[str, int], Any]] = deque()
        self._under_way: deque[asyncio.Future[Any]] = deque()

    async def learn(self, *topics: str) -> None:
        """Ask for the partitions of `topics`; `RingboardError` if one is not there."""
        for topic in topics:
            try:
                async with asyncio.timeout(LONGEST_WAIT_S):
                    self._partitions[topic] = sorted(await self._producer.partitions_for(topic))
            except (KafkaError, TimeoutError) as error:
                raise RingboardError(
                    f"topic {topic}: not there; `ringboard worker` creates it when it starts"
                ) from error

    def put(self, topic: str, key: bytes | None, value: bytes) -> None:
        """Take a record of a topic that was learnt."""
        partitions = self._partitions[topic]
        place = (topic, partitions[_hash(key) % len(partitions)] if key is not None else partitions[0])
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
            await self._send(topic, partition, batch)

    async def flush(self) -> None:
        """Send all, and return when the broker has it."""
        self._full.extend(self._open.items())
        self._open.clear()
        await self.relieve()
        while self._under_way:
            await self._acknowledged(self._under_way.popleft())

    async def _send(self, topic: str, partition: int, batch: Any) -> None:
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


def _lost(error: KafkaError) -> RingboardError:
    return BrokerAwayError(
        f"the broker does not take the records ({type(error).__name__}); "
        "run it again when it does: what it has already is not counted twice"
    )


@asynccontextmanager
async def sending(bootstrap: str, clock: Clock | None = None) -> AsyncGenerator[Sender]:
    """Give a `Sender` to the broker at `bootstrap`; `RingboardError` if none answers."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
        max_request_size=_LARGEST_REQUEST,
        request_timeout_ms=_GIVE_UP_MS,
    )
    async with connected(producer, bootstrap):
        yield Sender(producer, clock or SystemClock())
