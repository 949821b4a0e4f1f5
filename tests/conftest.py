"""What every test may ask for: one real broker for the whole run, a name of its own, and topics."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from stream.broker import Broker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class CreateTopics(Protocol):
    """Creates topics on the test run's broker and returns when they exist."""

    async def __call__(self, *names: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None: ...


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One real Kafka for the whole test run; a test keeps apart from others by `app_id`."""
    with Broker(tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture
def app_id() -> str:
    """A name that no other test has: begin topics, groups and transactional ids with it."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def create_topics(broker: Broker) -> CreateTopics:
    """The helper that creates topics: `await create_topics("a", "b", partitions=8, config={...})`."""

    async def create(*names: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        await create_topics_at(broker.bootstrap, *names, partitions=partitions, config=config)

    return create


async def create_topics_at(
    bootstrap: str, *names: str, partitions: int = 1, config: Mapping[str, str] | None = None
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer: Any = await admin.create_topics(
            [
                NewTopic(name=name, num_partitions=partitions, replication_factor=1, topic_configs=dict(config or {}))
                for name in names
            ]
        )
        refused = [(topic, code, why) for topic, code, why in answer.topic_errors if code]
        assert not refused, refused
    finally:
        await admin.close()
