"""From produced to visible: how long until /metrics or the API shows an event, at a steady rate of events."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from statistics import median
from typing import TYPE_CHECKING, Any, Final, TypeVar

import aiohttp
from aiokafka import AIOKafkaProducer

from benchmarks import report
from benchmarks.bench_floor import AS_PROMETHEUS, BenchFloor
from benchmarks.bench_kafka import partition_of
from benchmarks.jobs import cpu_of, family_of
from benchmarks.seen import Look, age_at_which_seen
from stream.kafka.topics import topics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from benchmarks.testbed import Testbed

One = TypeVar("One")
TICK_S: Final = 0.01
LOOK_EVERY_S: Final = 0.5  # ten times as often as a scraper; more often would load the worker
PROBES_PER_S: Final = 100
LOOKED_BACK_S: Final = 2.0  # a look ignores older probes
WARM_UP_S: Final = 10.0
READY_S: Final = 60.0
CAMPAIGNS: Final = 8
TEAMS: Final = 4
REPS: Final = 40
LEADS: Final = 20_000
LABEL: Final = re.compile(rb'(\w+)="([^"]*)"')
SHOWN: Final = re.compile(rb"\nringboard_window_attempts\{([^}]*)\} ([0-9.e+]+)")  # fast even in megabytes
SEED: Final = 1
METRICS: Final = "/metrics"
API: Final = "/api/v1/breakdown"


@dataclass(slots=True)
class Latencies:
    """
    What each look at a page showed; an event's age runs from its hand-over to the producer to the end of the answer.

    `answer_s` are the seconds that each look took.
    """

    page: str
    rate: int
    partitions: int
    looks: list[Look] = field(default_factory=list)
    answer_s: list[float] = field(default_factory=list)
    worker_cpu: float = 0.0
    sent: int = 0

    def figures(self) -> dict[str, float | str]:
        """Return percentiles in ms, the median time of an answer, and the worker's CPU, including the answers."""
        return {
            "page": self.page,
            "partitions": self.partitions,
            "rate": self.rate,
            "sent_per_s": self.sent,
            "looks": len(self.answer_s),
            **{f"p{p}_ms": round(age_at_which_seen(self.looks, p) * 1000, 1) for p in (50, 90, 99)},
            "answer_p50_ms": round(median(self.answer_s) * 1000, 1),
            "worker_cpu": round(self.worker_cpu, 2),
        }


