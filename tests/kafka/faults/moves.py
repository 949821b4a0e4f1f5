"""Who leads the partitions of a cluster: waiting for all replicas to be in step, and moving every leader."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import AlterPartitionReassignmentsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

from stream.kafka.client import Admin, connected
from stream.kafka.connection import Connection
from tests.kafka.faults.cluster import NODES
from tests.kafka.worker_process import DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Place = tuple[str, int]
WAIT_MS = 20_000


class ElectLeadersResponse(Response):
    API_KEY = 43
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            Array(
                ("topic", String("utf-8")),
                ("partitions", Array(("partition", Int32), ("error_code", Int16), ("error", String("utf-8")))),
            ),
        ),
    )


class ElectLeadersRequestStruct(RequestStruct):
    API_KEY = 43
    API_VERSION = 0
    RESPONSE_TYPE = ElectLeadersResponse
    SCHEMA = Schema(
        ("topics", Array(("topic", String("utf-8")), ("partitions", Array(Int32)))),
        ("timeout_ms", Int32),
    )


Struct: TypeAlias = ElectLeadersRequestStruct


class ElectLeaders(Request[Struct]):
    """Makes the first replica of each partition its leader."""

    API_KEY = 43

    def __init__(self, topics: list[tuple[str, list[int]]]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[Struct]) -> Struct:
        return request_struct_class(self._topics, WAIT_MS)


async def in_sync(bootstrap: str) -> None:
    """Wait until every partition of the cluster has all its replicas in step, and a leader."""
    async with asyncio.timeout(DEADLINE_S), _admin(bootstrap) as admin:
        while True:
            with_all = [
                len(partition["isr"]) == len(partition["replicas"]) and partition["leader"] >= 0
                for partition in (await _partitions(admin)).values()
            ]
            if with_all and all(with_all):
                return
            await asyncio.sleep(0.1)


async def leader_of(bootstrap: str, topic: str) -> int:
    """Return the broker that leads the first partition of `topic`."""
    async with _admin(bootstrap) as admin:
        return int((await _partitions(admin))[topic, 0]["leader"])


async def move_leaders(bootstrap: str) -> int:
    """Make another replica the leader of every partition, those of Kafka's own topics too; return how many moved."""
    async with asyncio.timeout(DEADLINE_S), _admin(bootstrap) as admin:
        before = await _partitions(admin)
        topics: dict[str, list[int]] = {}
        for topic, number in before:
            topics.setdefault(topic, []).append(number)
        order: list[Any] = []
        for topic, numbers in topics.items():
            parts: list[Any] = []
            for number in numbers:
                replicas, leader = before[topic, number]["replicas"], before[topic, number]["leader"]
                first = replicas[(replicas.index(leader) + 1) % NODES]
                parts.append((number, [first, *(one for one in replicas if one != first)], {}))
            order.append((topic, parts, {}))
        request: Any = AlterPartitionReassignmentsRequest
        answer: Any = await admin._send_request(request(WAIT_MS, order, {}))
        assert answer.error_code == 0, answer
        wanted = {(topic, number): replicas[0] for topic, parts, _ in order for number, replicas, _ in parts}
        while True:
            answer = await admin._send_request(ElectLeaders(list(topics.items())))
            now = await _partitions(admin)
            if all(now[place]["leader"] == leader for place, leader in wanted.items()):
                return len(wanted)
            await asyncio.sleep(0.1)


async def _partitions(admin: Admin) -> dict[Place, dict[str, Any]]:
    while True:
        try:
            described: list[dict[str, Any]] = await admin.describe_topics()
        except KafkaError:  # whom it asked is away
            await admin._client.force_metadata_update()
            continue
        return {(one["topic"], part["partition"]): part for one in described for part in one["partitions"]}


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[Admin]:
    async with connected(Admin(bootstrap_servers=bootstrap), Connection(bootstrap)) as admin:
        yield admin
