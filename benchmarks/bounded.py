"""Weeks of a simulated floor at full speed: the size of memory and changelogs after each."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from benchmarks import heap, report
from benchmarks.bench_floor import BenchFloor
from benchmarks.bench_kafka import create, fill, partition_of, read_all
from benchmarks.jobs import family_of, rss_of
from stream.clock import SystemClock
from stream.intake.admission import admission_of
from stream.journeys.compose import floor_of, groups_of
from stream.kafka.topics import topics
from stream.simulate import Floor as SimulatedFloor
from stream.simulate import Play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench_kafka import Record
    from benchmarks.testbed import Testbed
    from stream.settings.model import Settings

PARTITIONS: Final = 4
JOURNEY_DAYS: Final = 7
WEEK_MS: Final = 7 * 86_400_000
QUIET_S: Final = 5.0
WITHIN_S: Final = 300.0
CLEANED_S: Final = 40.0  # the log cleaner runs every 15 s
# Compaction within seconds instead of days: small segments, and tombstones that are removed early.
CHANGELOG: Final = {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.01",
    "segment.bytes": str(2**20),
    "segment.ms": "5000",
    "delete.retention.ms": "1000",
    "max.message.bytes": str(2**24),
}


async def run(testbed: Testbed, weeks: int, reps: int, leads_per_day: float) -> dict[str, Any]:
    """Send `weeks` one after the other to a worker that forgets after 7 days; print and return what it holds."""
    floor = BenchFloor(testbed, PARTITIONS)
    await floor.create()
    names = topics(floor.settings)
    clock = SystemClock()
    tables: dict[str, int] = {}
    for group in groups_of(floor.settings, floor_of(floor.settings), clock):
        source = next(topic for topic in names if topic.name == group.topics[0])
        tables |= {names.changelog(table, source).name: group.partitions for table in group.tables}
    for name, partitions in tables.items():
        await create(floor.settings.broker, [name], partitions, CHANGELOG)
    rows: list[dict[str, Any]] = []
    with floor.worker("benchmarks.heap", {"RINGBOARD_JOURNEY_DAYS": str(JOURNEY_DAYS)}) as job:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            events = 0
            for week, records in enumerate(_weeks(floor.settings, weeks, reps, leads_per_day), 1):
                began = time.monotonic()
                for topic, some in records.items():
                    events += await fill(floor.settings.broker, topic, some)
                held = await _settled(floor, session)
                rows.append(
                    {
                        "week": week,
                        "events": events,
                        "s": round(time.monotonic() - began, 1),
                        **held,
                        "in_use_mb": await _in_use(floor, session),
                        "rss_mb": round(sum(rss_of(pid) for pid in family_of(job.pid)[1:]) / 2**20),
                        **await _logged(floor.settings.broker, tables),
                    }
                )
            await asyncio.sleep(CLEANED_S)
            rows.append({**rows[-1], "week": "cleaned", **await _logged(floor.settings.broker, tables)})
    report.show(
        f"{weeks} weeks at full speed, journeys kept for {JOURNEY_DAYS} days",
        ("after week", "events", "s", "journeys", "cells", "MB in use", "MB of memory", "keys logged", "records", "MB"),
        [tuple(row.values()) for row in rows],
    )
    return {"bounded": {"weeks": rows}}


def _weeks(settings: Settings, weeks: int, reps: int, leads_per_day: float) -> Iterator[dict[str, list[Record]]]:
    """Yield the records of one week after the other, up to now, by topic."""
    clock = SystemClock()
    now = clock.now_ms()
    today = dt.datetime.fromtimestamp(now / 1000, settings.zone).date()
    start = today - dt.timedelta(days=7 * weeks)
    play = Play(SimulatedFloor(seed=1, reps=reps, campaigns=4, leads_per_day=leads_per_day, start=start))
    admission = admission_of(settings, clock)
    names = topics(settings)
    records: defaultdict[str, list[Record]] = defaultdict(list)
    end = now - (weeks - 1) * WEEK_MS
    for arrival, event in play.history(now):
        if arrival > end:
            yield records
            records = defaultdict(list)
            end += WEEK_MS
        admitted = admission.admit(event)
        if admitted is not None:
            partition = partition_of(admitted.key, PARTITIONS) if admitted.topic == names.events.name else 0
            records[admitted.topic].append((partition, admitted.key, admitted.value))
    yield records


async def _settled(floor: BenchFloor, session: aiohttp.ClientSession) -> dict[str, int]:
    """Wait until all is counted and nothing more expires; return how many journeys and cells the worker holds."""
    deadline = time.monotonic() + WITHIN_S
    held: dict[str, int] = {}
    since = time.monotonic()
    while time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        try:
            async with session.get(f"{floor.url}/api/v1/kpis?window=1h") as answer:
                kpis = await answer.json()
            async with session.get(f"{floor.url}/metrics") as answer:
                now = _held(await answer.text())
        except aiohttp.ClientError:
            continue
        if now != held or not kpis.get("complete") or kpis.get("behind"):
            held, since = now, time.monotonic()
        elif time.monotonic() - since > QUIET_S:
            return held
    raise RuntimeError(f"the worker has not come to rest within {WITHIN_S:.0f} s")


async def _in_use(floor: BenchFloor, session: aiohttp.ClientSession) -> float:
    async with session.get(floor.url + heap.PATH) as answer:
        memory: dict[str, int] = await answer.json()
    return round(memory["in_use"] / 2**20, 1)


def _held(metrics: str) -> dict[str, int]:
    found = dict.fromkeys(("ringboard_journeys", "ringboard_slice_cells"), 0)
    for family in text_string_to_metric_families(metrics):
        if family.name in found:
            found[family.name] = round(sum(sample.value for sample in family.samples))
    return {"journeys": found["ringboard_journeys"], "cells": found["ringboard_slice_cells"]}


async def _logged(bootstrap: str, tables: dict[str, int]) -> dict[str, float]:
    """Return the size of the changelogs: keys with a value, records, megabytes."""
    live: dict[tuple[str, int, bytes], bool] = {}
    records = size = 0
    for table, partitions in tables.items():
        async for record in read_all(bootstrap, table, partitions):
            live[table, record.partition, record.key] = record.value is not None
            records += 1
            size += len(record.key) + len(record.value or b"")
    return {"keys": sum(live.values()), "records": records, "mb": round(size / 2**20, 1)}
