"""A worker that must not run says why in one line and stays down; one that only has to wait, waits."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from agents.rebuilding import rebuild
from stream.errors import RingboardError
from stream.settings.model import Settings
from tests.kafka.counting import counting_group
from tests.kafka.floor_of_workers import Floor
from tests.kafka.worker_process import DEADLINE_S
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from stream.broker import Broker
    from tests.conftest import CreateTopics
    from tests.kafka.floor_of_workers import CountingWorker

pytestmark = pytest.mark.kafka


@pytest.fixture
async def floor(broker: Broker, app_id: str, tmp_path: Path) -> AsyncIterator[Floor]:
    floor = Floor(broker.bootstrap, app_id, tmp_path)
    yield floor
    await floor.end()


async def why_refused(worker: CountingWorker) -> str:
    """Return the one line that a worker ends with."""
    assert await worker.ended() == 78
    lines = worker.log.read_text().splitlines()
    assert len([line for line in lines if " ERROR " in line]) == 1, lines
    assert "Traceback" not in worker.log.read_text()
    assert "starting it again" not in worker.log.read_text()
    return lines[-1]


async def folded(floor: Floor) -> None:
    """Let a worker count something, and stop it."""
    worker = await floor.start(free_port())
    await worker.when(lambda told: told["complete"])
    await floor.send(400)
    assert await floor.totals(worker) == floor.sent
    assert await worker.stop() == 0


async def delete(floor: Floor, *names: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=floor.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(list(names))
        while set(names) & {topic["topic"] for topic in await admin.describe_topics()}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def test_state_that_does_not_belong_to_the_settings_or_the_log_is_refused_and_a_rebuild_corrects_it(
    floor: Floor,
) -> None:
    await folded(floor)
    settings = Settings(
        broker=floor.bootstrap, app_id=floor.app_id, partitions=floor.partitions, data_dir=floor.place, min_talk_s=20
    )
    group = counting_group(floor.app_id, floor.partitions)

    assert "min_talk_s 30.0 (now 20.0)" in await why_refused(await floor.start(free_port(), RINGBOARD_MIN_TALK_S="20"))
    assert "set RINGBOARD_PARTITIONS to 4" in await why_refused(
        await floor.start(free_port(), RINGBOARD_PARTITIONS="3")
    )

    await delete(floor, f"{floor.app_id}-minutes-changelog")
    assert f"{floor.app_id}-minutes-changelog: partition" in await why_refused(await floor.start(free_port()))

    assert f"{floor.app_id}.links.v1" in await rebuild(settings, [group])
    worker = await floor.start(free_port(), RINGBOARD_MIN_TALK_S="20")
    assert await floor.totals(worker) == floor.sent
    assert await floor.changelogs() == floor.sent

    with pytest.raises(RingboardError, match="still run"):
        await rebuild(settings, [group])
    assert await worker.stop() == 0


async def test_events_that_were_made_anew_under_the_old_numbers_are_refused(floor: Floor) -> None:
    await folded(floor)
    await delete(floor, f"{floor.app_id}.events.v1")
    assert "the topic was made anew" in await why_refused(await floor.start(free_port()))


async def test_a_record_that_a_changelog_does_not_take_ends_the_worker_and_nothing_of_its_batch_is_kept(
    floor: Floor, create_topics: CreateTopics
) -> None:
    changelog = f"{floor.app_id}-counts-changelog"
    await create_topics(
        changelog, partitions=floor.partitions, config={"cleanup.policy": "compact", "max.message.bytes": "2000"}
    )
    worker = await floor.start(free_port())
    await worker.when(lambda told: told["complete"])
    await floor.send_raw(json.dumps({"k": "x" * 3000, "m": 0}).encode())
    why = await why_refused(worker)
    assert changelog in why
    assert "3,0" in why
    logged = await floor.changelogs()
    assert logged == {"counts": {}, "minutes": {}}


async def test_a_web_port_that_is_taken_is_named(floor: Floor) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"web_port {port}" in await why_refused(await floor.start(port))


async def test_a_broker_that_does_not_answer_is_waited_for_until_the_worker_is_told_to_stop(floor: Floor) -> None:
    worker = await floor.start(free_port(), RINGBOARD_BROKER=f"127.0.0.1:{free_port()}")
    async with asyncio.timeout(DEADLINE_S):
        while "trying again" not in worker.log.read_text():
            assert worker.process.returncode is None
            await asyncio.sleep(0.05)
    assert await worker.stop() == 0
    assert "no Kafka broker answers" in worker.log.read_text()
    assert "Traceback" not in worker.log.read_text()
