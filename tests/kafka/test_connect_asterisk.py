"""`ringboard connect asterisk` as a process: a recorded floor over a connection that breaks, into a real broker."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.kafka.topics import topics
from tests.ami_server import SECRET, USER, AmiServer, wire
from tests.floor_in_memory import FloorInMemory
from tests.ports import free_port
from tests.shared_data import Recording, each
from tests.unit.sources.asterisk import test_live as live
from tests.unit.sources.asterisk.recorded_totals import FLOOR, TOTALS

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = pytest.mark.kafka

DEADLINE_S = 90


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    values = {
        "BROKER": broker.bootstrap,
        "APP_ID": app_id,
        "DATA_DIR": str(tmp_path / "data"),
        "CONNECT_PORT": str(free_port()),
        "ASTERISK_HOST": "127.0.0.1",
        "ASTERISK_USER": USER,
        "ASTERISK_SECRET": SECRET,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    return load_settings()


async def values(settings: Settings) -> list[bytes]:
    """Read all that lies in the topics of events, of the floor, and of the rejected."""
    names = topics(settings)
    places = [
        TopicPartition(topic.name, partition)
        for topic in (names.events, names.floor, names.rejected)
        for partition in range(topic.partitions)
    ]
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.broker, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[bytes] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += [record.value or b"" for record in records]
        return found
    finally:
        await consumer.stop()


async def metric(settings: Settings, name: str) -> float:
    async with aiohttp.ClientSession() as web, web.get(f"http://127.0.0.1:{settings.connect_port}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"ringboard_source_{name}{{"))


@each(FLOOR)
async def test_a_recorded_floor_over_a_breaking_connection_is_counted_as_it_was_played(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, recorded: Recording
) -> None:
    data, messages = live.told(recorded)
    whole = sum(len(wire(message)) for message in messages)
    server = AmiServer(messages, random.Random(7).sample(range(whole), 3))
    async with server.running(), asyncio.timeout(DEADLINE_S):
        monkeypatch.setenv("RINGBOARD_ASTERISK_PORT", str(server.port))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from stream.cli import main; main()",
            "connect",
            "asterisk",
            env=dict(os.environ),
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            await server.done.wait()
            whole_log = len(live.events_of(data))
            while await metric(settings, "events_total") < whole_log or await metric(settings, "open_calls"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            assert await metric(settings, "connected") == 1
            assert await metric(settings, "reconnects_total") == 3
            assert await metric(settings, "refused_total") == 0
            process.send_signal(signal.SIGTERM)
            _, told = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
    assert process.returncode == 0, told
    assert b"Traceback" not in told
    found = await values(settings)
    events: list[dict[str, Any]] = [json.loads(value) for value in found]
    played = json.loads(recorded.read_text("truth.json"))
    floor = FloorInMemory(clock=FixedClock(max(event["at"] for event in events) + 1000)).feed(events)
    rate = floor.kpis("1h")["contact_rate"]
    totals = TOTALS[recorded.place]
    assert (rate["numerator"], rate["denominator"]) == (totals.people, totals.attempts)
    for one in played:
        number = one["number"].removeprefix("+33").encode()
        assert number not in b"\n".join(found)
        assert number not in told
