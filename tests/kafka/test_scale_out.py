"""Workers that come and go: what one still has in memory it goes on with, but only if nobody has changed it since."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer

from agents.engine.counters import EngineCounters
from agents.engine.recovery import unchanged
from agents.engine.runner import Handover
from agents.engine.writer import FencedError, Writer
from stream.errors import RingboardError
from stream.kafka.connection import Connection
from tests.kafka.counting import CountingState
from tests.kafka.floor_of_workers import CountingWorker, Floor
from tests.kafka.worker_process import DEADLINE_S
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from stream.broker import Broker
    from tests.conftest import CreateTopics

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
    first = await floor.start(free_port())
    await owns(first, 4)
    await floor.send(3000)
    assert await floor.totals(first) == floor.sent
    assert (await counters(first))["restored_records"] == 0

    second = await floor.start(free_port())
    assert await floor.totals(first, second) == floor.sent
    await owns(first, 2)
    joined = await counters(first)
    assert joined["states_reused"] >= 2
    assert joined["restored_records"] == 0
    assert (await counters(second))["restored_records"] > 0

    await floor.send(1000)
    assert await floor.totals(first, second) == floor.sent
    kept = joined["states_reused"]
    assert await second.stop() == 0
    assert await floor.totals(first) == floor.sent
    left = await counters(first)
    assert left["states_reused"] == kept + 2  # its own two; the other two were changed by the second worker meanwhile
    assert left["restored_records"] > 0
    assert await floor.changelogs() == floor.sent


async def test_a_share_that_another_worker_has_changed_is_read_again_and_never_gone_on_with(floor: Floor) -> None:
    """The sleeper wakes up with its former state in memory, and gets partitions back that have gone on without it."""
    sleeper, other = await floor.start(free_port()), await floor.start(free_port())
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
    first = await floor.start(free_port())
    await owns(first, 4)
    await floor.send(1000)
    assert await floor.totals(first) == floor.sent
    assert await first.stop() == 0

    again = await floor.start(free_port())
    assert await floor.totals(again) == floor.sent
    restored = (await counters(again))["restored_records"]
    assert restored > 0
    second = await floor.start(free_port())
    await owns(second, 2)
    assert await floor.totals(again, second) == floor.sent
    told = await counters(again)
    assert told["restored_records"] == restored
    assert told["states_reused"] >= 2


@pytest.fixture
async def changelogs(app_id: str, create_topics: CreateTopics) -> tuple[tuple[str, int], tuple[str, int]]:
    names = f"{app_id}-one-changelog", f"{app_id}-two-changelog"
    await create_topics(*names)
    return (names[0], 0), (names[1], 0)


def left(writer: Writer) -> dict[tuple[str, int], Handover]:
    return {("events", 0): Handover(CountingState("links"), "born", {}, dict(writer.ends))}


async def kept(left_by_one: dict[tuple[str, int], Handover], ends: AIOKafkaConsumer) -> bool:
    """Wait until what was left is good: the broker may write a transaction's marker after it said that it is over."""
    async with asyncio.timeout(DEADLINE_S):
        while await unchanged(left_by_one, ends) != {("events", 0)}:  # noqa: ASYNC110 - a broker cannot be waited for
            await asyncio.sleep(0.05)
    return True


async def test_what_is_left_in_memory_is_good_only_while_its_changelogs_end_where_they_did(
    broker: Broker, app_id: str, changelogs: tuple[tuple[str, int], tuple[str, int]]
) -> None:
    ends = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, enable_auto_commit=False)
    await ends.start()

    async def writer() -> Writer:
        """Take over, as the next worker does."""
        made = Writer(Connection(broker.bootstrap), f"{app_id}-events-0", app_id, EngineCounters())
        await made.start()
        return made

    one, two = changelogs
    try:
        first = await writer()
        await first.commit({one: [(b"a", b"1")], two: [(b"a", b"1")]})
        await first.commit(
            {one: [(b"%d" % n, b"x" * 1000) for n in range(2000)], two: [(b"a", None)]}
        )  # several batches
        await first.commit({one: [(b"b", b"1")]})
        left_by_first = left(first)
        assert await kept(left_by_first, ends)

        second = await writer()  # it fences the first one, and writes nothing yet
        assert await kept(left_by_first, ends)
        with pytest.raises(FencedError):
            await first.commit({one: [(b"late", b"1")]})
        assert await kept(left_by_first, ends)

        await second.commit({one: [(b"c", b"1")]})
        assert await unchanged(left_by_first, ends) == set()
        second.ends |= {place: end for place, end in first.ends.items() if place != one}
        left_by_second = left(second)
        assert await kept(left_by_second, ends)

        with pytest.raises(RingboardError):
            await second.commit({one: [(b"too large", b"x" * 2_000_000)], two: [(b"d", b"1")]})
        third = await writer()
        assert await unchanged(left_by_second, ends) == set()  # what was aborted may have been anything
        for made in (first, second, third):
            await made.stop()
    finally:
        await ends.stop()


async def test_workers_that_come_and_go_while_events_flow_lose_and_double_nothing(floor: Floor) -> None:
    first = await floor.start(free_port())
    await first.when(lambda told: told["complete"])
    feeding = asyncio.create_task(floor.send(6000, pace_s=0.03))
    for _ in range(3):
        second = await floor.start(free_port())
        await second.when(lambda told: told["complete"] and told["partitions"])
        assert await second.stop() == 0
    await feeding
    assert await floor.totals(first) == floor.sent
    assert await floor.changelogs() == floor.sent
    assert (await counters(first))["states_reused"] > 0
