"""A member of a consumer group is taken out by another process, and what takes it for dead wrongly does no harm."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer

from agents.pages.deaths import take_out

if TYPE_CHECKING:
    from stream.broker import Broker
    from tests.conftest import CreateTopics

pytestmark = pytest.mark.kafka


async def test_a_member_that_was_taken_out_and_lives_joins_again(
    broker: Broker, app_id: str, create_topics: CreateTopics
) -> None:
    await create_topics(app_id, partitions=2)
    consumer = AIOKafkaConsumer(
        app_id,
        bootstrap_servers=broker.bootstrap,
        group_id=app_id,
        session_timeout_ms=60_000,
        heartbeat_interval_ms=100,
    )
    await consumer.start()
    try:
        coordinator: Any = consumer._coordinator
        before = coordinator.member_id
        assert len(consumer.assignment()) == 2
        await take_out(broker.bootstrap, app_id, before)
        async with asyncio.timeout(30):
            while coordinator.member_id in {before, ""} or len(consumer.assignment()) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await take_out(broker.bootstrap, app_id, "nobody")
        await take_out(broker.bootstrap, app_id, before)
    finally:
        await consumer.stop()


async def test_where_no_broker_answers_nobody_is_taken_out_and_nothing_raised() -> None:
    await take_out("127.0.0.1:1", "a-group", "a-member")
