"""Every total is exact and durable, whatever is killed, stopped, frozen or restarted while it is made."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from typing import TYPE_CHECKING

import pytest

from tests.kafka.floor_of_workers import Floor, added
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from stream.broker import Broker

pytestmark = pytest.mark.kafka


@pytest.fixture
async def floor(broker: Broker, app_id: str, tmp_path: Path) -> AsyncIterator[Floor]:
    floor = Floor(broker.bootstrap, app_id, tmp_path)
    yield floor
    await floor.end()


async def test_a_record_that_is_no_event_stops_nothing_even_if_it_comes_first(floor: Floor) -> None:
    worker = await floor.start(free_port())
    await worker.when(lambda told: told["complete"])
    await floor.send_raw(b"\xff not json", partition=0)
    await floor.send_raw(None, partition=0)
    await floor.send(200)
    for table in floor.sent:
        floor.count(table, "poison", 2)
    assert await floor.totals(worker) == floor.sent
    assert await floor.changelogs() == floor.sent
    assert await worker.stop() == 0


async def test_totals_are_exact_after_kills_at_any_moment_and_after_an_orderly_restart(floor: Floor) -> None:
    chance = random.Random(3)
    port = free_port()
    worker = await floor.start(port)
    sending = asyncio.create_task(floor.send(12_000, pace_s=0.01))
    for _ in range(2):
        handled = (await worker.when(lambda told: told["complete"]))["counters"]["records"]
        more = handled + chance.randrange(1, 1500)
        await worker.has_handled(more)
        await worker.kill_child()
    await sending
    assert await floor.totals(worker) == floor.sent
    assert await floor.changelogs() == floor.sent
    assert await worker.stop() == 0

    again = await floor.start(port)
    assert await floor.totals(again) == floor.sent
    told = await again.state(brief=True)
    assert told["counters"]["restored_records"] > 0
    assert told["counters"]["records"] == 0
    await floor.send(300)
    assert await floor.totals(again) == floor.sent


async def test_two_workers_that_start_together_count_as_one_and_one_takes_over_when_the_other_is_killed(
    floor: Floor,
) -> None:
    first = await floor.start(free_port())
    sending = asyncio.create_task(floor.send(9_000, pace_s=0.01))
    await first.when(lambda told: told["complete"])
    second = await floor.start(free_port())
    await second.when(lambda told: told["complete"] and told["partitions"])
    await asyncio.wait([sending])
    assert await floor.totals(first, second) == floor.sent

    child = (await second.state(brief=True))["pid"]
    more = asyncio.create_task(floor.send(3_000, pace_s=0.01))
    await second.kill()
    await first.when(lambda told: len(told["partitions"]) == floor.partitions)
    await more
    assert await floor.totals(first) == floor.sent
    assert await floor.changelogs() == floor.sent
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)  # a worker does not outlive its supervisor


async def test_a_worker_that_was_frozen_while_its_partitions_moved_writes_nothing_more(floor: Floor) -> None:
    first, second = await floor.start(free_port()), await floor.start(free_port())
    for worker in (first, second):
        await worker.when(lambda told: told["complete"] and len(told["partitions"]) == 2)
    sending = asyncio.create_task(floor.send(9_000, pace_s=0.02))
    handled = (await second.state(brief=True))["counters"]["records"]
    child = (await second.when(lambda told: told["counters"]["records"] > handled))["pid"]
    os.kill(child, signal.SIGSTOP)
    try:
        await first.when(lambda told: len(told["partitions"]) == floor.partitions)
    finally:
        os.kill(child, signal.SIGCONT)
    await sending
    assert await floor.totals(first, second) == floor.sent
    assert await floor.changelogs() == floor.sent


async def test_nothing_is_behind_only_once_all_is_counted_what_was_passed_on_included(floor: Floor) -> None:
    worker = await floor.start(free_port())
    await worker.when(lambda told: told["complete"])
    for count in (1, 1, 40, 400):
        await floor.send(count)
        told = await worker.when(lambda told: told["behind"] == 0, brief=False)
        assert added(list(told["tables"].values())) == floor.sent


async def test_what_the_topic_lost_before_it_was_read_is_passed_over_once_and_counted(floor: Floor) -> None:
    floor.partitions = 1
    worker = await floor.start(free_port())
    await worker.when(lambda told: told["complete"])
    await floor.send(50, pass_on=False)
    await floor.totals(worker)
    assert await worker.stop() == 0
    for _ in range(20):
        await floor.send_raw(b'{"k": "lost", "m": 0}')
    await floor.forget_before(f"{floor.app_id}.events.v1", 70)
    await floor.send(50, pass_on=False)

    again = await floor.start(free_port())
    assert await floor.totals(again) == floor.sent
    assert (await again.state(brief=True))["counters"]["gaps_accepted"] == 1


async def test_a_worker_reads_on_from_its_own_position_wherever_the_offsets_of_its_group_are(floor: Floor) -> None:
    worker = await floor.start(free_port())
    await worker.when(lambda told: told["complete"])
    await floor.send(200)
    await floor.totals(worker)
    assert await worker.stop() == 0
    await floor.send(200)
    await floor.tell_the_group_that_all_is_done()

    again = await floor.start(free_port())  # nothing more comes that it could tell by what it has not read
    assert await floor.totals(again) == floor.sent
    assert (await again.state(brief=True))["counters"]["seeks"] == 0


async def test_totals_are_exact_after_the_broker_was_killed(app_id: str, tmp_path: Path) -> None:
    from stream.broker import Broker  # noqa: PLC0415

    with Broker(tmp_path / "broker") as broker:
        floor = Floor(broker.bootstrap, app_id, tmp_path)
        try:
            worker = await floor.start(free_port())
            await worker.when(lambda told: told["complete"])
            await floor.send(2_000)
            await worker.when(lambda told: told["counters"]["records"] > 0)
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
            await floor.send(2_000)
            assert await floor.totals(worker) == floor.sent
            assert await floor.changelogs() == floor.sent
        finally:
            await floor.end()