def events(seed: int = SEED) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield keys and events of a floor at work, without their times: mostly calls, and events of leads."""
    chance = random.Random(seed)  # noqa: S311  a bench needs a seed, not secrecy
    number = 0
    while True:
        number += 1
        lead = f"lead-{chance.randrange(LEADS):05d}"
        rep = chance.randrange(REPS)
        of_rep = {"rep": f"rep-{rep:02d}", "team": f"team-{rep % TEAMS}"}
        campaign = f"campaign-{chance.randrange(CAMPAIGNS)}"
        kind = chance.random()
        fields: dict[str, Any] = {"id": f"load-{number}", "lead": lead}
        if kind < 0.8:
            fields |= call(f"load-{number}", campaign, chance.randrange(120)) | of_rep
        elif kind < 0.92:
            fields |= {"type": "lead.requested", "campaign": campaign, "channel": "search"}
        elif kind < 0.97:
            fields |= {"type": "lead.assigned", **of_rep}
        else:
            fields |= {"type": "lead.qualified", "rep": of_rep["rep"]}
        yield lead.encode(), fields


async def at_rate(items: Iterable[One], rate: float) -> AsyncIterator[One]:
    """Yield `items` one after the other, `rate` a second."""
    began = time.monotonic()
    for number, one in enumerate(items):
        while number >= rate * (time.monotonic() - began):  # noqa: ASYNC110  a clock cannot be awaited
            await asyncio.sleep(TICK_S)
        yield one


def call(name: str, campaign: str, talk_s: int) -> dict[str, Any]:
    """Return the fields of a call that has ended, without its times."""
    answered = {"talk_s": talk_s, "amd": "human"} if talk_s else {"talk_s": 0}
    return {"type": "call.ended", "call": name, "direction": "outbound", "campaign": campaign, **answered}


def stamped(fields: dict[str, Any]) -> bytes:
    """Return an event with the current time, as JSON for Kafka."""
    now = time.time_ns() // 1_000_000
    moments = {"at": now, "placed_at": now} if fields["type"] == "call.ended" else {"at": now}
    return json.dumps(fields | moments).encode()


class Bench:
    """
    One worker under a steady load that contains probes: calls of campaigns that only the probes have.

    The probes of a partition have a campaign of their own. As a partition's events are applied in order, the number of
    probes that the page counts says which of them it shows.
    """

    def __init__(
        self, floor: BenchFloor, producer: AIOKafkaProducer, session: aiohttp.ClientSession, page: str
    ) -> None:
        self.page = page
        self.floor = floor
        self.topic = topics(floor.settings).events.name
        self.producer = producer
        self.session = session
        self.sent = 0
        self.probes: dict[str, list[float]] = {f"probe-{partition}": [] for partition in range(floor.partitions)}
        self.answer_s: list[float] = []
        self.chance = random.Random(SEED)  # noqa: S311  as above

    async def load(self, rate: int) -> None:
        """Send `rate` events a second until cancelled."""
        partitions = self.floor.partitions
        async for key, fields in at_rate(events(), rate):
            await self.producer.send(self.topic, stamped(fields), key=key, partition=partition_of(key, partitions))
            self.sent += 1

    async def probe(self, rate: int) -> None:
        """Send `rate` probes a second until cancelled."""
        async for number in at_rate(count(), rate):
            name = f"probe-{number}"
            partition = partition_of(name.encode(), self.floor.partitions)
            fields = {"id": name, "lead": name, **call(name, f"probe-{partition}", 60)}
            self.probes[f"probe-{partition}"].append(time.perf_counter())
            await self.producer.send(self.topic, stamped(fields), key=name.encode(), partition=partition)

    async def look(self) -> list[Look]:
        """Request the page once; return each recent probe's age, and whether the page showed it."""
        asked_at = time.perf_counter()
        attempts_shown = await self.attempts_shown()
        here = time.perf_counter()
        self.answer_s.append(here - asked_at)
        # Probes that were sent while the answer was made have an age too, and were not seen.
        return [
            Look(here - sent, number < attempts_shown.get(campaign, 0))
            for campaign, times in self.probes.items()
            for number, sent in enumerate(times)
            if sent <= here and here - sent < LOOKED_BACK_S
        ]

    async def watch(self, seconds: float) -> list[Look]:
        """Look for `seconds`, at random intervals, so that looks fall on any phase of the worker's cycles."""
        looks: list[Look] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            looks += await self.look()
            await asyncio.sleep(LOOK_EVERY_S * self.chance.uniform(0.5, 1.5))
        return looks

    async def attempts_shown(self) -> dict[str, int]:
        """Return the attempts of the last hour on the page, by campaign."""
        if self.page == API:
            url = f"{self.floor.url}{API}?by=campaign&kpi=contact_rate&window=1h"
            async with self.session.get(url) as answer:
                rows: dict[str, Any] = await answer.json()
            return {str(one["campaign"]): int(one["kpis"]["contact_rate"]["denominator"] or 0) for one in rows["rows"]}
        async with self.session.get(f"{self.floor.url}{METRICS}", headers=AS_PROMETHEUS) as answer:
            body = await answer.read()
        counts: defaultdict[str, int] = defaultdict(int)
        for labels, value in SHOWN.findall(body):
            named = dict(LABEL.findall(labels))
            if named[b"window"] == b"1h":
                counts[named[b"campaign"].decode()] += round(float(value))
        return counts

    async def ready(self) -> None:
        """Wait until the worker is ready."""
        async with asyncio.timeout(READY_S):
            while True:
                try:
                    async with self.session.get(f"{self.floor.url}/readyz") as answer:
                        if answer.ok:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)


async def measure(testbed: Testbed, page: str, rate: int, partitions: int, seconds: float) -> Latencies:
    """Measure `page` for `seconds` at `rate` events a second on `partitions` partitions."""
    floor = BenchFloor(testbed, partitions)
    await floor.create()
    found = Latencies(page, rate, partitions)
    timeout = aiohttp.ClientTimeout(total=30)
    with floor.worker() as job:
        async with (
            AIOKafkaProducer(bootstrap_servers=testbed.broker.bootstrap, acks="all") as producer,
            aiohttp.ClientSession(timeout=timeout) as session,
        ):
            bench = Bench(floor, producer, session, page)
            await bench.ready()
            probes = min(PROBES_PER_S, rate // 2)
            tasks = [asyncio.create_task(one) for one in (bench.load(rate - probes), bench.probe(probes))]
            await bench.watch(WARM_UP_S)  # a worker's first answers take longer, as do a broker's first transactions
            bench.answer_s.clear()
            sent, cpu, began = _sent(bench), _cpu(job.pid), time.monotonic()
            found.looks = await bench.watch(seconds)
            lasted = time.monotonic() - began
            found.worker_cpu = (_cpu(job.pid) - cpu) / lasted
            found.sent = round((_sent(bench) - sent) / lasted)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
    found.answer_s = bench.answer_s
    return found


def _sent(bench: Bench) -> int:
    return bench.sent + sum(map(len, bench.probes.values()))


def _cpu(pid: int) -> float:
    return sum(cpu_of(one) for one in family_of(pid))


async def run(testbed: Testbed, cases: list[tuple[str, int, int]], seconds: float) -> dict[str, Any]:
    """Measure each case of (page, rate, partitions), print what was seen, and return it."""
    rows = []
    for page, rate, partitions in cases:
        rows.append((await measure(testbed, page, rate, partitions, seconds)).figures())
        print(f"  {rows[-1]}")
    heads = (
        "page",
        "partitions",
        "events/s",
        "sent/s",
        "looks",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "answer p50 ms",
        "worker CPU",
    )
    report.show(
        "From produced to visible, the answer that shows it included", heads, [tuple(row.values()) for row in rows]
    )
    return {"latency": rows}
