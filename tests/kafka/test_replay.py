"""Files replayed to a real broker: what lands there, once however often, and what is put aside."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from click.testing import CliRunner, Result

from stream.cli import main
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.intake.rejected import Rejected, read_rejected
from stream.kafka.connection import Connection, connection_of
from stream.kafka.create_topics import create_missing
from stream.kafka.producer import sending
from stream.kafka.topics import Topic, topics

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = pytest.mark.kafka

DEADLINE_S = 60
T = 1_767_600_000
LOG = f"""uid,date_time,callid,queue_name,type,event,param1,param2,param3,entpos,expos,htime,ttime,time
1,{T},c1,NONE,Agent/1141,OUTDIAL,+33199001234,,,0,0,0,0,x
2,{T + 60},c1,NONE,Agent/1141,OUTANSWER,+33199001234,,,0,0,9,51,x
3,{T + 70},c2,NONE,Agent/1141,OUTDIAL,1115,,,0,0,0,0,x
soon,{T + 75},c2,NONE,Agent/1141,OUTCANCEL,+33261911234,,,0,0,5,0,x
5,{T + 80},c2,NONE,Agent/1141,OUTCANCEL,1115,,,0,0,10,0,x
6,{T + 90},c3,IT,NONE,ENTERQUEUE,0261911234,,,1,0,0,0,x
7,{T + 95},c3,IT,NONE,ABANDON,0261911234,,,1,1,5,0,x
"""

Stored = tuple[int, bytes | None, dict[str, Any]]  # partition, key, content


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in (("BROKER", broker.bootstrap), ("APP_ID", app_id), ("DATA_DIR", str(tmp_path / "data"))):
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    return load_settings()


def ringboard(*arguments: str | Path, expect: int = 0) -> Result:
    """Run a command as a user does; each has an event loop of its own."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == expect, result.output
    assert "Traceback" not in result.output
    return result


def stored(settings: Settings, topic: Topic) -> list[Stored]:
    return asyncio.run(read(settings, topic))


async def read(settings: Settings, topic: Topic) -> list[Stored]:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.broker, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, partition) for partition in range(topic.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[Stored] = []
        for place in places:
            while await consumer.position(place) < ends[place]:
                records = (await consumer.getmany(place, timeout_ms=200)).get(place, ())
                found += [(one.partition, one.key, orjson.loads(one.value or b"null")) for one in records]
        return found
    finally:
        await consumer.stop()


def request(i: int, at: int = 1000 * T) -> dict[str, Any]:
    return {"id": f"e{i}", "type": "lead.requested", "at": at, "lead": f"lead {i}", "campaign": "Spring"}


def write(path: Path, *events: dict[str, Any]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))
    return path


