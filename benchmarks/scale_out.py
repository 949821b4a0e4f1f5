"""
Several workers on one floor: the cost of joins, restarts and kills, and a check that every number is right or absent.

    python -m benchmarks.scale_out --leads 1000000 --partitions 8 --workers 2

Meanwhile the KPIs of every worker are polled: an answer with a number that is not that of the whole floor ends the run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from pydantic import SecretStr

from stream.broker import Broker
from stream.clock import SystemClock
from stream.intake.outbox import outbox_to_broker
from stream.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = "a key of the benches, and of nothing else"
WAIT_S = 300.0
LOOK_EVERY_S = 0.1
KPI = "/api/v1/kpis?window=30d"
SHOWN = {False: ("contact_rate", "denominator"), True: ("leads_requested", "value")}
METRIC = {False: "ringboard_window_attempts{", True: "ringboard_window_leads_requested{"}


class WrongNumberError(Exception):
    """A worker has shown a number that is not that of the whole floor."""


@dataclass
class Worker:
    """A worker process, and what its API showed; times are of the monotonic clock, in seconds.

    `whole_at`: since when it shows the whole floor; `absent_at`: when it last did not; `broke_at`: when it stopped to;
    `out_s`: how long it then did not.
    """

    number: int
    settings: Settings
    port: int
    process: asyncio.subprocess.Process | None = None
    whole_at: float = 0.0
    absent_at: float = 0.0
    broke_at: float = 0.0
    out_s: float = 0.0
    complete: bool = False
    slowest_s: float = 0.0

    async def start(self, folder: Path) -> None:
        """Start it; its output goes to a file in `folder`."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGBOARD_")} | {
            "RINGBOARD_BROKER": self.settings.broker,
            "RINGBOARD_APP_ID": self.settings.app_id,
            "RINGBOARD_PARTITIONS": str(self.settings.partitions),
            "RINGBOARD_PSEUDONYM_KEY": KEY,
            "RINGBOARD_DATA_DIR": str(self.settings.data_dir),
            "RINGBOARD_WEB_PORT": str(self.port),
        }
        self.complete = False
        with (folder / f"worker-{self.number}.log").open("a") as log:
            program = "from stream.cli import main; main(['worker'])"
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", program, env=environment, stdout=log, stderr=log
            )

    async def ended(self) -> None:
        """Wait until the process has ended."""
        if self.process is not None:
            await self.process.wait()
        if self.complete:
            self.broke_at = time.monotonic()
        self.process, self.complete = None, False

    def child(self) -> int:
        """Return the id of the process that does the work; its parent only restarts it."""
        if self.process is None:
            raise RuntimeError("it does not run")
        pid = self.process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@dataclass
