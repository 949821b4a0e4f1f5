"""A log is followed by a real process to a real broker: appended to, rotated, cut, killed; each event is there once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.configuration import load_settings
from stream.kafka.topics import topics
from tests.read_source import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = pytest.mark.kafka

DEADLINE_S = 120
T = 1_767_600_000
BATCH = 120


def rows(first: int) -> str:
    """Return the rows of some calls that a queue takes, by a rep whose name is no UTF-8."""
    return "".join(
        f"{T + 60 * n}|{T + 60 * n}.{n}|sales|NONE|ENTERQUEUE||0639980{n % 1000:03}|1\n"
        f"{T + 60 * n + 5}|{T + 60 * n}.{n}|sales|André Bénard|CONNECT|5|{T + 60 * n}.9|2\n"
        f"{T + 60 * n + 30}|{T + 60 * n}.{n}|sales|André Bénard|COMPLETEAGENT|5|25|1\n"
        for n in range(first, first + BATCH)
    )


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    values = {
        "BROKER": broker.bootstrap,
        "APP_ID": app_id,
        "DATA_DIR": str(tmp_path / "data"),
        "CONNECT_PORT": "0",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    return load_settings()


@contextmanager
def following(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `ringboard replay --follow` in a process of its own."""
    command = [sys.executable, "-c", "from stream.cli import main; main()", "replay", "--follow", *arguments]
    with subprocess.Popen(command, env=os.environ.copy(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def expected(text: str) -> dict[str, dict[str, Any]]:
    return {event["id"]: event for event in read_bytes("asterisk-queue-log", text.encode("cp1252")).events}


async def told(settings: Settings) -> list[dict[str, Any]]:
    names = topics(settings)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.broker, enable_auto_commit=False)
    await consumer.start()
    try:
        found: list[dict[str, Any]] = []
        there = await consumer.topics()
        for topic in (names.events, names.floor):
            if topic.name not in there:
                continue
            places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            for place in places:
                while await consumer.position(place) < ends[place]:
                    records = (await consumer.getmany(place, timeout_ms=200)).get(place, ())
                    found += [orjson.loads(record.value or b"null") for record in records]
        return found
    finally:
        await consumer.stop()


def until_told(settings: Settings, ids: set[str]) -> list[dict[str, Any]]:
    began = time.monotonic()
    while True:
        events = asyncio.run(told(settings))
        if ids <= {event["id"] for event in events}:
            return events
        assert time.monotonic() - began < DEADLINE_S, f"{len(ids - {event['id'] for event in events})} are missing"
        time.sleep(0.2)


def append(path: Path, text: str) -> None:
    with path.open("ab") as file:
        file.write(text.encode("cp1252"))


def summary_of(process: subprocess.Popen[bytes]) -> Sequence[str]:
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    return out.decode().splitlines()


def test_appended_to_rotated_cut_and_killed_each_event_is_there_and_nothing_else(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "queue_log"
    parts = [rows(first) for first in range(0, 7 * BATCH, BATCH)]
    with following(str(path)) as process:
        append(path, parts[0])
        until_told(settings, set(expected(parts[0])))
        append(path, parts[1][:-40])
        time.sleep(0.1)
        append(path, parts[1][-40:])
        process.kill()
    append(path, parts[2])
    path.rename(tmp_path / "queue_log.1")
    append(path, parts[3])
    with following(str(path)):
        until_told(settings, set(expected("".join(parts[:4]))))
        append(tmp_path / "queue_log.2", parts[3] + parts[4])  # as logrotate copies it before it cuts
        path.write_bytes(parts[5].encode("cp1252"))
        until_told(settings, set(expected("".join(parts[:6]))))
    with following(str(path)) as process:
        append(path, parts[6])
        events = until_told(settings, set(expected("".join(parts))))
        said = summary_of(process)
    whole = expected("".join(parts))
    assert {event["id"] for event in events} == set(whole)
    assert {event["rep"] for event in events if "rep" in event} == {"André Bénard"}
    assert said[0].startswith(
        f"queue_log (asterisk-queue-log): {3 * BATCH} lines followed; {5 * BATCH} events sent; 0 "
    )
    assert "are not UTF-8, and were read as Windows-1252" in said[1]
