"""Sends day after day to two real workers among bad company, restarts them, and measures what they hold after each."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from benchmarks import report
from benchmarks.bench_floor import BenchFloor
from benchmarks.bench_kafka import create, fill
from benchmarks.bounded import CHANGELOG
from benchmarks.ports import free_port
from benchmarks.soak.company import company
from benchmarks.soak.held import changelogs_size, held_by, size_of
from benchmarks.whole.floor import floor_records
from benchmarks.whole.run import KINDS, PARTITIONS, compare
from stream.clock import SystemClock
from stream.journeys.compose import floor_of, groups_of
from stream.kafka.topics import topics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.jobs import Job
    from benchmarks.testbed import Testbed
    from benchmarks.whole.floor import FloorRecord, Size

WEEK: Final = 7
DAYS_A_STOP: Final = 3
DAYS_A_KILL: Final = 5
SETTLED_WITHIN_S: Final = 600.0
LOOK_S: Final = 0.5
CLEANED_S: Final = 40.0  # the log cleaner runs every 15 s


async def run(testbed: Testbed, size: Size, journey_days: int) -> dict[str, Any]:
    """
    Send the days of a floor of `size` one by one; print and return what is held after each, and what was wrong.

    With fewer `journey_days` than days, journeys are forgotten as a year's would be, and then numbers are not compared:
    what is forgotten when, and what of it comes back, is exact within the horizon only.
    """
    first = BenchFloor(testbed, PARTITIONS)
    floors = [first, BenchFloor(testbed, PARTITIONS, first.app_id, free_port())]
    await first.create()
    await _create_changelogs(first)
    records = floor_records(first.settings, size)
    rows: list[dict[str, Any]] = []
    restarts = {"stopped": 0, "killed": 0}
    worker = {"RINGBOARD_JOURNEY_DAYS": str(journey_days)}
    with ExitStack() as stack:
        jobs = [one.worker(extra=worker).__enter__() for one in floors]
        stack.callback(_stop, jobs)
        async with company([one.web_port for one in floors]) as (slow, walls):
            for day, some in enumerate(_days(records, size.days), 1):
                began = time.monotonic()
                await _send(first, some)
                if day % DAYS_A_STOP == 0:
                    jobs[0].stop()
                    jobs[0] = floors[0].worker(extra=worker).__enter__()
                    restarts["stopped"] += 1
                if day % DAYS_A_KILL == 0:
                    jobs[1].kill()
                    jobs[1] = floors[1].worker(extra=worker).__enter__()
                    restarts["killed"] += 1
                await asyncio.gather(*(_settled(one) for one in floors))
                rows.append({"day": day, "events": len(some), "s": round(time.monotonic() - began, 1)})
                rows[-1] |= _held(testbed, first, jobs)
            await asyncio.sleep(CLEANED_S)
            rows.append({"day": "cleaned", "events": 0, "s": CLEANED_S, **_held(testbed, first, jobs)})
            exact = journey_days >= size.days
            compared, wrong = await compare(first, records, {"journey_days": journey_days}) if exact else (0, 0)
    report.show(
        f"{size.days} days at full speed, journeys kept for {journey_days}; the workers were stopped "
        f"{restarts['stopped']} times and killed {restarts['killed']} times",
        ("day", "events", "s", "MB of memory", "descriptors", "changelogs, MB", "data folder, kB", "logs, kB"),
        [tuple(row.values()) for row in rows],
    )
    halves = _halves(rows)
    closed, scraped = sum(one.closed for one in slow), sum(one.scraped for one in slow)
    messages = sum(one.messages for one in walls)
    print(f"Beside it: {closed:,} slow or idle clients closed, {scraped:,} scrapes, {messages:,} messages to walls")
    print(f"The second week and the last, in the middle: {halves}")
    if compared:
        print(f"{compared:,} parts of KPIs compared with a plain pass: {wrong} wrong")
    return {"soak": {"days": rows, "weeks": halves, "restarts": restarts, "compared": compared, "wrong": wrong}}


def _stop(jobs: Sequence[Job]) -> None:
    """Stop the jobs that are in the list by now."""
    for job in jobs:
        job.stop()


def _days(records: Sequence[FloorRecord], days: int) -> list[list[FloorRecord]]:
    """Return the records in as many parts of the same length: they come in the order of their arrival."""
    length = -(-len(records) // days)
    return [[one for _, one in some] for _, some in groupby(enumerate(records), lambda at: at[0] // length)]


async def _create_changelogs(floor: BenchFloor) -> None:
    """Create the changelogs so that they are cleaned within seconds and not days."""
    names = topics(floor.settings)
    for group in groups_of(floor.settings, floor_of(floor.settings), SystemClock()):
        source = next(topic for topic in names if topic.name == group.topics[0])
        tables = [names.changelog(table, source).name for table in group.tables]
        await create(floor.settings.broker, tables, source.partitions, CHANGELOG)


async def _send(floor: BenchFloor, records: Sequence[FloorRecord]) -> None:
    names = topics(floor.settings)
    for kind in KINDS:
        of_topic = ((one.partition, one.key, one.value) for one in records if one.topic == kind)
        await fill(floor.settings.broker, names.of(kind).name, of_topic)


async def _settled(floor: BenchFloor) -> None:
    """Return when the pages of a worker show all of the floor, with nothing left to apply."""
    async with (
        asyncio.timeout(SETTLED_WITHIN_S),
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
    ):
        while True:
            try:
                async with session.get(f"{floor.url}/api/v1/kpis?window=1h") as answer:
                    kpis = await answer.json()
                if kpis.get("complete") and kpis.get("behind") == 0:
                    return
            except (aiohttp.ClientError, TimeoutError, ValueError):
                pass
            await asyncio.sleep(LOOK_S)


def _held(testbed: Testbed, floor: BenchFloor, jobs: Sequence[Job]) -> dict[str, int]:
    held = held_by(jobs)
    logs = sum(size_of(path) for path in testbed.folder.glob(f"{floor.app_id}*.log"))
    return {
        "memory_mb": held.rss_mb,
        "descriptors": held.descriptors,
        "changelogs_mb": round(changelogs_size(testbed.folder / "broker", floor.app_id) / 2**20),
        "data_kb": round(size_of(testbed.folder / "data") / 1024),
        "logs_kb": round(logs / 1024),
    }


def _halves(rows: Sequence[dict[str, Any]]) -> dict[str, list[float]]:
    """Return the median of each figure over the second week and over the last one: flat is what stays."""
    days = [row for row in rows if isinstance(row["day"], int)]
    parts = days[WEEK : 2 * WEEK], days[-WEEK:]
    return {name: [median(row[name] for row in part) for part in parts if part] for name in list(days[0])[3:]}
