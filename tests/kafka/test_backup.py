"""A floor is backed up while it runs, its broker burns down, and a new one has the same numbers to the last event."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner

from stream.broker import Broker
from stream.cli import main
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.intake.resend import find_all
from stream.kafka.connection import connection_of
from stream.kafka.producer import Record, sending
from stream.kafka.scan_topics import scanning
from stream.kafka.topics import topics
from stream.simulate.play import history
from tests.kafka.test_pages import agree, same_floor, tell, worker
from tests.kafka.test_person import changelogs, in_values
from tests.kafka.test_person import events as events_of_a_person
from tests.kafka.worker_process import KEY
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from stream.settings.model import Settings
    from tests.floor_in_memory import FloorInMemory
    from tests.kafka.test_pages import Events, Worker

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(900)]
Answer = dict[str, Any]
GARBAGE = b"{"
WINDOWS = ("today", "30d")


class Machine:
    """A broker that can burn: the one after it stands at the same port, with nothing in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._burnt = 0
        self.broker = self._new()

    def burn(self) -> None:
        self.broker.kill()
        shutil.rmtree(self._folder / f"broker-{self._burnt}")
        self._burnt += 1
        self.broker = self._new()

    def _new(self) -> Broker:
        broker = Broker(self._folder / f"broker-{self._burnt}", self._port)
        broker.start()
        return broker


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    one = Machine(tmp_path)
    try:
        yield one
    finally:
        one.broker.kill()


@pytest.fixture
def settings(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    given = {
        "BROKER": machine.broker.bootstrap,
        "APP_ID": "fire",
        "DATA_DIR": str(tmp_path),
        "PSEUDONYM_KEY": KEY,
        "PARTITIONS": "3",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    monkeypatch.chdir(tmp_path)
    return load_settings()


async def run(*arguments: str, code: int = 0) -> Answer:
    result = await asyncio.to_thread(CliRunner().invoke, main, [*arguments, "--json"])
    assert result.exit_code == code, (result.output, result.exception)
    return dict(json.loads(result.stdout)) if not code else {"said": result.stderr}


async def abort(settings: Settings, event: Answer) -> None:
    """Write an event to each partition in a transaction that is not committed."""
    name = topics(settings).events.name
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker, transactional_id="no")
    await producer.start()
    await producer.begin_transaction()
    for partition in range(settings.partitions):
        await producer.send_and_wait(name, json.dumps(event).encode(), key=b"NO", partition=partition)
    await producer.abort_transaction()
    await producer.stop()


def calls(now: int, first: int, count: int) -> Events:
    return [
        {
            "type": "call.ended",
            "id": f"more {number}",
            "at": now - 1000 * number,
            "call": f"more {number}",
            "direction": "outbound",
            "placed_at": now - 1000 * number - 60_000,
            "number": f"+336399800{number % 90:02d}",
            "talk_s": number % 60,
            "rep": "1002",
        }
        for number in range(first, first + count)
    ]


@asynccontextmanager
async def written_meanwhile(settings: Settings, events: Events) -> AsyncIterator[None]:
    """Write `events` bit by bit while something is done; all are written in the end."""

    async def write() -> None:
        for first in range(0, len(events), 20):
            await tell(settings, events[first : first + 20])

    task = asyncio.create_task(write())
    yield
    await task


async def agrees(one: Worker, memory: FloorInMemory) -> None:
    for window in WINDOWS:
        agree(await one.settled(window), memory)


async def refused(settings: Settings) -> list[tuple[Any, ...]]:
    """Return the refused records, each with whether it lies where it says."""
    found = []
    for one in await find_all(settings):
        rejected = one.rejected
        found.append((rejected.message, rejected.digest, rejected.topic, one.sent_again))
        if rejected.topic is not None:
            assert rejected.partition is not None
            assert rejected.offset is not None
            place = (rejected.topic, rejected.partition)
            async with scanning(connection_of(settings), [place], since={place: rejected.offset}) as scan:
                while not (records := (await scan.next())[0]):
                    assert not scan.done
            assert (records[0].offset, records[0].value) == (rejected.offset, GARBAGE)
    return found


async def no_event(settings: Settings) -> None:
    """Write to the topic of events what is none: a worker refuses it."""
    async with sending(connection_of(settings)) as sender:
        await sender.send([Record(topics(settings).events.name, b"L", GARBAGE)], within_s=60)


async def test_the_broker_burns_down_and_the_numbers_are_the_same_to_the_last_event(
    settings: Settings, machine: Machine, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    now = SystemClock().now_ms()
    of_a_person = [event for event in events_of_a_person(now) if event["at"] != "then"]
    simulated = [event for _, event in history(11, 1, now)]
    more = calls(now, 0, 400)
    memory = same_floor(settings, [*of_a_person, *simulated, *more])

    async with worker(settings) as one:
        await tell(settings, [*events_of_a_person(now), *simulated])
        await abort(settings, {**more[0], "id": "aborted", "call": "aborted"})
        await no_event(settings)
        await one.settled()
        first = await run("backup", str(kept))
        assert first["read"] > len(simulated)
        assert first["lost"] == 0
        async with written_meanwhile(settings, more[:300]):
            second = await run("backup", str(kept))
        assert (await run("person", "erase", "PERSON-1", "--yes", "--within", "200"))["state"] == "erased"
        await tell(settings, more[300:])
        await agrees(one, memory)
        third = await run("backup", str(kept))
        assert 0 < second["read"] + third["read"] < first["read"]
        assert (await run("backup", str(kept)))["read"] < 50  # what the clock alone has settled
        were_refused = await refused(settings)
        assert len(were_refused) == 2

    machine.burn()
    assert (await run("restore", str(kept)))["states"] == settings.partitions + 2
    async with worker(settings) as one:
        await agrees(one, memory)
        assert await refused(settings) == were_refused
        latest = await changelogs(settings)
        assert [key for name in ("PERSON-1", "PERSON-2", "PERSON-3") for key in in_values(latest, name)] == []
        # It goes on: what comes now counts, what came before the fire counts once.
        again = calls(now, 300, 200)
        memory.feed(again[100:])
        await tell(settings, again)
        await agrees(one, memory)
    # The events brought the erasing with them.
    await run("rebuild", "--yes")
    async with worker(settings) as one:
        await agrees(one, memory)
        latest = await changelogs(settings)
        assert [key for name in ("PERSON-1", "PERSON-2", "PERSON-3") for key in in_values(latest, name)] == []