class Bench:
    """A floor with its workers, and the number of leads that all of them must show."""

    settings: Settings
    folder: Path
    leads: int
    waiting: bool
    session: aiohttp.ClientSession
    workers: list[Worker] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Print a line."""
        print(text, flush=True)

    async def get(self, worker: Worker, path: str) -> aiohttp.ClientResponse | None:
        """Return the response of a page of `worker`; None if it does not answer."""
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            return await self.session.get(f"http://127.0.0.1:{worker.port}{path}")
        return None

    async def watch(self, worker: Worker) -> None:
        """Poll the KPIs of one worker until cancelled."""
        while True:
            began = time.monotonic()
            if worker.process is not None and (response := await self.get(worker, KPI)) is not None:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    self._look(worker, await response.json())
                    worker.slowest_s = max(worker.slowest_s, time.monotonic() - began)
            await asyncio.sleep(LOOK_EVERY_S)

    def _look(self, worker: Worker, answer: dict[str, Any]) -> None:
        now = time.monotonic()
        kpi, part = SHOWN[self.waiting]
        shown = answer["kpis"][kpi][part]
        if answer["complete"]:
            if answer["behind"] == 0 and shown != self.leads:
                raise WrongNumberError(f"worker {worker.number} shows {shown} of {self.leads} as the whole floor")
            if not worker.complete:
                worker.whole_at = now
                worker.out_s = now - worker.broke_at
        elif shown is not None and answer["behind"] is not None:
            raise WrongNumberError(f"worker {worker.number} shows {shown} while a part of the floor is missing")
        else:
            if worker.complete:
                worker.broke_at = now
            worker.absent_at = now
        worker.complete = bool(answer["complete"]) and answer["behind"] == 0

    async def until_whole(self, workers: Sequence[Worker], since: float) -> float:
        """Wait until all of `workers` steadily show the whole floor; return the seconds since `since`."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            await asyncio.sleep(LOOK_EVERY_S / 2)
            calm = time.monotonic() - max(worker.absent_at for worker in workers) > 1.5
            if calm and all(worker.complete and worker.whole_at >= since for worker in workers):
                return max(worker.whole_at for worker in workers) - since
            if calm and time.monotonic() - since > 30 and all(worker.complete for worker in workers):
                return 0.0  # they showed it all the time
        raise TimeoutError("the floor is not whole")

    async def owned(self) -> tuple[list[int], list[int]]:
        """Return by worker the number of its ready partitions of events, and of the leads in its metrics."""
        parts, leads = [], []
        for worker in self.workers:
            response = await self.get(worker, "/metrics")
            lines = (await response.text()).splitlines() if response is not None else []
            ready = [line for line in lines if line.startswith('ringboard_partitions_ready{group="events"}')]
            own = [line for line in lines if line.startswith(METRIC[self.waiting]) and 'window="30d"' in line]
            parts.append(sum(round(float(line.split()[-1])) for line in ready))
            leads.append(sum(round(float(line.split()[-1])) for line in own))
        return parts, leads

    async def check(self) -> None:
        """Check that the workers' metrics add up to all leads, and that partitions are spread evenly."""
        parts, leads = await self.owned()
        if sum(leads) != self.leads or sum(parts) != self.settings.partitions or max(parts) - min(parts) > 1:
            raise WrongNumberError(f"partitions {parts}, in their metrics {leads}, of {self.leads}")
        self.say(f"  partitions by worker {parts}; metrics add up to {sum(leads):,}, as every API shows")


async def run(options: argparse.Namespace, bootstrap: str, folder: Path) -> None:
    """Run the bench once."""
    settings = Settings(
        broker=bootstrap,
        app_id=f"scale{os.getpid()}",
        partitions=options.partitions,
        pseudonym_key=SecretStr(KEY),
        data_dir=folder,
    )
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        bench = Bench(settings, folder, options.leads, options.waiting, session)
        bench.workers = [Worker(number, settings, free_port()) for number in range(options.workers)]
        watching = [asyncio.create_task(bench.watch(worker)) for worker in bench.workers]
        try:
            running = asyncio.create_task(go_through(bench))
            await asyncio.wait([running, *watching], return_when=asyncio.FIRST_COMPLETED)
            for task in (*watching, running):
                if task.done():
                    task.result()
        finally:
            for task in watching:
                task.cancel()
            for worker in bench.workers:
                if worker.process is not None:
                    worker.process.kill()
                    await worker.process.wait()


