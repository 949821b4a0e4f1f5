"""Several workers on a real broker: each finds the others, and any of them shows the whole floor."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from agents.pages import add_pages
from agents.peers.announcement import KEY_PREFIX
from agents.peers.peers import Peers
from stream.clock import SystemClock
from stream.kafka.connection import Connection
from stream.kafka.control_topic import Control
from stream.privacy.identity import Identity
from stream.web.networks import Networks
from tests.engine_in_memory import EngineInMemory
from tests.ports import free_port
from tests.unit.agents.pages.conftest import a_floor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from stream.broker import Broker
    from tests.conftest import CreateTopics
    from tests.floor_in_memory import FloorInMemory

    Client = TestClient[web.Request, web.Application]

pytestmark = pytest.mark.kafka
TOKEN = "a token of the tests"  # noqa: S105
IDENTITY = Identity(b"a key of the tests, and of nothing else", "FR")
DEADLINE_S = 60


class Floor:
    """Workers on one floor in memory, who talk to each other over the broker."""

    def __init__(self, floor: FloorInMemory, connection: Connection, topic: str) -> None:
        self.memory = floor
        self.topic = topic
        self.connection = connection

    def peers(self, name: str, engine: EngineInMemory, port: int, generation: int = 0) -> Peers:
        return Peers(
            name,
            f"http://127.0.0.1:{port}",
            engine,
            connection=self.connection,
            topic=self.topic,
            clock=SystemClock(),
            identity=IDENTITY,
            networks=Networks(),
            generation=lambda: generation,
        )

    @asynccontextmanager
    async def worker(
        self, name: str, engine: EngineInMemory, port: int | None = None, generation: int = 0
    ) -> AsyncIterator[Client]:
        port = port or free_port()
        peers = self.peers(name, engine, port, generation)
        app = web.Application()
        add_pages(app, self.memory.settings, engine, self.memory.clock, floor=self.memory.floor, peers=peers)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with TestClient(TestServer(app, port=port), headers=headers) as client:
            yield client

    async def control(self) -> dict[str, bytes]:
        return await Control(self.connection, self.topic, IDENTITY).read_all()


@pytest.fixture
async def floor(broker: Broker, app_id: str, create_topics: CreateTopics) -> Floor:
    topic = f"{app_id}.control.v1"
    await create_topics(topic, config={"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime"})
    return Floor(a_floor(api_token=TOKEN), Connection(broker.bootstrap), topic)


async def kpis_when(client: Client, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    async with asyncio.timeout(DEADLINE_S):
        while not (answer and true(answer)):
            answer = await (await client.get("/api/v1/kpis?window=today")).json()
            await asyncio.sleep(0.05)
    return answer


async def heard_of(client: Client, workers: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while f"ringboard_workers_known {workers}.0" not in await (await client.get("/metrics")).text():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def complete(answer: dict[str, Any]) -> bool:
    return bool(answer["complete"])


def incomplete(answer: dict[str, Any]) -> bool:
    return not answer["complete"]


def recovers(answer: dict[str, Any], why: str) -> bool:
    return any(one["state"] == why for one in answer.get("recovering", {}).get("partitions", ()))


def halves(floor: FloorInMemory) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    places = sorted(floor.states)
    return set(places[::2]), set(places[1::2])


async def test_a_worker_alone_is_complete_once_it_has_heard_itself(floor: Floor) -> None:
    async with floor.worker("one", EngineInMemory(floor.memory)) as client:
        answer = await kpis_when(client, complete)
        assert answer["kpis"]["contact_rate"]["denominator"] == 4


async def test_each_of_two_workers_shows_the_whole_floor(floor: Floor) -> None:
    mine, theirs = halves(floor.memory)
    expected = floor.memory.kpis("today")
    async with (
        floor.worker("one", EngineInMemory(floor.memory, mine)) as one,
        floor.worker("two", EngineInMemory(floor.memory, theirs)) as two,
    ):
        for client in (one, two):
            answer = await kpis_when(client, complete)
            assert answer["behind"] == 0
            for name, kpi in expected.items():
                assert kpi.items() <= answer["kpis"][name].items(), name
            leads = await (await client.get("/api/v1/leads/waiting")).json()
            assert [lead["lead"] for lead in leads["leads"]] == ["L3"]
            assert (await client.get("/readyz")).status == 200


async def test_a_worker_without_partitions_shows_the_floor_of_the_others(floor: Floor) -> None:
    async with (
        floor.worker("one", EngineInMemory(floor.memory)),
        floor.worker("spare", EngineInMemory(floor.memory, set())) as spare,
    ):
        answer = await kpis_when(spare, complete)
        assert answer["kpis"]["contact_rate"]["denominator"] == 4
        assert (await spare.get("/readyz")).status == 200


async def test_a_worker_that_leaves_says_so_and_its_partitions_are_missing(floor: Floor) -> None:
    mine, theirs = halves(floor.memory)
    async with floor.worker("one", EngineInMemory(floor.memory, mine)) as one:
        async with floor.worker("two", EngineInMemory(floor.memory, theirs)):
            await kpis_when(one, complete)
            assert {KEY_PREFIX + "one", KEY_PREFIX + "two"} <= (await floor.control()).keys()
        assert KEY_PREFIX + "two" not in await floor.control()
        await kpis_when(one, incomplete)
        missing = (await (await one.get("/readyz")).json())["missing"]
        assert {(place["group"], place["partition"]) for place in missing} == theirs


async def test_a_partition_that_two_claim_is_shown_for_neither_and_told(floor: Floor) -> None:
    engine = EngineInMemory(floor.memory)
    async with (
        floor.worker("one", EngineInMemory(floor.memory)) as one,
        floor.worker("two", engine) as two,
    ):
        for client in (one, two):
            answer = await kpis_when(client, lambda told: recovers(told, "twice"))
            assert answer["kpis"]["contact_rate"]["denominator"] is None
        engine.state_of = dict.fromkeys(engine.state_of, "lost")
        answer = await kpis_when(one, complete)
        assert answer["kpis"]["contact_rate"]["denominator"] == 4


async def test_the_claim_of_a_later_generation_stands_at_once(floor: Floor) -> None:
    """One that was killed is heard of for seconds yet, and does not answer; one that sleeps may even answer."""
    port = free_port()
    async with floor.worker("asleep", EngineInMemory(floor.memory), port) as asleep:
        await kpis_when(asleep, complete)
        async with floor.worker("heir", EngineInMemory(floor.memory), generation=1) as heir:
            answer = await kpis_when(heir, complete)
            assert answer["kpis"]["contact_rate"]["denominator"] == 4
            await heard_of(asleep, 2)
            answer = await kpis_when(asleep, complete)  # it shows the floor of its heir, and nothing of its own
            assert answer["kpis"]["contact_rate"]["denominator"] == 4
            await asleep.server.close()
            answer = await (await heir.get("/api/v1/kpis")).json()
            assert complete(answer)


async def test_a_worker_that_does_not_answer_leaves_the_floor_incomplete(floor: Floor) -> None:
    mine, theirs = halves(floor.memory)
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(floor.worker("one", EngineInMemory(floor.memory, mine)))
        silent = floor.peers("silent", EngineInMemory(floor.memory, theirs), free_port())
        await stack.enter_async_context(asynccontextmanager(silent.serve)())
        await heard_of(one, 2)
        answer = await kpis_when(
            one, lambda told: recovers(told, "unknown") and told["recovering"]["ready"] == len(mine)
        )
        assert answer["kpis"]["contact_rate"]["value"] is None


async def test_a_worker_started_again_at_its_address_takes_the_place_of_the_one_before(floor: Floor) -> None:
    port = free_port()
    before = floor.peers("killed", EngineInMemory(floor.memory), port)
    async with asynccontextmanager(before.serve)(), floor.worker("again", EngineInMemory(floor.memory), port) as client:
        answer = await kpis_when(client, complete)
        assert answer["kpis"]["contact_rate"]["denominator"] == 4
