"""A changelog that does not take a record, or is gone: the worker says so, shows nothing of it, and can be repaired."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from agents.preparation import changelogs
from tests.kafka.faults.comparison import compare, last_values
from tests.kafka.faults.faults import attempts, configure, workers
from tests.kafka.worker_process import DEADLINE_S

if TYPE_CHECKING:
    from tests.kafka.faults.conftest import MakeFloor
    from tests.kafka.faults.floor import FaultyWorker, RealFloor

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]


async def test_nothing_of_a_transaction_is_kept_of_which_the_broker_refused_a_record(real_floor: MakeFloor) -> None:
    async with real_floor(seed=10, size=100) as floor:
        worker = await floor.start()
        await floor.feed(60)
        told = attempts(floor, 0)
        await floor.tell(*itertools.islice(told, 80))
        assert await compare(floor) == []
        group = floor.memory.groups[0]
        before = await last_values(floor, group)
        journeys = f"{floor.app_id}-journeys-changelog"
        await configure(floor, {journeys: {"max.message.bytes": "2000"}})

        await floor.tell(next(told))
        why = await why_ended(floor, worker)
        assert journeys in why
        assert "is larger than the topic takes; raise its max.message.bytes" in why
        assert await last_values(floor, group) == before

        await configure(floor, {journeys: {}})
        await floor.start(like=worker)
        assert await compare(floor) == []


async def test_a_changelog_wiped_while_no_worker_ran_is_refused_and_made_anew_by_a_rebuild(
    real_floor: MakeFloor,
) -> None:
    async with asyncio.TaskGroup() as both:
        both.create_task(wiped_and_rebuilt("journeys", 11, real_floor))
        both.create_task(wiped_and_rebuilt("slices", 12, real_floor))


async def wiped_and_rebuilt(table: str, seed: int, real_floor: MakeFloor) -> None:
    async with real_floor(seed, size=150, poisoned=0) as floor:  # what was put aside would be so again
        await workers(floor, 1)
        await floor.feed(100)
        assert await compare(floor) == []
        assert await floor.stop(floor.workers[0]) == 0
        name = changelogs(floor.settings, floor.memory.groups)[table].name
        await delete(floor, name)

        why = await why_ended(floor, await floor.start())
        assert f"{name}: partition" in why or f"{name}, " in why
        assert "has lost its state" in why
        assert "ringboard rebuild" in why

        assert "Forgot" in await rebuilt(floor)
        await workers(floor, 2)
        assert await compare(floor) == []
        await floor.feed(40)
        assert await compare(floor) == []


async def why_ended(floor: RealFloor, worker: FaultyWorker) -> str:
    """Return the one line that a worker ends with for good."""
    assert await worker.ended() == 78
    floor.workers.remove(worker)
    said = worker.log.read_text()
    assert "Traceback" not in said
    [line] = [line for line in said.splitlines() if " ERROR " in line]
    return line


async def delete(floor: RealFloor, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=floor.broker.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([name])
        async with asyncio.timeout(DEADLINE_S):
            while name in {topic["topic"] for topic in await admin.describe_topics()}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def rebuilt(floor: RealFloor) -> str:
    """Run `ringboard rebuild` as its user does, and return what it says."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("ringboard"),
        "rebuild",
        "--yes",
        env=floor.environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(DEADLINE_S):
        said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode()
