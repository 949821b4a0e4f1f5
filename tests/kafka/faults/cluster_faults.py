"""
The faults of a cluster, each a function of its name that leaves every broker running and every replica in step.

Two workers run and events come in meanwhile. Each notes how long after its beginning every partition counted again.
"""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.kafka.faults.cluster import IN_SYNC, Cluster, Node
from tests.kafka.faults.faults import attempts, workers
from tests.kafka.faults.floor import Delay
from tests.kafka.faults.moves import in_sync, move_leaders
from tests.kafka.worker_process import DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.kafka.faults.faults import Fault
    from tests.kafka.faults.floor import RealFloor

AWAY_S = 4.0  # longer than a broker's session


async def counts_again(floor: RealFloor, since: float) -> None:
    """Send an event to each partition, and note how long after `since` all of them were counted."""
    for partition in range(floor.partitions):
        await floor.tell(next(attempts(floor, partition)))
    topic = floor.topics.events.name
    ends = {(topic, partition): len(floor.memory.logs[topic, partition]) for partition in range(floor.partitions)}
    async with asyncio.timeout(DEADLINE_S):
        while True:
            told = [await worker.dump(brief=True) for worker in floor.workers]
            counted = {(name, p): offset for each in told for name, p, offset in each.get("positions", ())}
            if all(counted.get(place, 0) >= end for place, end in ends.items()):
                break
            await asyncio.sleep(0.05)
    floor.delays.append(Delay(floor.fault, time.monotonic() - since))


async def a_broker_of_three_is_killed(floor: RealFloor) -> None:
    """Kill a broker (SIGKILL), and start it again once all is counted without it."""
    await workers(floor, 2)
    node = any_node(floor)
    async with floor.traffic(60, over_s=6):
        await asyncio.sleep(floor.chance.uniform(0.5, 1.5))
        since = time.monotonic()
        await asyncio.to_thread(node.kill)
        await counts_again(floor, since)
        await asyncio.to_thread(node.start)
    await in_sync(floor.broker.bootstrap)


async def every_broker_restarts_in_turn(floor: RealFloor) -> None:
    """Stop one broker after the other (SIGTERM) and start it again, as an upgrade does."""
    await workers(floor, 2)
    async with floor.traffic(80, over_s=20):
        for node in cluster(floor).nodes:
            since = time.monotonic()
            stopping = asyncio.create_task(asyncio.to_thread(node.stop))
            await counts_again(floor, since)
            await stopping
            await asyncio.to_thread(node.start)
            await in_sync(floor.broker.bootstrap)


async def every_leader_moves(floor: RealFloor) -> None:
    """Make another broker the leader of each partition, and with it every coordinator; twice."""
    await workers(floor, 2)
    async with floor.traffic(60, over_s=6):
        for _ in range(2):
            await asyncio.sleep(floor.chance.uniform(0.2, 1))
            since = time.monotonic()
            await move_leaders(floor.broker.bootstrap)
            await counts_again(floor, since)
    await in_sync(floor.broker.bootstrap)


async def a_broker_stands_still(floor: RealFloor) -> None:
    """Stop a broker (SIGSTOP) until others lead in its place; it wakes up and believes that it still leads."""
    await workers(floor, 2)
    node = any_node(floor)
    async with floor.traffic(60, over_s=6):
        await asyncio.sleep(floor.chance.uniform(0.2, 1))
        since = time.monotonic()
        with node.frozen():
            await counts_again(floor, since)
    await in_sync(floor.broker.bootstrap)


async def too_few_brokers_are_left(floor: RealFloor) -> None:
    """Kill two brokers of three: nothing can be written until they are back."""
    await workers(floor, 2)
    nodes = floor.chance.sample(cluster(floor).nodes, IN_SYNC)
    async with floor.traffic(40, over_s=8):
        since = time.monotonic()
        await asyncio.gather(*(asyncio.to_thread(node.kill) for node in nodes))
        await asyncio.sleep(floor.chance.uniform(1, AWAY_S))
        await asyncio.gather(*(asyncio.to_thread(node.start) for node in nodes))
        await counts_again(floor, since)
    await in_sync(floor.broker.bootstrap)


async def a_disk_is_full(floor: RealFloor) -> None:
    """Fill the disk of a broker, which ends then; start it again when there is room."""
    await workers(floor, 2)
    node = any_node(floor)
    async with floor.traffic(60, over_s=6):
        await asyncio.sleep(floor.chance.uniform(0.2, 1))
        since = time.monotonic()
        with node.full_disk():
            await counts_again(floor, since)
            assert await asyncio.to_thread(node.wait, DEADLINE_S), "the broker took its full disk for none"
        node.stop()
        await asyncio.to_thread(node.start)
    await in_sync(floor.broker.bootstrap)


def cluster(floor: RealFloor) -> Cluster:
    """Return the floor's brokers."""
    assert isinstance(floor.broker, Cluster)
    return floor.broker


def any_node(floor: RealFloor) -> Node:
    """Return one of them."""
    return floor.chance.choice(cluster(floor).nodes)


CLUSTER_FAULTS: Final[tuple[Fault, ...]] = (
    a_broker_of_three_is_killed,
    every_broker_restarts_in_turn,
    every_leader_moves,
    a_broker_stands_still,
    too_few_brokers_are_left,
    a_disk_is_full,
)


def possible(brokers: Cluster) -> tuple[Fault, ...]:
    """Return the faults that can happen to `brokers`: a disk cannot be full that has no limit of its own."""
    return tuple(fault for fault in CLUSTER_FAULTS if brokers.limited or fault is not a_disk_is_full)


def told_of_delays(delays: Sequence[Delay]) -> list[str]:
    """Say for each fault how often it happened, and how long it took until all was counted again."""
    by_fault: dict[str, list[float]] = {}
    for delay in delays:
        by_fault.setdefault(delay.fault, []).append(delay.seconds)
    return [
        f"{fault}: {len(found)} times, counts again after {median(found):.1f} s, at most {max(found):.1f} s"
        for fault, found in sorted(by_fault.items())
    ]
