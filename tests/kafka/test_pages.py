"""The pages of real workers on a real broker: what went in by Kafka is what API, metrics and stream show."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from stream.clock import FixedClock, SystemClock
from stream.intake.outbox import outbox_to_broker
from stream.kpi.windows import WINDOWS
from stream.settings.model import Settings
from stream.simulate.play import history
from tests.floor_in_memory import FloorInMemory
from tests.kafka.worker_process import DEADLINE_S, KEY, WorkerProcess
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from stream.broker import Broker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
WORKER = """
import sys
from agents.worker import run_worker
from stream.configuration import load_settings
sys.exit(run_worker(load_settings()))
"""
CHANGES_BY_ITSELF = {"occupancy"}  # a rep is in some state at every moment
Events = list[dict[str, Any]]


class Worker(WorkerProcess):
    """A worker process and its pages."""

    async def text(self, path: str) -> str:
        return (await self.read(path) or b"").decode()

    async def settled(self, window: str = "today") -> dict[str, Any]:
        """Return the KPIs once they are of the whole floor and nothing is pending."""
        path = f"/api/v1/kpis?window={window}"
        return await self.wait_for(path, lambda told: told["complete"] and told["behind"] == 0)


@asynccontextmanager
async def worker(settings: Settings, port: int | None = None, program: str = WORKER) -> AsyncIterator[Worker]:
    port = port or free_port()
    environment = {
        "RINGBOARD_BROKER": settings.broker,
        "RINGBOARD_APP_ID": settings.app_id,
        "RINGBOARD_PARTITIONS": str(settings.partitions),
        "RINGBOARD_PSEUDONYM_KEY": KEY,
        "RINGBOARD_DATA_DIR": str(settings.data_dir),
    }
    command = [sys.executable, "-c", program]
    one = await Worker.start(command, port, settings.data_dir / f"worker-{port}.log", environment)
    try:
        yield one
        await one.stop()
    finally:
        await one.end()


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path) -> Settings:
    return Settings(
        broker=broker.bootstrap, app_id=app_id, partitions=3, pseudonym_key=SecretStr(KEY), data_dir=tmp_path
    )


@pytest.fixture
def events() -> Events:
    return [event for _, event in history(11, 1, SystemClock().now_ms())]


async def tell(settings: Settings, events: Sequence[dict[str, Any]]) -> None:
    async with outbox_to_broker(settings) as outbox:
        for line, event in enumerate(events):
            outbox.put(event, "test", line)
        await outbox.flush()


def same_floor(settings: Settings, events: Events) -> FloorInMemory:
    """The same events, folded without a broker."""
    memory = FloorInMemory(clock=FixedClock(SystemClock().now_ms()), partitions=settings.partitions)
    return memory.feed(events)


def agree(answer: dict[str, Any], memory: FloorInMemory) -> None:
    as_of = round(datetime.fromisoformat(answer["as_of"]).timestamp() * 1000)
    memory.clock.advance(max(0, as_of - memory.clock.now_ms()))
    for name, expected in memory.kpis(answer["window"], as_of, **answer["filters"]).items():
        got = {field: answer["kpis"][name][field] for field in expected}
        if name in CHANGES_BY_ITSELF:
            assert got == pytest.approx(expected), name
        else:
            assert got == expected, (answer["window"], answer["filters"], name)


async def agree_live(one: Worker, memory: FloorInMemory) -> None:
    """Check that reps and queues are those of the floor that was folded without a broker."""
    now = memory.snapshot()
    reps = await one.ask("/api/v1/reps?limit=1000")
    assert reps["complete"]
    assert sum(reps["states"].values()) == len(reps["reps"]) == len(now.reps) > 0
    assert {rep["rep"]: rep["team"] for rep in reps["reps"]} == {rep.rep: rep.team for rep in now.reps}
    queues = await one.ask("/api/v1/queues?window=30d")
    assert queues["complete"]
    assert queues["waiting"] == len(now.calls)
    whole = memory.kpis("30d")["abandon_rate"]
    of_queues = [queue["kpis"]["abandon_rate"] for queue in queues["queues"]]
    assert sum(one["denominator"] for one in of_queues) == whole["denominator"] > 0
    assert sum(one["numerator"] for one in of_queues) == whole["numerator"]


async def test_what_goes_in_by_kafka_comes_out_in_every_window_after_a_kill_too(
    settings: Settings, events: Events
) -> None:
    await tell(settings, events)
    memory = same_floor(settings, events)
    async with worker(settings) as one:
        await one.settled()
        for window in WINDOWS:
            agree(await one.settled(window), memory)
        campaign = (await one.ask("/api/v1/catalogue"))["seen"]["campaign"][0]
        agree(await one.ask(f"/api/v1/kpis?window=30d&campaign={campaign}"), memory)
        assert (await one.ask("/readyz"))["ready"] is True
        one.process.kill()
        await one.process.wait()
    async with worker(settings) as again:
        for window in WINDOWS:
            agree(await again.settled(window), memory)


async def test_each_of_two_workers_shows_the_floor_and_exports_its_own_part(settings: Settings, events: Events) -> None:
    await tell(settings, events)
    memory = same_floor(settings, events)
    async with worker(settings) as one:
        await one.settled()
        async with worker(settings) as two:
            await two.settled()
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    owned = [_summed(await each.text("/metrics"), "ringboard_partitions_ready{") for each in (one, two)]
                    if sum(owned) == settings.partitions + 2 and all(owned):
                        break
                    await asyncio.sleep(0.05)
            for each in (one, two):
                await agree_live(each, memory)
                agree(await each.settled("30d"), memory)
                days = await each.ask("/api/v1/history?window=30d&step=1d&kpi=contact_rate")
                assert days["complete"]
                placed = sum(day["denominator"] for day in days["kpis"]["contact_rate"]["points"])
                assert placed == memory.kpis("30d")["contact_rate"]["denominator"]
            attempts = [
                _summed(await each.text("/metrics"), "ringboard_window_attempts{", 'window="30d"')
                for each in (one, two)
            ]
            assert sum(attempts) == memory.kpis("30d")["contact_rate"]["denominator"]
        agree(await one.settled("30d"), memory)


async def test_the_stream_tells_what_has_just_come_in(settings: Settings, events: Events) -> None:
    await tell(settings, events)
    async with worker(settings) as one:
        before = (await one.settled())["kpis"]["leads_requested"]["value"]
        url = one.url + "/api/v1/stream?window=today"
        async with ClientSession() as session, session.get(url) as response, asyncio.timeout(DEADLINE_S):
            now = SystemClock().now_ms()
            request = {"type": "lead.requested", "at": now, "lead": "fresh", "campaign": "Spring"}
            await tell(settings, [{"id": "fresh-1", **request}])
            async for line in response.content:
                if line.startswith(b"data: "):
                    told = json.loads(line.removeprefix(b"data: "))
                    if told["kpis"]["leads_requested"]["value"] == before + 1:
                        break
        waiting = await one.ask("/api/v1/leads/waiting?campaign=Spring")
        assert [lead["lead"] for lead in waiting["leads"]] == ["fresh"]
        assert waiting["leads"][0]["band"] == "0-5m"


async def test_a_worker_told_to_stop_stops_while_its_stream_is_watched(settings: Settings, events: Events) -> None:
    await tell(settings, events[:50])
    async with worker(settings) as one:
        await one.settled()
        url = one.url + "/api/v1/stream"
        async with ClientSession() as session, session.get(url) as response, asyncio.timeout(DEADLINE_S):
            await response.content.readuntil(b"data: ")
            one.process.send_signal(signal.SIGTERM)
            await response.content.read()
            assert await one.process.wait() == 0


def _summed(exposition: str, *parts: str) -> float:
    lines = (line for line in exposition.splitlines() if line.startswith(parts[0]) and all(p in line for p in parts))
    return sum(float(line.rpartition(" ")[2]) for line in lines)
