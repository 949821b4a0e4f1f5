"""Writes the records of a back-up to the end of a partition that nobody else writes to."""

from __future__ import annotations

from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from stream.errors import BrokerAwayError, RefusedError, RingboardError
from stream.kafka.client import connected
from stream.kafka.rights import Right, refusal
from stream.kafka.topics import CHANGELOG_BYTES

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Callable, Iterable

    from stream.backup.segments import Kept
    from stream.kafka.connection import Connection

_BATCH_BYTES: Final = 500_000
_MOST_UNDER_WAY: Final = 16
_GIVE_UP_MS: Final = 30_000


class LogWriter:
    """Writes records with the time stamps they had, and sees to it that each lands where it is expected."""

    def __init__(self, producer: AIOKafkaProducer, connection: Connection, moved: Callable[[int], None]) -> None:
        self._producer = producer
        self._connection = connection
        self._moved = moved
        self._under_way: deque[tuple[asyncio.Future[Any], str, int, int]] = deque()

    async def write(self, place: tuple[str, int], records: Iterable[Kept], end: int) -> int:
        """
        Write `records` to the topic and partition `place`, which ends at `end`; return where it ends then.

        Raises:
            RingboardError: somebody else writes to it, or the broker does not take it.

        """
        topic, partition = place
        batch = self._producer.create_batch()
        for record in records:
            if self._append(batch, record) is None:
                await self._send(batch, topic, partition, end)
                end += batch.record_count()
                batch = self._producer.create_batch()
                self._append(batch, record)  # an empty batch takes a record of any size
        if batch.record_count():
            await self._send(batch, topic, partition, end)
            end += batch.record_count()
        await self._settle(0)
        return end

    @staticmethod
    def _append(batch: Any, record: Kept) -> Any:
        return batch.append(timestamp=record.at, key=record.key, value=record.value, headers=list(record.headers) or [])

    async def _send(self, batch: Any, topic: str, partition: int, end: int) -> None:
        try:
            sent = await self._producer.send_batch(batch, topic, partition=partition)
        except KafkaError as error:
            raise _fails(topic, error) from error
        self._under_way.append((sent, topic, end, batch.record_count()))
        await self._settle(_MOST_UNDER_WAY)

    async def _settle(self, most: int) -> None:
        while len(self._under_way) > most:
            sent, topic, expected, count = self._under_way.popleft()
            try:
                found = await sent
            except TopicAuthorizationFailedError as error:
                raise RefusedError(*refusal(self._connection, [Right("Write", "topic", topic)])) from error
            except KafkaError as error:
                raise _fails(topic, error) from error
            if found.offset != expected:
                raise RingboardError(
                    f"topic {topic}: something else writes to it; stop all that sends events, and restore to a broker "
                    "without them, or with --merge"
                )
            self._moved(count)


@asynccontextmanager
async def writing(connection: Connection, moved: Callable[[int], None]) -> AsyncGenerator[LogWriter]:
    """Yield a writer; raises BrokerAwayError where no broker answers at `connection`."""
    producer = AIOKafkaProducer(
        **{**connection.options, "request_timeout_ms": _GIVE_UP_MS},
        acks="all",
        enable_idempotence=True,
        max_batch_size=_BATCH_BYTES,
        max_request_size=4 * CHANGELOG_BYTES,
    )
    async with connected(producer, connection):
        yield LogWriter(producer, connection, moved)


def _fails(topic: str, error: KafkaError) -> BrokerAwayError:
    return BrokerAwayError(f"topic {topic}: the broker fails ({type(error).__name__})", "run the command again")
