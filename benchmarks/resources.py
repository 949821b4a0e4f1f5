"""What Ringboard needs: memory for each lead and cell, CPU at idle, a scrape, and the recovery after a restart."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from benchmarks import report
from benchmarks.bench_floor import AS_PROMETHEUS, BenchFloor
from benchmarks.bench_kafka import fill, partition_of
from benchmarks.jobs import cpu_of, family_of
from benchmarks.worker_marks import EXPECT
from stream.kafka.topics import topics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench_kafka import Record
    from benchmarks.testbed import Testbed

PARTITIONS: Final = 8
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
WORKER: Final = "benchmarks.whole.worker"
PATIENCE_S: Final = 900.0
IDLE_S: Final = 10.0
SETTLED_S: Final = 5.0
SCRAPES: Final = 5
TEAM_OF: Final = 20  # reps


@dataclass(frozen=True, slots=True)
class ScrapeSize:
    """A floor of `reps` in teams and `campaigns`; each team works for `each` of them."""

    reps: int
    campaigns: int
    each: int


@dataclass(frozen=True, slots=True)
class Held:
    """What a restarted worker holds, and how long it took: `ready_s` since its process began; `rss` in bytes."""

    leads: int
    journeys: int
    cells: int
    rss: int
    records: int
    ready_s: float
    restore_s: float
    idle_cpu: float


def leads(count: int, now: int, spread: int) -> Iterator[Record]:
    """
    Yield the records of `count` open leads, each requested and called once without an answer; `now` is in ms.

    They are spread over `spread` minutes, back from an hour ago, with 50 reps in turn by minute.
    """
    for number in range(count):
        name = f"lead-{number:07d}"
        minute = number % spread
        at = now - HOUR_MS - minute * MINUTE_MS
        owner = {"campaign": "campaign-0", "rep": f"rep-{minute % 50}", "team": "team-0"}
        request = {"id": f"r{number}", "type": "lead.requested", "at": at, "lead": name, **owner}
        call = {
            "id": f"c{number}",
            "type": "call.ended",
            "at": at + MINUTE_MS // 2,
            "placed_at": at + MINUTE_MS // 2,
            "call": f"c{number}",
            "lead": name,
            "direction": "outbound",
            "talk_s": 0,
            **owner,
        }
        key = name.encode()
        partition = partition_of(key, PARTITIONS)
        yield partition, key, json.dumps(request).encode()
        yield partition, key, json.dumps(call).encode()


async def hold(testbed: Testbed, count: int, spread: int = 1) -> Held:
    """Let a worker fold `count` leads, stop it, start it again, and return what it restored."""
    floor = BenchFloor(testbed, PARTITIONS)
    await floor.create()
    now = time.time_ns() // 1_000_000
    source = topics(floor.settings).events.name
    sent = await fill(testbed.broker.bootstrap, source, leads(count, now, spread))
    with floor.worker(WORKER, {EXPECT: str(sent)}) as job:
        job.wait_for("ready")
        done = job.wait_for("done", PATIENCE_S).details
    began = time.monotonic()
    with floor.worker(WORKER) as job:
        ready = job.wait_for("ready", PATIENCE_S)
        job.wait_for("done")
        await asyncio.sleep(SETTLED_S)
        cpu = _cpu(job.pid)
        await asyncio.sleep(IDLE_S)
        idle = (_cpu(job.pid) - cpu) / IDLE_S
    restored = ready.details
    return Held(
        count,
        done["journeys"],
        done["cells"],
        restored["rss"],
        restored["restored"],
        round(ready.wall - began, 2),
        round(restored["restore_s"], 2),
        round(idle, 4),
    )


async def memory(testbed: Testbed, few: int) -> dict[str, Any]:
    """Measure no leads, `few`, ten times as many, and `few` in many cells; print and return what each takes."""
    helds = {
        "nothing": await hold(testbed, 0),
        "leads": await hold(testbed, few),
        "ten times the leads": await hold(testbed, 10 * few),
        "the first, in many cells": await hold(testbed, few, 1200),
    }
    rows = [
        (
            name,
            one.leads,
            one.cells,
            f"{one.rss / 2**20:.0f}",
            one.records,
            one.ready_s,
            one.restore_s,
            f"{one.records / one.restore_s:,.0f}" if one.restore_s else "",
            f"{one.idle_cpu:.2%}",
        )
        for name, one in helds.items()
    ]
    heads = ("leads", "cells", "RSS MB", "restored", "start to ready, s", "of it restoring, s", "records/s", "idle CPU")
    report.show("What a worker holds, and how it comes back", ("", *heads), rows)
    nothing, once, tenfold, spread = helds.values()
    per_lead = {
        "first": round((once.rss - nothing.rss) / once.leads) if once.leads else 0,
        "next nine": round((tenfold.rss - once.rss) / (tenfold.leads - once.leads)),
    }
    per_cell = round((spread.rss - once.rss) / max(1, spread.cells - once.cells))
    print(f"Bytes for each open lead: {per_lead}; for each cell of a slice: {per_cell}")
    figures = {name: {key: getattr(one, key) for key in one.__slots__} for name, one in helds.items()}
    return {"memory": {**figures, "bytes_per_lead": per_lead, "bytes_per_cell": per_cell}}


def calls(size: ScrapeSize, now: int) -> Iterator[Record]:
    """Yield two calls of every rep for each campaign of the team: one in the last hour, one two hours ago."""
    number = 0
    for rep in range(size.reps):
        team = rep // TEAM_OF
        for one in range(size.each):
            campaign = (team * size.each + one) % size.campaigns
            for at in (now - MINUTE_MS, now - 2 * HOUR_MS):
                number += 1
                name = f"lead-{number % 5000}"
                event = {
                    "id": f"s{number}",
                    "type": "call.ended",
                    "at": at,
                    "placed_at": at,
                    "call": f"s{number}",
                    "lead": name,
                    "direction": "outbound",
                    "talk_s": number % 90,
                    "campaign": f"campaign-{campaign}",
                    "rep": f"rep-{rep:03d}",
                    "team": f"team-{team}",
                }
                key = name.encode()
                yield partition_of(key, PARTITIONS), key, json.dumps(event).encode()


async def scrape(testbed: Testbed, sizes: list[ScrapeSize]) -> dict[str, Any]:
    """Scrape workers of floors of `sizes` as Prometheus does; print and return what a scrape takes."""
    rows = []
    for size in sizes:
        floor = BenchFloor(testbed, PARTITIONS)
        await floor.create()
        now = time.time_ns() // 1_000_000
        sent = await fill(testbed.broker.bootstrap, topics(floor.settings).events.name, calls(size, now))
        timeout = aiohttp.ClientTimeout(total=120)
        limits = json.dumps({"rep": size.reps, "campaign": size.campaigns})
        with floor.worker(WORKER, {EXPECT: str(sent), "RINGBOARD_LABEL_LIMITS": limits}) as job:
            job.wait_for("done", PATIENCE_S)
            async with aiohttp.ClientSession(timeout=timeout) as session:
                cpu, began, body = _cpu(job.pid), time.monotonic(), b""
                for _ in range(SCRAPES):
                    async with session.get(f"{floor.url}/metrics", headers=AS_PROMETHEUS) as answer:
                        body = await answer.read()
            lasted, used = time.monotonic() - began, _cpu(job.pid) - cpu
        rows.append(
            {
                **asdict(size),
                "series": sum(not line.startswith(b"#") for line in body.splitlines()),
                "kb": round(len(body) / 1024),
                "ms": round(lasted / SCRAPES * 1000),
                "cpu_ms": round(used / SCRAPES * 1000),
            }
        )
    heads = ("reps", "campaigns", "of each team", "series", "kB", "ms", "CPU ms")
    report.show("A scrape of /metrics", heads, [tuple(row.values()) for row in rows])
    return {"scrape": rows}


def _cpu(pid: int) -> float:
    return sum(cpu_of(one) for one in family_of(pid))
