"""Reading a topic of one partition from somewhere to its present end, committed records only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.errors import RingboardError
from stream.kafka.client import connected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def records_of(bootstrap: str, topic: str, *, first: int | None = None) -> AsyncGenerator[Any]:
    """
    Yield aiokafka's records of `topic`, in their order, from offset `first` (None: from the oldest) to the end of now.

    Raises RingboardError where no broker answers at `bootstrap`, or the topic is not there.
    """
    place = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, isolation_level="read_committed")
    async with connected(consumer, bootstrap):
        if topic not in await consumer.topics():
            raise RingboardError(f"topic {topic}: not there; `ringboard worker` creates it when it starts")
        consumer.assign([place])
        begin = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, max(begin, min(first or 0, end)))
        # The position also passes what is not delivered: markers of transactions.
        while await consumer.position(place) < end:
            for record in (await consumer.getmany(place, timeout_ms=200)).get(place, ()):
                if record.offset < end:
                    yield record
