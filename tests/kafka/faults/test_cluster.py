"""On three brokers all is that of one clean pass too, whichever of them is lost, and what is sent arrives once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from stream.clock import SystemClock
from stream.kafka.client import Admin, connected
from stream.kafka.connection import Connection
from stream.kafka.create_topics import create_missing
from stream.kafka.producer import NotTakenError, Record, sending
from stream.kafka.read_topic import records_of
from stream.kafka.topics import topics
from stream.settings.model import Settings
from tests.kafka.faults import cluster_faults as fault
from tests.kafka.faults.cluster import IN_SYNC, NODES, Cluster
from tests.kafka.faults.floor import RealFloor
from tests.kafka.faults.moves import in_sync, leader_of, move_leaders
from tests.kafka.faults.rounds import one_round

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("cluster")]

OF_THE_TOPIC = 1  # the source of a configuration that was set for the topic itself
TRIED = (  # the others take minutes: `make chaos CLUSTER=3` has them
    fault.every_leader_moves,
    fault.a_broker_of_three_is_killed,
    fault.a_disk_is_full,
    fault.too_few_brokers_are_left,
)


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


async def test_all_is_that_of_one_clean_pass_whichever_broker_is_lost(
    brokers: Cluster, app_id: str, tmp_path: Path
) -> None:
    floor = RealFloor(brokers, app_id, tmp_path, seed=12, size=450, replicas=NODES)
    try:
        await floor.prepare()
        for each in TRIED:
            if each in fault.possible(brokers):
                assert await one_round(floor, each) == [], each.__name__
    finally:
        await floor.end()
    if not brokers.limited:
        pytest.skip("no disk was full: none can be mounted here, which takes root")


async def test_what_gateways_and_replays_send_arrives_once_while_leaders_move_and_a_broker_dies(
    brokers: Cluster, app_id: str
) -> None:
    connection = Connection(brokers.bootstrap)
    floor = topics(Settings(app_id=app_id, partitions=1))
    await create_missing(connection, floor, NODES)
    name, spend = floor.events.name, floor.spend.name
    put, sent = 4_000, 0

    async def moves_and_a_death() -> None:
        await move_leaders(brokers.bootstrap)
        leader = brokers.nodes[await leader_of(brokers.bootstrap, name) - 1]
        await asyncio.to_thread(leader.kill)
        await asyncio.to_thread(leader.start)
        await in_sync(brokers.bootstrap)

    async with sending(connection, SystemClock()) as sender:
        await sender.learn(name)
        fault_under_way = asyncio.create_task(moves_and_a_death())
        for number in range(put):
            sender.put(Record(name, b"%d" % (number % 97), b"%d" % number))
            if number % 20 == 0:
                await sender.flush()
        while not fault_under_way.done():
            with suppress(NotTakenError):  # so a gateway's client is told; the record is on its way all the same
                await sender.send([Record(spend, b"key", b"%d" % sent)], within_s=2.0)
            sent += 1
        await fault_under_way
        await sender.flush()
        await sender.send([Record(spend, b"key", b"%d" % sent)], within_s=60.0)

    by_key: dict[bytes | None, list[int]] = {}
    async for record in records_of(connection, name):
        by_key.setdefault(record.key, []).append(int(record.value or b""))
    assert sorted(number for numbers in by_key.values() for number in numbers) == list(range(put))
    assert all(numbers == sorted(numbers) for numbers in by_key.values())
    assert [int(record.value or b"") async for record in records_of(connection, spend)] == list(range(sent + 1))


async def test_with_three_replicas_a_write_waits_for_two(brokers: Cluster, app_id: str) -> None:
    connection = Connection(brokers.bootstrap)
    events = topics(Settings(app_id=app_id, partitions=1)).events
    await create_missing(connection, [events], NODES)
    async with connected(Admin(**connection.options), connection) as admin:
        answers: Any = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, events.name)])
    [(_code, _error, _kind, _name, entries)] = answers[0].resources
    own = {name: value for name, value, _read_only, source, *_ in entries if source == OF_THE_TOPIC}
    assert own["min.insync.replicas"] == str(IN_SYNC)
