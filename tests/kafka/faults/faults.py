"""
The faults, each a function of its name that leaves the floor with workers that run.

Events come in while a fault happens, so that there is something to lose. Holds inside transactions make it likely that
a kill falls there; where in them, and whether at all, is left to chance where the fault says so.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from agents.preparation import changelogs
from stream.clock import SystemClock
from stream.kafka.partitioner import partition_of
from tests.kafka.faults.orders import BETWEEN, COMMIT, FENCE, RESTORE
from tests.kafka.faults.proxy import END_TXN, Proxy
from tests.kafka.worker_process import DEADLINE_S
from tests.reference.config import HOUR, SECOND

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    from tests.kafka.faults.floor import FaultyWorker, RealFloor
    from tests.kafka.faults.proxy import Request
    from tests.reference.happenings import Event

    Fault = Callable[[RealFloor], Awaitable[None]]

HELD_S = 0.5
AIMED_S = 1.5  # long enough for whoever waits for it to strike within


async def workers(floor: RealFloor, count: int) -> list[FaultyWorker]:
    """Have exactly `count` workers on the floor, all of them ready, none of them held."""
    while len(floor.workers) > count:
        await floor.stop(floor.workers[-1])
    while len(floor.workers) < count:
        await floor.start()
    for worker in floor.workers:
        worker.orders.release()
    await shared_out(floor)
    return list(floor.workers)


async def shared_out(floor: RealFloor, *among: FaultyWorker) -> None:
    """Wait until all partitions are at the workers `among` (by default all), and each has some."""
    there = among or tuple(floor.workers)
    every = len(floor.memory.states)
    async with asyncio.timeout(DEADLINE_S):
        while True:
            told = [await worker.dump(brief=True) for worker in there]
            owned = [len(each.get("owned", ())) for each in told]
            if all(each and each["complete"] for each in told) and sum(owned) == every and all(owned):
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def held(worker: FaultyWorker, point: str, seconds: float = HELD_S) -> AsyncIterator[None]:
    """Hold a worker at `point` as long as this lasts."""
    worker.orders.hold(point, seconds)
    try:
        yield
    finally:
        worker.orders.release()


async def kill_at_random_moments(floor: RealFloor) -> None:
    """Kill -9, again and again, wherever the worker is; its transactions are long."""
    [worker] = await workers(floor, 1)
    async with floor.traffic(50, over_s=12), held(worker, floor.chance.choice((BETWEEN, COMMIT))):
        for _ in range(2):
            await worker.ready()
            await asyncio.sleep(floor.chance.uniform(0, 1))
            await floor.kill(worker)
            if floor.chance.random() < 0.3:
                await asyncio.sleep(floor.chance.uniform(0, 2))
                await floor.kill(worker)


async def kill_between_the_two_kinds_of_writes(floor: RealFloor) -> None:
    """Kill -9 when the journeys of a transaction are written, and its slices are not."""
    worker, *_ = await workers(floor, 2)
    async with floor.traffic(40, over_s=3), held(worker, BETWEEN, AIMED_S):
        await worker.phase("between")
        await floor.kill(worker)


async def kill_before_the_commit(floor: RealFloor) -> None:
    """Kill -9 when all of a transaction is written, and it is not committed."""
    worker, *_ = await workers(floor, 2)
    async with floor.traffic(40, over_s=3), held(worker, COMMIT, AIMED_S):
        await worker.phase("written")
        await floor.kill(worker)


async def kill_during_recovery(floor: RealFloor) -> None:
    """Kill -9, and again while the worker restores its partitions."""
    [worker] = await workers(floor, 1)
    async with floor.traffic(40, over_s=3), held(worker, RESTORE, 1):
        await floor.kill(worker)
        await worker.phase("recovering")
        await asyncio.sleep(floor.chance.uniform(0, 1))
        await floor.kill(worker)


async def a_second_and_a_third_worker_join(floor: RealFloor) -> None:
    """Start a second worker a second after the first, and a third one a second later."""
    while floor.workers:
        await floor.stop(floor.workers[-1])
    async with floor.traffic(60, over_s=5):
        await floor.start()
        await asyncio.sleep(1)
        await floor.start()
        await asyncio.sleep(1)
        await floor.start()
        await shared_out(floor)


async def rolling_restarts(floor: RealFloor) -> None:
    """Tell one worker after the other to stop (SIGTERM), and start another in its place."""
    before = await workers(floor, 3)
    async with floor.traffic(60, over_s=5):
        for worker in before:
            assert await floor.stop(worker) == 0
            await floor.start(like=worker)
            await shared_out(floor)


async def frozen_past_its_session(floor: RealFloor) -> None:
    """
    Stop a worker (SIGSTOP) in a transaction until another has its partitions; its late writes must do no harm.

    They would do some: they are of a lead's first attempt, and the other worker knows of the next ones by then. For
    it to stop in that transaction and no other, nothing else comes in before.
    """
    other, worker = await workers(floor, 2)
    partition = next(p for group, p in (await worker.ready())["owned"] if group == "events")
    told = attempts(floor, partition)
    await floor.tell(next(told))
    await _nothing_is_behind(worker)
    worker.orders.freeze(BETWEEN)
    await floor.tell(next(told))
    await worker.frozen()
    async with floor.traffic(40, over_s=8), floor.stopped(worker):
        await shared_out(floor, other)
        await floor.tell(*itertools.islice(told, 3))
        await _nothing_is_behind(other)
    await shared_out(floor)


def attempts(floor: RealFloor, partition: int) -> Iterator[Event]:
    """Give a lead's request, and attempts to reach it, of one hour and on one partition of the events."""
    names = (f"chased-{floor.app_id}-{n}" for n in itertools.count(len(floor.told)))
    lead = next(name for name in names if partition_of(name.encode(), floor.partitions) == partition)
    begin = SystemClock().now_ms() // HOUR * HOUR - 2 * HOUR
    owner = {"campaign": "solar", "team": "north", "rep": "ana"}
    yield {"id": f"{lead}-0", "type": "lead.requested", "at": begin, "lead": lead, **owner}
    for n in itertools.count(1):
        at = begin + n * SECOND
        call = {"call": f"{lead}-{n}", "direction": "outbound", "placed_at": at, "lead": lead, **owner}
        yield {"id": f"{lead}-{n}", "type": "call.ended", "at": at, **call}


