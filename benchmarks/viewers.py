"""What a thousand walls cost a worker: each has a stream, and asks now and then for what no stream sends."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiokafka import AIOKafkaProducer

from benchmarks import report
from benchmarks.bench_floor import BenchFloor
from benchmarks.jobs import cpu_of, family_of, rss_of
from benchmarks.latency import WARM_UP_S, Bench
from tests.beside import beside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.jobs import Job
    from benchmarks.testbed import Testbed

PARTITIONS: Final = 8
RATE: Final = 100
VIEWS: Final = ("window=today", "window=1h", "window=today&campaign=campaign-1", "window=7d&team=team-1")
"""What the walls show, in turn; each has the leads that wait, too."""
ASKED: Final = (("breakdown?by=campaign&limit=1000&", 5.0, 2), ("history?", 60.0, 30), ("catalogue?", 60.0, 30))
"""What else a wall asks for: the path, every how many seconds, and how old the answer may be (main.js)."""
OPENED_PER_S: Final = 100
LOOK_EVERY_S: Final = 0.5


class Walls:
    """Walls that look at `port`: `messages` of theirs have come, and `failed` answers were none."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.messages = 0
        self.looking = 0
        self.failed = 0

    async def wall(self, number: int) -> None:
        """Look until cancelled, or the worker hangs up: an ExceptionGroup then."""
        view = VIEWS[number % len(VIEWS)]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stream(view))
            for one in ASKED:
                group.create_task(self._ask(number, view, *one))

    async def _stream(self, view: str) -> None:
        reader, writer = await self._connect()
        writer.write(_request(f"stream?{view}&leads=50"))
        if not (await reader.readline()).startswith(b"HTTP/1.1 200"):
            self.failed += 1
            return
        self.looking += 1
        try:
            while data := await reader.read(1 << 16):
                self.messages += data.count(b"\ndata: ") + data.startswith(b"data: ")
        finally:
            self.looking -= 1
            writer.transport.abort()

    async def _ask(self, number: int, view: str, path: str, every_s: float, oldest_s: int) -> None:
        await asyncio.sleep(every_s * (number % 97) / 97)
        reader, writer = await self._connect()
        what = path + (view if not path.startswith("catalogue") else "")
        try:
            while True:
                writer.write(_request(what, f"Cache-Control: max-age={oldest_s}\r\n"))
                head = await reader.readuntil(b"\r\n\r\n")
                self.failed += not head.startswith(b"HTTP/1.1 200")
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
                await asyncio.sleep(every_s)
        finally:
            writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port)


def _request(path: str, headers: str = "") -> bytes:
    return f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()


def cpu_and_memory(job: Job) -> tuple[float, float]:
    """Return the CPU-seconds of a worker and its supervisor, and their memory in MB."""
    family = family_of(job.pid)
    return sum(map(cpu_of, family)), sum(map(rss_of, family)) / 1e6


async def health(session: aiohttp.ClientSession, url: str, seconds: float) -> list[float]:
    """Ask for /healthz for `seconds`, by a new connection each time, and return how long each answer took."""
    took = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with session.get(f"{url}/healthz") as answer:
                await answer.read()
        took.append(time.monotonic() - began)
        await asyncio.sleep(LOOK_EVERY_S)
    return took


def open_more_files(wanted: int) -> None:
    """Let this process have as many open files, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


@contextlib.asynccontextmanager
async def under_load(testbed: Testbed, floor: BenchFloor, rate: int) -> AsyncIterator[Bench]:
    """Yield the bench of a worker that runs, at `rate` events a second since a while; asked by new connections."""
    async with (
        AIOKafkaProducer(bootstrap_servers=testbed.broker.bootstrap, acks="all") as producer,
        aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=30), connector=aiohttp.TCPConnector(force_close=True)
        ) as session,
    ):
        bench = Bench(floor, producer, session, "/metrics")
        await bench.ready()
        async with beside([bench.load(rate)]):
            await asyncio.sleep(WARM_UP_S)
            yield bench


async def run(testbed: Testbed, viewers: int, seconds: float) -> dict[str, Any]:
    """Measure a worker at a steady load, alone and then watched by `viewers` walls; print and return it."""
    open_more_files(6 * viewers + 500)
    floor = BenchFloor(testbed, PARTITIONS)
    await floor.create()
    rows: list[dict[str, float]] = []
    with floor.worker() as job:
        async with under_load(testbed, floor, RATE) as bench:
            walls = Walls(floor.web_port)
            tasks: list[asyncio.Task[None]] = []
            for count in (0, viewers):
                for number in range(len(tasks), count):
                    tasks.append(asyncio.create_task(walls.wall(number)))
                    await asyncio.sleep(1 / OPENED_PER_S)
                await asyncio.sleep(WARM_UP_S if count else 0)
                messages, (cpu, _), began = walls.messages, cpu_and_memory(job), time.monotonic()
                answers = await health(bench.session, floor.url, seconds)
                lasted = time.monotonic() - began
                after, memory = cpu_and_memory(job)
                rows.append(
                    {
                        "viewers": walls.looking,
                        "worker_cpu": round((after - cpu) / lasted, 3),
                        "memory_mb": round(memory),
                        "messages_per_s": round((walls.messages - messages) / lasted),
                        "healthz_p50_ms": round(median(answers) * 1000, 1),
                        "healthz_max_ms": round(max(answers) * 1000, 1),
                        "failed": walls.failed,
                    }
                )
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    heads = ("viewers", "worker CPU", "memory MB", "messages/s", "healthz p50 ms", "healthz max ms", "failed answers")
    report.show(f"Walls that look at one worker, at {RATE} events a second", heads, [tuple(r.values()) for r in rows])
    return {"viewers": rows}
