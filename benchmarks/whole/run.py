"""Runs the whole job by the real worker on a full topic, and holds its KPIs to those of a floor without a broker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import orjson

from benchmarks.bench_floor import KEY, BenchFloor
from benchmarks.bench_kafka import fill
from benchmarks.whole.floor import LIVE_ONLY
from benchmarks.worker_marks import EXPECT
from stream.clock import FixedClock
from stream.kafka.topics import topics
from stream.kpi.windows import WINDOWS
from tests.floor_in_memory import FloorInMemory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.bench_floor import Place
    from benchmarks.jobs import Mark, Span
    from benchmarks.whole.floor import Told
    from stream.events.types import TopicKind

PARTITIONS = 8
KINDS: Final[tuple[TopicKind, ...]] = ("events", "floor", "spend")
ANSWER_S = 60
FOLDED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class WholeRun:
    """What a run came to: `records` are those consumed, links included, and `wrong` the parts of KPIs that differ."""

    events: int
    records: int
    span: Span
    done: Mark
    compared: int
    wrong: int


def calls_and_leads(told: Sequence[Told]) -> list[Told]:
    """Leave the topic of events: leads, calls and customers."""
    return [one for one in told if one.topic == "events"]


def facts_only(told: Sequence[Told]) -> list[Told]:
    """Leave of the events what a journey keeps, and nothing that feeds live views only: the dearest mix there is."""
    return [one for one in calls_and_leads(told) if one.kind not in LIVE_ONLY]


async def run(place: Place, told: Sequence[Told], *, check: bool = True) -> WholeRun:
    """Fold `told` by one worker that finds all of it in its topics."""
    floor = BenchFloor(place, PARTITIONS)
    await floor.create()
    names = topics(floor.settings)
    for kind in KINDS:
        records = ((one.partition, one.key, one.value) for one in told if one.topic == kind)
        await fill(place.broker.bootstrap, names.of(kind).name, records)
    with floor.worker("benchmarks.whole.worker", {EXPECT: str(len(told))}) as job:
        job.wait_for("ready")
        done = job.wait_for("done", 600)
        span = job.span()
        compared, wrong = await _compare(floor, told) if check else (0, 0)
    return WholeRun(len(told), done.said["counters"]["records"], span, done, compared, wrong)


async def _compare(floor: BenchFloor, told: Sequence[Told]) -> tuple[int, int]:
    """Compare every KPI of every window with those of the same events folded in memory, each at its own moment."""
    answers = await _answers(floor)
    moments = {window: _ms(answer["as_of"]) for window, answer in answers.items()}
    memory = FloorInMemory(
        clock=FixedClock(max(moments.values())),
        partitions=PARTITIONS,
        settings={"pseudonym_key": KEY, "holidays_country": None},
    )
    names = topics(memory.settings)
    for one in told:
        memory.send(names.of(one.topic).name, one.key, one.value, one.partition)
    memory.drain(batch=FOLDED_AT_ONCE)
    compared = wrong = 0
    for window, answer in answers.items():
        right = orjson.loads(orjson.dumps(memory.kpis(window, moments[window]), default=str))
        for kpi, parts in right.items():
            for part, value in parts.items():
                compared += 1
                wrong += answer["kpis"][kpi].get(part) != value
    return compared, wrong


async def _answers(floor: BenchFloor) -> dict[str, dict[str, Any]]:
    answers = {}
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for window in WINDOWS:
            while True:
                async with session.get(f"{floor.url}/api/v1/kpis?window={window}") as answer:
                    told: dict[str, Any] = await answer.json()
                if told.get("complete") and told.get("behind") == 0:
                    answers[window] = told
                    break
                await asyncio.sleep(0.2)
    return answers


def _ms(as_of: str) -> int:
    return round(datetime.fromisoformat(as_of).timestamp() * 1000)
