"""Reading a topic of one partition from somewhere to its present end, committed records only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError

from stream.errors import RefusedError, RingboardError
from stream.kafka.client import connected
from stream.kafka.rights import Right, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stream.kafka.connection import Connection


async def records_of(connection: Connection, topic: str, *, first: int | None = None) -> AsyncGenerator[Any]:
    """
    Yield aiokafka's records of `topic`, in their order, from offset `first` (None: from the oldest) to the end of now.

    Raises RingboardError where no broker answers at `connection`, the topic is not there, or may not be read.
    """
    place = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(**connection.options, enable_auto_commit=False, isolation_level="read_committed")
    async with connected(consumer, connection):
        if topic not in await consumer.topics():
            raise RingboardError(f"topic {topic}: not there; `ringboard worker` creates it when it starts")
        consumer.assign([place])
        begin = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, max(begin, min(first or 0, end)))
        # The position also passes what is not delivered: markers of transactions.
        while await consumer.position(place) < end:
            try:
                records = (await consumer.getmany(place, timeout_ms=200)).get(place, ())
            except TopicAuthorizationFailedError as error:
                raise RefusedError(*refusal(connection, [Right("Read", "topic", topic)])) from error
            for record in records:
                if record.offset < end:
                    yield record