async def go_through(bench: Bench) -> None:
    """Start, restart and kill workers, and print how long each took."""
    first, *others = bench.workers
    bench.say(f"{bench.settings.partitions} partitions, {len(bench.workers)} workers, {bench.leads:,} leads")
    await fill(bench.settings, bench.leads, waiting=bench.waiting)
    began = time.monotonic()
    await first.start(bench.folder)
    bench.say(f"  first worker folds all of it: {await settled(first, began):.1f} s")
    for worker in others:
        began = time.monotonic()
        before = first.absent_at
        await worker.start(bench.folder)
        took = await bench.until_whole([worker], began)
        await bench.until_whole([first], began)
        gap = f"which showed nothing for {first.out_s:.1f} s" if first.absent_at > before else "never broken off"
        took = max(took, first.whole_at - began)
        bench.say(f"  join of worker {worker.number}: all settled {took:.1f} s after its start; on worker 0, {gap}")
    await bench.check()
    if others:
        for worker in bench.workers:
            await _restart(bench, worker)
        await bench.check()
    for what, kill in (("its machine", _kill_all), ("its working process", _kill_child)):
        victim = bench.workers[-1]
        survivors = [worker for worker in bench.workers if worker is not victim] or [victim]
        began = time.monotonic()
        kill(victim)
        if what == "its machine":
            await victim.ended()
            if not others:
                await victim.start(bench.folder)
        took = await bench.until_whole(survivors, began)
        out_s = max(one.out_s for one in survivors)
        bench.say(f"  kill -9 of {what}: whole again {took:.1f} s after it, without numbers for {out_s:.1f} s")
        if victim.process is None:
            began = time.monotonic()
            await victim.start(bench.folder)
            await bench.until_whole(bench.workers, began)
        else:
            await bench.until_whole(bench.workers, began)
    await bench.check()
    slowest = max(worker.slowest_s for worker in bench.workers)
    bench.say(f"  the slowest answer of an API on the way: {slowest:.2f} s")


async def _restart(bench: Bench, worker: Worker) -> None:
    others = [one for one in bench.workers if one is not worker]
    began = time.monotonic()
    if worker.process is None:
        raise RuntimeError("it does not run")
    worker.process.send_signal(signal.SIGTERM)
    await worker.ended()
    stopped = time.monotonic() - began
    left = await bench.until_whole(others, began)
    out_s = max(one.out_s for one in others)
    again = time.monotonic()
    await worker.start(bench.folder)
    joined = await bench.until_whole(bench.workers, again)
    bench.say(
        f"  restart of worker {worker.number}: stopped in {stopped:.1f} s, whole on the others {left:.1f} s after "
        f"SIGTERM ({out_s:.1f} s without numbers); on all {joined:.1f} s after its start "
        f"({max(one.out_s for one in others):.1f} s without)"
    )


def _kill_all(worker: Worker) -> None:
    if worker.process is not None:
        child = worker.child()
        worker.process.kill()
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _kill_child(worker: Worker) -> None:
    os.kill(worker.child(), signal.SIGKILL)


async def settled(worker: Worker, since: float) -> float:
    """Wait until a worker shows the whole floor; return the seconds from `since` until it did."""
    while not worker.complete:  # noqa: ASYNC110  the bench sees the worker from outside
        await asyncio.sleep(LOOK_EVERY_S)
    return worker.whole_at - since


async def fill(settings: Settings, leads: int, *, waiting: bool) -> None:
    """Send one call of each of `leads` leads, over three weeks; or, if `waiting`, one request of each."""
    now = SystemClock().now_ms()
    async with outbox_to_broker(settings) as outbox:
        for number in range(leads):
            at = now - 3_600_000 - number * 1_700_000_000 // leads
            event = {
                "id": f"c{number}",
                "type": "call.ended",
                "direction": "outbound",
                "at": at,
                "placed_at": at,
                "call": f"C{number}",
                "lead": f"L{number}",
                "talk_s": number % 60,
                "campaign": f"c{number % 20}",
                "rep": f"r{number % 200}",
            }
            if waiting:
                event = {name: event[name] for name in ("id", "at", "lead", "campaign", "rep")}
                event["type"] = "lead.requested"
            outbox.put(event, "bench", number)
            if number % 5000 == 0:
                await outbox.relieve()
        await outbox.flush()


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def main() -> None:
    """Run the bench on a broker of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--waiting", action="store_true", help="nobody has called any of the leads")
    parser.add_argument("--keep", type=Path, help="where logs stay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, Broker(Path(made) / "broker") as broker:
        folder = options.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(run(options, broker.bootstrap, folder))


if __name__ == "__main__":
    main()
