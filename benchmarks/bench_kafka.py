"""Creates topics, fills them, and reads them to their end."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import murmur2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

BATCH_BYTES = 256 * 1024
_POSITIVE = 0x7FFFFFFF
Record = tuple[int, bytes | None, bytes]
"""A partition, a key and a value."""


@lru_cache(maxsize=262_144)
def _hash(key: bytes) -> int:
    positive: int = murmur2(key) & _POSITIVE
    return positive


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of `key`, as every Kafka client chooses it."""
    return _hash(key) % partitions


def new_name(prefix: str) -> str:
    """Return a unique name for a floor, a group or an application."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


async def create(
    bootstrap: str, names: Iterable[str], partitions: int, config: Mapping[str, str] | None = None
) -> None:
    """Create topics; raise RuntimeError if one is refused."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer: Any = await admin.create_topics(
            [
                NewTopic(name=name, num_partitions=partitions, replication_factor=1, topic_configs=dict(config or {}))
                for name in names
            ]
        )
        refused = [(topic, why) for topic, code, why in answer.topic_errors if code]
        if refused:
            raise RuntimeError(f"topics could not be created: {refused}")
    finally:
        await admin.close()


async def fill(bootstrap: str, topic: str, records: Iterable[Record]) -> int:
    """Write `records` to `topic` and return how many were written and acknowledged."""
    count = 0
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=BATCH_BYTES
    ) as producer:
        open_batches: dict[int, Any] = {}
        sent: list[Any] = []
        for partition, key, value in records:
            batch = open_batches.get(partition)
            if batch is None or batch.append(key=key, value=value, timestamp=None) is None:
                if batch is not None:
                    sent.append(await producer.send_batch(batch, topic, partition=partition))
                batch = open_batches[partition] = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
            count += 1
        for partition, batch in open_batches.items():
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        for one in sent:
            await one
    return count


async def read_all(bootstrap: str, topic: str, partitions: int) -> AsyncIterator[Any]:
    """Yield every committed record that `topic` has now, one of its `partitions` after the other."""
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, isolation_level="read_committed"
    ) as consumer:
        for partition in range(partitions):
            assigned = TopicPartition(topic, partition)
            consumer.assign([assigned])
            begin = (await consumer.beginning_offsets([assigned]))[assigned]
            end = (await consumer.end_offsets([assigned]))[assigned]
            consumer.seek(assigned, begin)
            while await consumer.position(assigned) < end:
                for record in (await consumer.getmany(assigned, timeout_ms=200)).get(assigned, ()):
                    yield record
