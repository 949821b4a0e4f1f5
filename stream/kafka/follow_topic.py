"""Following a topic of one partition as it grows."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream.errors import BrokerAwayError
from stream.kafka.client import connected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from stream.kafka.connection import Connection

_WAIT_MS: Final = 1000


class Follower:
    """Reads a topic on and on; `end` was its end when it was opened."""

    def __init__(self, consumer: Any, place: TopicPartition, end: int) -> None:
        self._consumer = consumer
        self._place = place
        self.end = end

    async def caught_up(self) -> bool:
        """Return whether all has been read that was there when the topic was opened."""
        return bool(await self._consumer.position(self._place) >= self.end)

    async def next(self) -> Sequence[Any]:
        """Return aiokafka's next records, none if none come for a second; raises BrokerAwayError where that fails."""
        try:
            found = await self._consumer.getmany(self._place, timeout_ms=_WAIT_MS)
        except KafkaError as error:
            raise _away(self._place.topic, error) from error
        records: Sequence[Any] = found.get(self._place, ())
        return records


@asynccontextmanager
async def following(connection: Connection, topic: str, *, since_ms: int) -> AsyncGenerator[Follower]:
    """Yield what follows `topic` from the records that came at `since_ms`; raises BrokerAwayError if that fails."""
    place = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(**connection.options, enable_auto_commit=False)
    async with connected(consumer, connection):
        try:
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            found = (await consumer.offsets_for_times({place: since_ms}))[place]
            consumer.seek(place, found.offset if found is not None else end)
        except KafkaError as error:
            raise _away(topic, error) from error
        yield Follower(consumer, place, end)


def _away(topic: str, error: KafkaError) -> BrokerAwayError:
    return BrokerAwayError(f"topic {topic}: the broker fails ({type(error).__name__})")