async def _nothing_is_behind(worker: FaultyWorker) -> None:
    await worker.wait_for("/api/v1/kpis?window=5m", lambda told: told.get("behind") == 0)


async def frozen_anywhere(floor: RealFloor) -> None:
    """Stop a worker (SIGSTOP) at any moment until another has its partitions."""
    _, worker = await workers(floor, 2)
    async with floor.traffic(60, over_s=9):
        await asyncio.sleep(floor.chance.uniform(0, 2))
        await _frozen_until_taken_over(floor, worker)


async def _frozen_until_taken_over(floor: RealFloor, worker: FaultyWorker) -> None:
    async with floor.stopped(worker):
        await shared_out(floor, *(other for other in floor.workers if other is not worker))
        await asyncio.sleep(floor.chance.uniform(0, 1))


async def frozen_while_another_came_and_went(floor: RealFloor) -> None:
    """
    Stop a worker (SIGSTOP) until another has done its work and stopped in its turn; what it has in memory is old.

    In each partition there is a record by then that was put aside, and must be so only once.
    """
    other, worker = await workers(floor, 2)
    async with floor.traffic(40, over_s=8):
        async with floor.stopped(worker):
            await shared_out(floor, other)
            for group in floor.memory.groups:
                for partition in range(group.partitions):
                    await floor.poison(partition, group.topics[0])
            await _nothing_is_behind(other)
            await floor.stop(other)
        await shared_out(floor)


async def frozen_just_before_it_fences(floor: RealFloor) -> None:
    """Stop a worker (SIGSTOP) on the point of taking over; it wakes when others have long done so, and fences them."""
    await workers(floor, 2)
    async with floor.traffic(60, over_s=12):
        late = await floor.start(orders=[(FENCE, None)])
        await late.frozen()
        await _frozen_until_taken_over(floor, late)
        await shared_out(floor)


async def frozen_past_its_transaction(floor: RealFloor) -> None:
    """Stop the only worker (SIGSTOP) in a transaction until the broker has aborted it, and nobody else took over."""
    while floor.workers:
        await floor.stop(floor.workers[-1])
    worker = await floor.start(transaction_timeout_ms="2000")
    await worker.ready()
    worker.orders.freeze(COMMIT)
    async with floor.traffic(40, over_s=3):
        await worker.frozen()
        async with floor.stopped(worker):
            await _no_transaction_is_open(floor)
        await worker.ready()
    await floor.stop(worker)
    await workers(floor, 1)


async def slower_than_its_transaction_may_be(floor: RealFloor) -> None:
    """Hold a worker in a transaction until the broker has aborted it, while it stays a member of its group."""
    while floor.workers:
        await floor.stop(floor.workers[-1])
    worker = await floor.start(transaction_timeout_ms="2000")
    await worker.ready()
    async with floor.traffic(40, over_s=3):
        worker.orders.hold(COMMIT, 30)
        await worker.phase("written")
        worker.orders.release()
        await _no_transaction_is_open(floor)
    await floor.stop(worker)
    await workers(floor, 1)


async def the_broker_is_killed(floor: RealFloor) -> None:
    """Kill the broker (SIGKILL) and start it again, under two workers."""
    first, second = await workers(floor, 2)
    async with floor.traffic(60, over_s=6), held(first, BETWEEN), held(second, COMMIT):
        await asyncio.sleep(floor.chance.uniform(0.5, 1.5))
        await asyncio.to_thread(floor.one_broker.kill)
        await asyncio.to_thread(floor.one_broker.start)


