"""A real worker, killed at any moment: every KPI is that of one clean pass, and what could not be read is kept."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.test_utils import unused_port
from aiokafka import AIOKafkaProducer

from stream.settings import Settings
from stream.topic_creation import create_missing
from stream.topic_log import records_of
from stream.topics import topics
from tests.floor_in_memory import FloorInMemory
from tests.reference.floors import FLOOR as FLOOR_WITH_ITS_HOLIDAYS
from tests.reference.histories import random_history
from tests.reference.kpis import WINDOWS, Reading, same

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping, Sequence

    from stream.broker import Broker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
DEADLINE_S = 90
KILLS = 3
SOMETIMES = 0.7
TIMES = ("at", "placed_at", "answered_at", "from", "to")
SOME_FILTERS: tuple[Mapping[str, str], ...] = ({}, {"campaign": "solar"}, {"team": "north"}, {"rep": "ana"})
AS_LARGE_AS_THE_TOPIC_TAKES = b"\xff" * 1_000_000
POISON = (
    AS_LARGE_AS_THE_TOPIC_TAKES,
    b"",
    b"{",
    b"\xff\xfe",
    b"[" * 5000,
    b'{"type": "call.ended"}',
    b'{"id": "x", "type": "no.such", "at": 1}',
)
FLOOR = replace(FLOOR_WITH_ITS_HOLIDAYS, holidays=frozenset())
FLOOR_AS_SET = {
    "timezone": FLOOR.zone,
    "min_talk_s_by_campaign": json.dumps(FLOOR.min_talk_s_by_campaign),
    "opening_hours": json.dumps(FLOOR.opening_hours),
    "holidays_country": "none",
    "dispositions": json.dumps(FLOOR.dispositions),
}


class Floor:
    """`ringboard worker` as its user starts it, and the questions that are put to it."""

    def __init__(self, environment: Mapping[str, str], session: aiohttp.ClientSession) -> None:
        self.environment = environment
        self.url = f"http://127.0.0.1:{environment['RINGBOARD_WEB_PORT']}"
        self.session = session
        self.process: Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("ringboard"), "worker", env={**os.environ, **self.environment}
        )

    async def stop(self) -> int:
        assert self.process
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            return await self.process.wait()

    async def kill_the_work(self) -> None:
        """Kill -9 the process that works, not the one that watches it, as soon as there is one."""
        assert self.process
        watched = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        while not (children := watched.read_text().split()):  # noqa: ASYNC110, ASYNC240  /proc tells no one
            await asyncio.sleep(0.01)
        for child in children:
            os.kill(int(child), signal.SIGKILL)

    async def settled(self, window: str, by: Mapping[str, str]) -> dict[str, Any]:
        query = "&".join(f"{name}={value}" for name, value in {"window": window, **by}.items())
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    async with self.session.get(f"{self.url}/api/v1/kpis?{query}") as answer:
                        told: dict[str, Any] = await answer.json()
                    if told.get("complete") and told["behind"] == 0:
                        return told
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)


@asynccontextmanager
async def floor(settings: Settings, extra: Mapping[str, str]) -> AsyncIterator[Floor]:
    environment = {
        "RINGBOARD_BROKER": settings.broker,
        "RINGBOARD_APP_ID": settings.app_id,
        "RINGBOARD_PARTITIONS": str(settings.partitions),
        "RINGBOARD_PSEUDONYM_KEY": "a key of the tests, and of nothing else",
        "RINGBOARD_DATA_DIR": str(settings.data_dir),
        "RINGBOARD_WEB_PORT": str(unused_port()),
        **{f"RINGBOARD_{name.upper()}": value for name, value in extra.items()},
    }
    async with aiohttp.ClientSession() as session:
        one = Floor(environment, session)
        await one.start()
        try:
            yield one
        finally:
            await one.stop()


def moved(events: Sequence[Mapping[str, Any]], by: int) -> list[dict[str, Any]]:
    """The same history `by` ms later."""
    return [{name: value + by if name in TIMES else value for name, value in event.items()} for event in events]


async def check(one: Floor, events: Sequence[dict[str, Any]]) -> None:
    """Every KPI says what the reference says of the same events at the moment of the answer."""
    for window, by in product(WINDOWS, SOME_FILTERS):
        told = await one.settled(window, by)
        as_of = round(datetime.fromisoformat(told["as_of"]).timestamp() * 1000)
        right = Reading(events, as_of=as_of, config=FLOOR).kpis(window, **by)
        wrong = {
            f"{kpi} {part} ({window}, {dict(by)})": (told["kpis"][kpi].get(part), value)
            for kpi, parts in right.items()
            for part, value in parts.items()
            if not same(told["kpis"][kpi].get(part), value)
        }
        assert not wrong, wrong


async def test_a_worker_killed_at_any_moment_has_every_kpi_right_though_poison_came_first(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201  a failing run says which history it was
    chance = random.Random(seed)
    settings = Settings(broker=broker.bootstrap, app_id=app_id, partitions=3, data_dir=tmp_path)
    names = topics(settings)
    await create_missing(settings.broker, names, 1)
    history = random_history(seed, 500)
    memory = FloorInMemory.like(FLOOR, history.as_of)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        for partition in range(settings.partitions):
            for poison in POISON:
                await producer.send_and_wait(names.events.name, poison, partition=partition)
        async with floor(settings, {**FLOOR_AS_SET}) as one:
            await one.settled("today", {})
            late = now_ms() - history.as_of
            events = moved(history.events, late)
            memory.clock.advance(late)
            at = sorted(chance.sample(range(len(events)), KILLS))
            for place, event in enumerate([*events, *chance.choices(events, k=50)]):
                admitted = memory.door.admit(event)
                if admitted is None:
                    continue
                topic = admitted.topic.replace(memory.settings.app_id, app_id, 1)
                await producer.send_and_wait(topic, admitted.value, key=admitted.key)
                if place in at:
                    if chance.random() < SOMETIMES:  # else in the middle of its coming back
                        await one.settled("today", {})
                    await one.kill_the_work()
            await check(one, events)
            assert await one.stop() == 0
            await one.start()  # from the changelogs alone
            await check(one, events)
    kept = [json.loads(record.value) async for record in records_of(settings.broker, names.rejected.name)]
    assert sorted((one["partition"], one["offset"]) for one in kept) == [
        (partition, offset) for partition in range(settings.partitions) for offset in range(len(POISON))
    ]
    assert {one["reason"] for one in kept} == {
        "malformed_json",
        "bad_encoding",
        "missing_field",
        "too_deep",
        "unknown_type",
    }


def now_ms() -> int:
    return round(datetime.now().astimezone().timestamp() * 1000)
