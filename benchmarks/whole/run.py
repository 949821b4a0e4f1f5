"""Runs the whole job by the real worker on full topics, and compares its KPIs with those of a floor in memory."""

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
    from collections.abc import Mapping, Sequence

    from benchmarks.jobs import Mark, Span
    from benchmarks.testbed import Testbed
    from benchmarks.whole.floor import FloorRecord
    from stream.events.types import TopicKind

PARTITIONS = 8
KINDS: Final[tuple[TopicKind, ...]] = ("events", "floor", "spend")
ANSWER_S = 60
FOLDED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class WholeRun:
    """A run: `records` are those consumed, including links, and `wrong` of the `compared` parts of KPIs differ."""

    events: int
    records: int
    span: Span
    done: Mark
    compared: int
    wrong: int


def calls_and_leads(records: Sequence[FloorRecord]) -> list[FloorRecord]:
    """Return the records of the topic of events: leads, calls and customers."""
    return [one for one in records if one.topic == "events"]


def facts_only(records: Sequence[FloorRecord]) -> list[FloorRecord]:
    """Return the events that journeys store, without those that only feed live views: the costliest mix."""
    return [one for one in calls_and_leads(records) if one.kind not in LIVE_ONLY]


async def run(testbed: Testbed, records: Sequence[FloorRecord], *, check: bool = True) -> WholeRun:
    """Fold `records`, which are in the topics already, by one worker; compare its KPIs if `check`."""
    floor = BenchFloor(testbed, PARTITIONS)
    await floor.create()
    names = topics(floor.settings)
    for kind in KINDS:
        of_topic = ((one.partition, one.key, one.value) for one in records if one.topic == kind)
        await fill(testbed.broker.bootstrap, names.of(kind).name, of_topic)
    with floor.worker("benchmarks.whole.worker", {EXPECT: str(len(records))}) as job:
        job.wait_for("ready")
        done = job.wait_for("done", 600)
        span = job.span()
        compared, wrong = await compare(floor, records) if check else (0, 0)
    return WholeRun(len(records), done.details["counters"]["records"], span, done, compared, wrong)


async def compare(
    floor: BenchFloor, records: Sequence[FloorRecord], settings: Mapping[str, Any] | None = None
) -> tuple[int, int]:
    """
    Compare all KPIs with those of the same records folded in memory; return how many parts, and how many differ.

    `settings` are those of the floor that differ from every bench's.
    """
    answers = await _answers(floor)
    moments = {window: _ms(answer["as_of"]) for window, answer in answers.items()}
    memory = FloorInMemory(
        clock=FixedClock(max(moments.values())),
        partitions=PARTITIONS,
        settings={"pseudonym_key": KEY, "holidays_country": None, **(settings or {})},
    )
    names = topics(memory.settings)
    for one in records:
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
                    kpis: dict[str, Any] = await answer.json()
                if kpis.get("complete") and kpis.get("behind") == 0:
                    answers[window] = kpis
                    break
                await asyncio.sleep(0.2)
    return answers


def _ms(as_of: str) -> int:
    return round(datetime.fromisoformat(as_of).timestamp() * 1000)