async def a_commit_heard_twice(floor: RealFloor) -> None:
    """
    Hold back a commit, which the worker sends again; deliver it inside the next transaction, and kill the worker there.

    If the broker takes it for the next transaction's, the journeys of that are committed without its slices.
    """
    while floor.workers:
        await floor.stop(floor.workers[-1])
    async with Proxy(floor.one_broker.port) as proxy:
        worker = await floor.start(through=proxy)
        await worker.ready()
        async with floor.traffic(40, over_s=3), held(worker, BETWEEN, AIMED_S):
            proxy.catch(commit_of_events)
            partition = int((await proxy.caught()).request.client.rpartition("-")[2])
            await floor.tell(*itertools.islice(attempts(floor, partition), 2))
            await proxy.delivered()
            await worker.phase("between")
            await floor.kill(worker)
        await worker.ready()
        await floor.stop(worker)
    await workers(floor, 1)


def commit_of_events(request: Request) -> bool:
    """Return whether a request commits a transaction of a partition of the events."""
    return request.key == END_TXN and request.frame[-1:] == b"\x01" and "-events-" in request.client


async def a_rebalance_during_recovery(floor: RealFloor) -> None:
    """Start a worker while another one restores its partitions."""
    [worker] = await workers(floor, 1)
    async with floor.traffic(50, over_s=4), held(worker, RESTORE, 2):
        await floor.kill(worker)
        await worker.phase("recovering")
        await floor.start(orders=[(RESTORE, floor.chance.uniform(0, 1))])
        await shared_out(floor)


async def poison_in_a_batch_that_is_killed(floor: RealFloor) -> None:
    """Kill -9 in the transaction of a batch with records that are no events; each is put aside once."""
    [worker] = await workers(floor, 1)
    async with floor.traffic(40, over_s=3), held(worker, COMMIT, AIMED_S):
        for _ in range(8):
            await floor.poison(floor.chance.randrange(floor.partitions))
        await worker.phase("written")
        await floor.kill(worker)


async def a_slow_disk(floor: RealFloor) -> None:
    """
    Let the broker sync each write to the disk, and stand still for up to two seconds again and again.

    It is stopped as a whole (SIGSTOP): a disk that does not answer holds up all that the broker has to write, and so
    whoever waits for that. What a disk loses is not tried: nothing is lost here.
    """
    first, second = await workers(floor, 2)
    names = [topic.name for topic in changelogs(floor.settings, floor.memory.groups).values()]
    await configure(floor, {name: {"flush.messages": "1"} for name in names})
    pid = floor.one_broker.pid
    assert pid
    try:
        async with floor.traffic(60, over_s=6), held(first, BETWEEN, 0.05):
            for _ in range(4):
                await asyncio.sleep(floor.chance.uniform(0.1, 0.8))
                os.kill(pid, signal.SIGSTOP)
                try:
                    await asyncio.sleep(floor.chance.uniform(0.5, 2))
                finally:
                    os.kill(pid, signal.SIGCONT)
            await floor.kill(second)
    finally:
        await configure(floor, {name: {"flush.messages": str(2**63 - 1)} for name in names})


async def configure(floor: RealFloor, topics: Mapping[str, Mapping[str, str]]) -> None:
    """Set the configuration of topics, beside what the product sets."""
    own = {topic.name: topic.config for topic in changelogs(floor.settings, floor.memory.groups).values()}
    admin = AIOKafkaAdminClient(bootstrap_servers=floor.broker.bootstrap)
    await admin.start()
    try:
        await admin.alter_configs(
            [
                ConfigResource(ConfigResourceType.TOPIC, name, configs={**own.get(name, {}), **config})
                for name, config in topics.items()
            ]
        )
    finally:
        await admin.close()


async def _no_transaction_is_open(floor: RealFloor) -> None:
    """Wait until the broker has ended every transaction on the changelogs."""
    tables = changelogs(floor.settings, floor.memory.groups)
    places = [TopicPartition(topic.name, p) for topic in tables.values() for p in range(topic.partitions)]
    async with asyncio.timeout(DEADLINE_S):
        while True:
            ends = []
            for level in ("read_committed", "read_uncommitted"):
                consumer = AIOKafkaConsumer(bootstrap_servers=floor.broker.bootstrap, isolation_level=level)
                await consumer.start()
                try:
                    ends.append(await consumer.end_offsets(places))
                finally:
                    await consumer.stop()
            if ends[0] == ends[1]:
                return
            await asyncio.sleep(0.2)


FAULTS: Final[tuple[Fault, ...]] = (
    kill_at_random_moments,
    kill_between_the_two_kinds_of_writes,
    kill_before_the_commit,
    kill_during_recovery,
    a_second_and_a_third_worker_join,
    rolling_restarts,
    frozen_past_its_session,
    frozen_anywhere,
    frozen_while_another_came_and_went,
    frozen_just_before_it_fences,
    frozen_past_its_transaction,
    slower_than_its_transaction_may_be,
    the_broker_is_killed,
    a_commit_heard_twice,
    a_rebalance_during_recovery,
    poison_in_a_batch_that_is_killed,
    a_slow_disk,
)