def test_a_queue_log_lands_in_its_topics_without_a_number(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "monday.csv"
    path.write_text(LOG)
    told = json.loads(ringboard("replay", path, "--json").stdout)
    names = topics(settings)
    events = stored(settings, names.events)
    floor = stored(settings, names.floor)
    (rejected,) = stored(settings, names.rejected)

    assert Counter(event["type"] for _, _, event in events) == {"call.ended": 2}
    assert Counter(event["type"] for _, _, event in floor) == {"rep.state": 5, "queue.joined": 1, "queue.left": 1}
    assert (told["events"], told["refused"]) == (9, {"wrong_type": 1})
    assert all(key == event["number"].encode() and event["number"].startswith("num_") for _, key, event in events)
    aside = read_rejected(orjson.dumps(rejected[2]))
    assert isinstance(aside, Rejected)
    assert (aside.reason, aside.field, aside.source, aside.offset) == ("wrong_type", "uid", "monday.csv", 5)
    everything = repr([events, floor, rejected])
    assert "99001234" not in everything
    assert "61911234" not in everything


def test_run_twice_or_moved_to_now_the_ids_are_the_same(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "monday.csv.gz"
    path.write_bytes(gzip.compress(LOG.encode()))
    names = topics(settings)
    for arguments in ((), (), ("--to-now",)):
        ringboard("replay", path, *arguments)
    events = stored(settings, names.events)
    assert set(Counter(event["id"] for _, _, event in events).values()) == {3}
    recorded = {event["at"] for _, _, event in events if event["at"] < 1000 * (T + 100)}
    assert recorded == {1000 * (T + 60), 1000 * (T + 80)}
    moved = sorted(event["at"] for _, _, event in events if event["at"] > 1000 * (T + 100))
    assert moved[1] - moved[0] == 20_000


def test_a_record_lands_where_every_other_producer_puts_its_key(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", *(request(i) for i in range(200)))
    ringboard("replay", path)
    names = topics(settings)

    async def by_another() -> dict[bytes, int]:
        producer = AIOKafkaProducer(bootstrap_servers=settings.broker)
        await producer.start()
        try:
            sent = [await producer.send(names.links.name, b"x", key=f"lead {i}".encode()) for i in range(200)]
            return {f"lead {i}".encode(): (await one).partition for i, one in enumerate(sent)}
        finally:
            await producer.stop()

    places = {key: partition for partition, key, _ in stored(settings, names.events)}
    assert len(set(places.values())) == 8
    assert places == asyncio.run(by_another())


def test_many_batches_and_a_large_refused_line_all_arrive(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", *(request(i) for i in range(25_000)))
    with path.open("ab") as file:
        file.write(b'{"id": "' + b"x" * 10_000_000 + b'"}\n')
        file.write(orjson.dumps(request(25_000)) + b"\n")
    told = json.loads(ringboard("replay", path, "--json").stdout)
    names = topics(settings)
    assert (told["events"], told["refused"]) == (25_001, {"too_large": 1})
    assert Counter(event["id"] for _, _, event in stored(settings, names.events)) == {f"e{i}": 1 for i in range(25_001)}
    assert len(stored(settings, names.rejected)) == 1


def test_under_another_key_nothing_is_sent(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.ndjson", request(1))
    ringboard("replay", path)
    monkeypatch.setenv("RINGBOARD_PSEUDONYM_KEY", "another key of the tests, and of nothing else")
    told = ringboard("replay", path, expect=1)
    assert told.output.strip().startswith("Error: pseudonym_key: this one has the fingerprint ")
    assert len(stored(settings, topics(settings).events)) == 1


def test_topics_of_other_partitions_are_told_in_one_line(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.ndjson", request(1))
    ringboard("replay", path)
    monkeypatch.setenv("RINGBOARD_PARTITIONS", "3")
    told = ringboard("replay", path, expect=1)
    assert told.output.strip() == (
        f"Error: partitions: topic {topics(settings).events.name} has 8, the settings say 3; "
        "set RINGBOARD_PARTITIONS to 8, or another RINGBOARD_APP_ID"
    )


def test_interrupted_it_says_how_far_it_came_and_the_rest_is_sent_again(settings: Settings, tmp_path: Path) -> None:
    far = 1000 * (T + 3600)
    path = write(tmp_path / "a.ndjson", request(0), request(1), request(2, far), request(3, far))
    names = topics(settings)
    asyncio.run(create_missing(connection_of(settings), names, 1))
    with subprocess.Popen(
        [sys.executable, "-c", "from stream.cli import main; main()", "replay", "--speed", "1", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ.copy(),
    ) as process:
        try:
            # The two that are due are there before it waits for the others.
            deadline = time.monotonic() + DEADLINE_S
            while len(stored(settings, names.events)) < 2:
                assert time.monotonic() < deadline
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=DEADLINE_S)
        finally:
            process.kill()
    assert process.returncode == 130, output
    assert "a.ndjson (ndjson), up to line 2: 2 events sent" in output
    assert "what was sent is not counted twice" in output
    assert "Traceback" not in output

    ringboard("replay", path)
    ids = [event["id"] for _, _, event in stored(settings, names.events)]
    assert Counter(ids) == {"e0": 2, "e1": 2, "e2": 1, "e3": 1}


def test_a_simulated_day_is_admitted_whole(settings: Settings) -> None:
    told = ringboard("simulate", "--seed", "3", "--days", "4", "--reps", "3", "--leads-per-day", "20", "--json")
    summary = json.loads(told.stdout)
    names = topics(settings)
    there = [e for topic in (names.events, names.floor, names.spend) for _, _, e in stored(settings, topic)]
    assert summary["simulated"] is True
    assert summary["refused"] == {}
    assert Counter(event["type"] for event in there) == summary["by_type"]
    assert {event["source"] for event in there} == {"simulated"}


def test_a_floor_with_a_real_event_is_simulated_on_only_where_that_is_said(settings: Settings, tmp_path: Path) -> None:
    a_little = ("simulate", "--reps", "1", "--leads-per-day", "5")
    real = tmp_path / "real.ndjson"
    real.write_text('{"id":"1","type":"rep.state","at":1704446060000,"rep":"r","state":"paused"}\n')
    for _ in range(2):
        ringboard(*a_little)  # what is there is simulated
    ringboard("replay", real)
    refused = ringboard(*a_little, expect=1)
    assert refused.stderr.strip() == (
        "Error: this floor has real events, and simulated ones would count among them; simulate on a floor of its own "
        "(RINGBOARD_APP_ID=trial, for its worker too), or mix them with --beside-real-events"
    )
    ringboard(*a_little, "--beside-real-events")
    ringboard(*a_little, "--out", tmp_path / "day.ndjson")


async def test_a_topic_that_is_not_there_is_told_in_one_line(broker: Broker, app_id: str) -> None:
    async with sending(Connection(broker.bootstrap)) as sender:
        with pytest.raises(RingboardError, match="not there"):
            await sender.learn(app_id)
