"""What a worker with few open files does among more idle and slow clients than it has, and scrapers without a pause."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import shlex
import time
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from benchmarks import report
from benchmarks.bench_floor import BenchFloor
from benchmarks.latency import WARM_UP_S
from benchmarks.viewers import cpu_and_memory, health, under_load
from tests.flood import Flood, flooded

if TYPE_CHECKING:
    from benchmarks.latency import Bench
    from benchmarks.testbed import Testbed

PARTITIONS: Final = 8
OPEN_FILES: Final = 1024
APPLIED: Final = re.compile(r"^ringboard_records_applied_total\{[^}]*\} ([0-9.e+]+)$", re.MULTILINE)
CLOSED: Final = re.compile(r"^ringboard_page_connections_closed_total ([0-9.e+]+)$", re.MULTILINE)


async def run(testbed: Testbed, clients: int, scrapers: int, rate: int, seconds: float) -> dict[str, Any]:
    """Measure a worker at `rate` events a second, in quiet and then flooded; print and return it."""
    floor = BenchFloor(testbed, PARTITIONS)
    await floor.create()
    job = floor.worker()
    command = f"ulimit -n {OPEN_FILES} && exec {shlex.join(job.command)}"
    job = dataclasses.replace(job, command=["sh", "-c", command])
    rows: list[dict[str, float]] = []
    with job:
        async with under_load(testbed, floor, rate) as bench:

            async def measure(flood: Flood) -> None:
                sent, applied, (cpu, _), began = (
                    bench.sent,
                    await _sum(bench, APPLIED),
                    cpu_and_memory(job),
                    time.monotonic(),
                )
                closed, scraped = await _sum(bench, CLOSED), flood.scraped
                answers = await health(bench.session, floor.url, seconds)
                more, lasted = await _sum(bench, APPLIED) - applied, time.monotonic() - began
                after, memory = cpu_and_memory(job)
                rows.append(
                    {
                        "clients": flood.open,
                        "scrapes_per_s": round((flood.scraped - scraped) / lasted, 1),
                        "sent_per_s": round((bench.sent - sent) / lasted),
                        "applied_per_s": round(more / lasted),
                        "closed_per_s": round((await _sum(bench, CLOSED) - closed) / lasted, 1),
                        "worker_cpu": round((after - cpu) / lasted, 2),
                        "memory_mb": round(memory),
                        "healthz_p50_ms": round(median(answers) * 1000, 1),
                        "healthz_max_ms": round(max(answers) * 1000, 1),
                    }
                )

            await measure(Flood(floor.web_port, 0, 0))
            async with flooded(Flood(floor.web_port, clients, scrapers)) as flood:
                await asyncio.sleep(WARM_UP_S)
                await measure(flood)
    lines = job.log.read_text().count("\n") if job.log is not None else 0
    heads = (
        "slow clients", "scrapes/s", "sent/s", "applied/s", "closed/s", "worker CPU", "memory MB", "healthz p50 ms",
        "healthz max ms",
    )  # fmt: skip
    title = f"A worker with {OPEN_FILES} open files; lines in its log: {lines}"
    report.show(title, heads, [tuple(row.values()) for row in rows])
    return {"flood": rows, "log_lines": lines}


async def _sum(bench: Bench, what: re.Pattern[str]) -> float:
    async with bench.session.get(f"{bench.floor.url}/metrics") as answer:
        return sum(map(float, what.findall(await answer.text())))
