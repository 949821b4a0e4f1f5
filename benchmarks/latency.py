"""From produced to visible: how long until /metrics, or the API, shows an event, at a steady rate of events."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from dataclasses import dataclass, field
from statistics import quantiles
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiokafka import AIOKafkaProducer

from benchmarks import report
from benchmarks.bench_kafka import place_of
from benchmarks.floors import AS_PROMETHEUS, BenchFloor
from benchmarks.jobs import cpu_of, family_of
from stream.topics import topics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floors import Place

TICK_S: Final = 0.01
POLL_S: Final = 0.05  # twenty times a second: a scraper asks a hundred times more seldom, and takes as much less
WARM_UP_S: Final = 5.0
READY_S: Final = 60.0
CAMPAIGNS: Final = 8
TEAMS: Final = 4
REPS: Final = 40
LEADS: Final = 20_000
SHOWN: Final = re.compile(rb"\nringboard_window_attempts\{([^}]*)\} ([0-9.e+]+)")  # found at once, in megabytes too
SEED: Final = 1
METRICS: Final = "/metrics"
API: Final = "/api/v1/kpis"


@dataclass(slots=True)
class Latencies:
    """
    What was seen on a page: seconds from the hand-over to the producer to the answer that shows the event.

    `asked` are the seconds that each question of the page took by itself.
    """

    page: str
    rate: int
    partitions: int
    delays: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    worker_cpu: float = 0.0
    sent: int = 0

    def figures(self) -> dict[str, float | str]:
        """Give percentiles in ms, the median of a question, and the worker's CPU, the bench's questions included."""
        return {
            "page": self.page,
            "partitions": self.partitions,
            "rate": self.rate,
            "sent_per_s": self.sent,
            "probes": len(self.delays),
            **{f"p{p}_ms": round(percentile(self.delays, p) * 1000, 1) for p in (50, 90, 99)},
            "answer_p50_ms": round(percentile(self.asked, 50) * 1000, 1),
            "worker_cpu": round(self.worker_cpu, 2),
        }


def percentile(values: list[float], percent: int) -> float:
    """Return a percentile of some values, between the two nearest."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def events(seed: int = SEED) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield keys and events of a floor at work, without their time: calls for the most part, and what leads do."""
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


def call(name: str, campaign: str, talk_s: int) -> dict[str, Any]:
    """Return the fields of a call that has ended, but for its moments."""
    answered = {"talk_s": talk_s, "amd": "human"} if talk_s else {"talk_s": 0}
    return {"type": "call.ended", "call": name, "direction": "outbound", "campaign": campaign, **answered}


def stamped(fields: dict[str, Any]) -> bytes:
    """Return an event of this moment, as it goes to Kafka."""
    now = time.time_ns() // 1_000_000
    moments = {"at": now, "placed_at": now} if fields["type"] == "call.ended" else {"at": now}
    return json.dumps(fields | moments).encode()


class Bench:
    """One worker under a steady load, and a probe at a time."""

    def __init__(
        self, floor: BenchFloor, producer: AIOKafkaProducer, session: aiohttp.ClientSession, page: str
    ) -> None:
        self.page = page
        self.floor = floor
        self.topic = topics(floor.settings).events.name
        self.producer = producer
        self.session = session
        self.sent = 0
        self.asked: list[float] = []

    async def load(self, rate: int) -> None:
        """Send `rate` events a second until it is cancelled."""
        partitions = self.floor.partitions
        began = time.monotonic()
        for key, fields in events():
            while self.sent >= rate * (time.monotonic() - began):  # noqa: ASYNC110  nobody tells of time
                await asyncio.sleep(TICK_S)
            await self.producer.send(self.topic, stamped(fields), key=key, partition=place_of(key, partitions))
            self.sent += 1

    async def probe(self, number: int) -> float:
        """Send an event of a campaign of its own, and return how long it took until the page counted it."""
        key = f"probe-{number}".encode()
        fields = {"id": f"probe-{number}", "lead": key.decode(), **call(f"probe-{number}", "probe", 60)}
        place = place_of(key, self.floor.partitions)
        began = time.perf_counter()
        await self.producer.send(self.topic, stamped(fields), key=key, partition=place)
        while True:
            asked = time.perf_counter()
            shown = await self.shown()
            here = time.perf_counter()
            self.asked.append(here - asked)
            if shown >= number:
                return here - began
            await asyncio.sleep(max(0.0, asked + POLL_S - here))

    async def shown(self) -> int:
        """Return how many attempts of the probes' campaign the page says there were in the last hour."""
        if self.page == API:
            async with self.session.get(f"{self.floor.url}{API}?window=1h&campaign=probe") as answer:
                told: dict[str, Any] = await answer.json()
            return int(told["kpis"]["contact_rate"]["denominator"] or 0)
        async with self.session.get(f"{self.floor.url}{METRICS}", headers=AS_PROMETHEUS) as answer:
            body = await answer.read()
        return round(
            sum(
                float(value)
                for labels, value in SHOWN.findall(body)
                if b'campaign="probe"' in labels and b'window="1h"' in labels
            )
        )

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


async def measure(place: Place, page: str, rate: int, partitions: int, seconds: float) -> Latencies:
    """Measure `page` for `seconds` at `rate` events a second on `partitions` partitions."""
    floor = BenchFloor(place, partitions)
    await floor.create()
    chance = random.Random(SEED)  # noqa: S311  as above
    found = Latencies(page, rate, partitions)
    timeout = aiohttp.ClientTimeout(total=30)
    with floor.worker() as job:
        async with (
            AIOKafkaProducer(bootstrap_servers=place.broker.bootstrap, acks="all") as producer,
            aiohttp.ClientSession(timeout=timeout) as session,
        ):
            bench = Bench(floor, producer, session, page)
            await bench.ready()
            load = asyncio.create_task(bench.load(rate))
            await asyncio.sleep(WARM_UP_S)
            bench.asked.clear()
            sent, cpu, began = bench.sent, _cpu(job.pid), time.monotonic()
            number = 0
            while time.monotonic() - began < seconds:
                number += 1
                found.delays.append(await bench.probe(number))
                await asyncio.sleep(chance.uniform(0, 0.1))  # a probe may come at any moment of a share's round
            lasted = time.monotonic() - began
            found.worker_cpu = (_cpu(job.pid) - cpu) / lasted
            found.sent = round((bench.sent - sent) / lasted)
            load.cancel()
            await asyncio.wait([load])
    found.asked = bench.asked
    return found


def _cpu(pid: int) -> float:
    return sum(cpu_of(one) for one in family_of(pid))


async def run(place: Place, cases: list[tuple[str, int, int]], seconds: float) -> dict[str, Any]:
    """Measure each case of (page, rate, partitions), print what was seen, and return it."""
    rows = []
    for page, rate, partitions in cases:
        rows.append((await measure(place, page, rate, partitions, seconds)).figures())
        print(f"  {rows[-1]}")
    heads = (
        "page",
        "partitions",
        "events/s",
        "sent/s",
        "probes",
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
