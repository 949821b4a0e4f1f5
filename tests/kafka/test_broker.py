"""The broker that Ringboard brings along is a real one, keeps its data, and never outlives its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.broker import Broker
    from tests.conftest import CreateTopics

pytestmark = pytest.mark.kafka


async def produce(bootstrap: str, topic: str, values: Iterable[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value, partition=0)
    finally:
        await producer.stop()


async def read(bootstrap: str, topic: str) -> list[bytes]:
    """Everything in partition 0 of the topic, to its present end."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    await consumer.start()
    try:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        values: list[bytes] = []
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                values += [record.value or b"" for record in records]
        return values
    finally:
        await consumer.stop()


async def test_a_record_that_was_sent_is_read_back(broker: Broker, app_id: str, create_topics: CreateTopics) -> None:
    await create_topics(app_id)
    await produce(broker.bootstrap, app_id, [b"one", b"two"])
    assert await read(broker.bootstrap, app_id) == [b"one", b"two"]


async def test_a_transaction_is_read_only_once_it_is_committed(
    broker: Broker, app_id: str, create_topics: CreateTopics
) -> None:
    await create_topics(app_id)
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=app_id)
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(app_id, b"given up", partition=0)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(app_id, b"kept", partition=0)
    finally:
        await producer.stop()
    assert await read(broker.bootstrap, app_id) == [b"kept"]
