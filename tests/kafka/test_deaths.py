"""A member of a consumer group is taken out by another process; one that lives joins again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr

from agents.peers.announcement import Announcement
from agents.peers.failure_detector import take_out
from agents.peers.predecessor import LATELY_MS, take_out_predecessors
from stream.clock import SystemClock
from stream.kafka.connection import Connection
from stream.kafka.control_topic import Control
from stream.kafka.topics import topics
from stream.privacy.identity import Identity, identity_of
from stream.settings.model import Settings
from tests.kafka.worker_process import KEY

if TYPE_CHECKING:
    from stream.broker import Broker
    from tests.conftest import CreateTopics

pytestmark = pytest.mark.kafka


class Member:
    """A member of the group `app_id`, with a session so long that it does not end by itself."""

    def __init__(self, broker: Broker, app_id: str) -> None:
        self._consumer = AIOKafkaConsumer(
            app_id,
            bootstrap_servers=broker.bootstrap,
            group_id=app_id,
            session_timeout_ms=60_000,
            heartbeat_interval_ms=100,
        )

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        self.first_name = self.name
        assert self.name
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    @property
    def name(self) -> str:
        coordinator: Any = self._consumer._coordinator
        return str(coordinator.member_id)

    async def has_joined_again(self) -> None:
        """Wait until it is in the group under another name."""
        async with asyncio.timeout(60):
            while self.name in {self.first_name, ""} or not self._consumer.assignment():  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_a_member_that_was_taken_out_and_lives_joins_again(
    broker: Broker, app_id: str, create_topics: CreateTopics
) -> None:
    await create_topics(app_id, partitions=2)
    async with Member(broker, app_id) as one:
        await take_out(Connection(broker.bootstrap), app_id, one.name)
        await one.has_joined_again()
        await take_out(Connection(broker.bootstrap), app_id, "nobody")
        await take_out(Connection(broker.bootstrap), app_id, one.first_name)


async def test_who_starts_at_the_address_of_one_that_was_killed_takes_that_one_out(
    broker: Broker, app_id: str, create_topics: CreateTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(broker=broker.bootstrap, app_id=app_id, web_port=6077, pseudonym_key=SecretStr(KEY))
    control = Control(Connection(broker.bootstrap), topics(settings).control.name, identity_of(settings))
    await create_topics(app_id, topics(settings).control.name)
    now = SystemClock().now_ms()
    taken: list[str] = []

    async def take_out_and_tell(connection: Connection, group: str, member: str) -> None:
        taken.append(member)
        await take_out(connection, group, member)

    monkeypatch.setattr("agents.peers.predecessor.take_out", take_out_and_tell)
    here = "http://127.0.0.1:6077"
    async with Member(broker, app_id) as one:
        for name, entry in {
            "elsewhere": Announcement("http://127.0.0.1:6078", [], 1, now, "living"),
            "long-ago": Announcement(here, [], 1, now - LATELY_MS - 60_000, "long gone"),
            "idle": Announcement(here, [], 1, now),
            "killed": Announcement(here, [], 1, now, one.name),
        }.items():
            await control.write(f"worker/{name}", msgspec.json.encode(entry))
        await control.write("worker/newer", b"{")
        forger = Control(
            Connection(broker.bootstrap), topics(settings).control.name, Identity(b"a key of a stranger", "FR")
        )
        await forger.write("worker/forged", msgspec.json.encode(Announcement(here, [], 1, now, "a living member")))
        await control.write("fingerprint", b"no worker")
        await take_out_predecessors(settings, SystemClock())
        assert taken == [one.first_name]
        await one.has_joined_again()


async def test_where_no_broker_answers_nobody_is_taken_out_and_nothing_raised() -> None:
    await take_out(Connection("127.0.0.1:1"), "a-group", "a-member")


async def test_a_worker_starts_also_where_nothing_is_known_of_those_before(broker: Broker, app_id: str) -> None:
    await take_out_predecessors(
        Settings(broker=broker.bootstrap, app_id=app_id, pseudonym_key=SecretStr(KEY)), SystemClock()
    )
