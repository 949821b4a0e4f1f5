"""Workers that come and go: what one still has in memory it goes on with, but only if nobody has changed it since."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.test_utils import unused_port

from tests.kafka.floor_of_workers import CountingWorker, Floor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from stream.broker import Broker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
async def floor(broker: Broker, app_id: str, tmp_path: Path) -> AsyncIterator[Floor]:
    floor = Floor(broker.bootstrap, app_id, tmp_path)
    yield floor
    await floor.end()


async def counters(worker: CountingWorker) -> dict[str, Any]:
    told: dict[str, Any] = (await worker.when(lambda told: told["complete"]))["counters"]
    return told


async def owns(worker: CountingWorker, partitions: int) -> None:
    await worker.when(lambda told: told["complete"] and len(told["partitions"]) == partitions)


async def test_what_stays_with_a_worker_through_a_join_and_a_leave_is_not_read_again(floor: Floor) -> None:
    first = await floor.start(unused_port())
    await owns(first, 4)
    await floor.send(3000)
    assert await floor.totals(first) == floor.sent
    assert (await counters(first))["restored_records"] == 0

    second = await floor.start(unused_port())
    assert await floor.totals(first, second) == floor.sent
    await owns(first, 2)
    joined = await counters(first)
    assert joined["shares_kept"] >= 2
    assert joined["restored_records"] == 0
    assert (await counters(second))["restored_records"] > 0

    await floor.send(1000)
    assert await floor.totals(first, second) == floor.sent
    kept = joined["shares_kept"]
    assert await second.stop() == 0
    assert await floor.totals(first) == floor.sent
    left = await counters(first)
    assert left["shares_kept"] == kept + 2  # its own two; the other two were changed by the second worker meanwhile
    assert left["restored_records"] > 0
    assert await floor.changelogs() == floor.sent


async def test_a_share_that_another_worker_has_changed_is_read_again_and_never_gone_on_with(floor: Floor) -> None:
    """The sleeper wakes up with its former state in memory, and gets partitions back that have gone on without it."""
    sleeper, other = await floor.start(unused_port()), await floor.start(unused_port())
    await owns(sleeper, 2)
    await floor.send(2000)
    assert await floor.totals(sleeper, other) == floor.sent
    await owns(sleeper, 2)
    before = await counters(sleeper)
    child = (await sleeper.state(brief=True))["pid"]

    os.kill(child, signal.SIGSTOP)
    await owns(other, 4)
    await floor.send(2000)
    assert await floor.totals(other) == floor.sent
    os.kill(child, signal.SIGCONT)

    assert await floor.totals(sleeper, other) == floor.sent
    await owns(sleeper, 2)
    after = await counters(sleeper)
    assert after["restored_records"] > before["restored_records"]
    assert await floor.changelogs() == floor.sent


async def test_a_share_without_a_word_since_it_was_restored_is_kept_too(floor: Floor) -> None:
    first = await floor.start(unused_port())
    await owns(first, 4)
    await floor.send(1000)
    assert await floor.totals(first) == floor.sent
    assert await first.stop() == 0

    again = await floor.start(unused_port())
    assert await floor.totals(again) == floor.sent
    restored = (await counters(again))["restored_records"]
    assert restored > 0
    second = await floor.start(unused_port())
    await owns(second, 2)
    assert await floor.totals(again, second) == floor.sent
    told = await counters(again)
    assert told["restored_records"] == restored
    assert told["shares_kept"] >= 2


async def test_workers_that_come_and_go_while_events_flow_lose_and_double_nothing(floor: Floor) -> None:
    first = await floor.start(unused_port())
    await first.when(lambda told: told["complete"])
    feeding = asyncio.create_task(floor.send(6000, pace_s=0.03))
    for _ in range(3):
        second = await floor.start(unused_port())
        await second.when(lambda told: told["complete"] and told["partitions"])
        assert await second.stop() == 0
    await feeding
    assert await floor.totals(first) == floor.sent
    assert await floor.changelogs() == floor.sent
    assert (await counters(first))["shares_kept"] > 0
