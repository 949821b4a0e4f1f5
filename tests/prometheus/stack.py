"""
What watches a floor, as real processes on free ports: workers, Prometheus with the rules, and Alertmanager.

`async with a_stack(broker, app_id, tmp_path) as stack:` starts one worker, and Prometheus on it with all rules;
`alertmanager=` a configuration starts that too. `await stack.tell(events)` sends events through admission, and
`await stack.settled()` waits until the worker has applied them and Prometheus has scraped and recorded what came of
them; then `await stack.query("floor_window:ringboard_contact_rate:ratio")` answers as a panel would be answered.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import aiohttp
from pydantic import SecretStr

from grafana.rules.files import FOLDER, RULES
from stream.intake.outbox import outbox_to_broker
from stream.settings.model import Settings
from tests.kafka.worker_process import DEADLINE_S, KEY, WorkerProcess
from tests.ports import free_port
from tests.prometheus.tools import program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from pathlib import Path

    from stream.broker import Broker

WORKER = """
import sys
from agents.worker import run_worker
from stream.configuration import load_settings
sys.exit(run_worker(load_settings()))
"""
EVERY = "3s"  # more often, a busy machine would not answer each scrape in time
Sample = tuple[dict[str, str], float]


@dataclass
class Server:
    """A program that answers by HTTP."""

    process: asyncio.subprocess.Process
    port: int
    log: Path

    @classmethod
    async def start(cls, command: Sequence[str | Path], port: int, log: Path) -> Server:
        """Start it, and wait until it is ready."""
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(*map(str, command), cwd=log.parent, stdout=out, stderr=out)
        server = cls(process, port, log)
        async with asyncio.timeout(DEADLINE_S), aiohttp.ClientSession() as session:
            while True:
                assert process.returncode is None, f"see {log}"
                try:
                    async with session.get(server.url + "/-/ready") as answer:
                        if answer.status == 200:
                            return server
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def get(self, path: str, **asked: Any) -> Any:
        """Return what it answers in JSON, whatever its status."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path, params=asked) as answer:
            return await answer.json()

    async def end(self) -> None:
        """Have it end in order."""
        self.process.terminate()
        await self.process.wait()

    async def stop(self) -> None:
        """Stop it, at once."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@dataclass
class Stack:
    """A floor and what watches it."""

    settings: Settings
    environment: Mapping[str, str]
    prometheus: Server
    alertmanager: Server | None
    ports: list[int]
    workers: list[WorkerProcess] = field(default_factory=list)

    async def start_worker(self) -> WorkerProcess:
        """Start the next worker, on the next of the ports that are scraped."""
        port = self.ports[len(self.workers)]
        log = self.settings.data_dir / f"worker-{port}.log"
        worker = await WorkerProcess.start([sys.executable, "-c", WORKER], port, log, self.environment)
        self.workers.append(worker)
        return worker

    async def tell(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Send `events` (their fields) through admission."""
        async with outbox_to_broker(self.settings) as outbox:
            for line, event in enumerate(events):
                outbox.put(dict(event), "test", line)
            await outbox.flush()

    async def answered(self, window: str = "today", **filters: str) -> dict[str, Any]:
        """Return what the API says of `window`, once nothing is pending."""
        asked = "".join(f"&{name}={value}" for name, value in filters.items())
        path = f"/api/v1/kpis?window={window}{asked}"
        return await self.workers[0].wait_for(path, lambda told: told["complete"] and told["behind"] == 0)

    async def settled(self) -> None:
        """Wait until what is applied now has been scraped of every running worker, and recorded."""
        await self.answered()
        await self.recorded()

    async def recorded(self) -> None:
        """Wait until every running worker has been scraped anew, and that recorded."""
        since = time.time()
        async with asyncio.timeout(DEADLINE_S):
            while (scraped := await self._scraped_since(since)) is None:  # noqa: ASYNC110  Prometheus tells no one
                await asyncio.sleep(0.1)
            while min(await self._evaluated()) <= scraped:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def _scraped_since(self, moment: float) -> float | None:
        """Tell when all workers that run had been scraped, each after `moment`; None if one was not yet."""
        targets = (await self.prometheus.get("/api/v1/targets"))["data"]["activeTargets"]
        running = {f"127.0.0.1:{worker.port}" for worker in self.workers if worker.process.returncode is None}
        up = [one for one in targets if one["labels"]["instance"] in running and one["health"] == "up"]
        begun = [_seconds(one["lastScrape"]) for one in up]
        if len(up) < len(running) or min(begun) < moment:
            return None
        ended: list[float] = [at + one["lastScrapeDuration"] for at, one in zip(begun, up, strict=True)]
        return max(ended)

    async def _evaluated(self) -> list[float]:
        groups = (await self.prometheus.get("/api/v1/rules"))["data"]["groups"]
        return [_seconds(group["lastEvaluation"]) for group in groups]

    async def samples(self, series: str, since: float) -> list[float]:
        """List what Prometheus has written of the one series that there is, since a moment."""
        told = await self.prometheus.get("/api/v1/query", query=f"{series}[{time.time() - since:.0f}s]")
        found = told["data"]["result"]
        assert len(found) <= 1, series
        return [float(value) for one in found for _, value in one["values"]]

    async def query(self, expression: str, at: float | None = None) -> list[Sample]:
        """Ask Prometheus, for now or for a moment."""
        asked = {"query": expression, **({} if at is None else {"time": str(at)})}
        told = await self.prometheus.get("/api/v1/query", **asked)
        assert told["status"] == "success", (expression, told)
        found = told["data"]["result"]
        if told["data"]["resultType"] == "scalar":
            return [({}, float(found[1]))]
        return [(one["metric"], float(one["value"][1])) for one in found]


@asynccontextmanager
async def a_stack(
    broker: Broker,
    app_id: str,
    place: Path,
    *,
    workers: int = 1,
    alertmanager: str | None = None,
    data: Path | None = None,
    **settings: Any,
) -> AsyncIterator[Stack]:
    """
    Start a floor and what watches it, and stop all of it in the end.

    Args:
        broker: the broker of the test run.
        app_id: the floor's name.
        place: a folder for logs and state.
        workers: how many are scraped; the first is started.
        alertmanager: its configuration; without one it is not there.
        data: what Prometheus knows already; without it, it begins with nothing.
        **settings: of the worker, by key; text, or what JSON can write.

    """
    made = Settings(
        broker=broker.bootstrap,
        app_id=app_id,
        **{"partitions": 3, "pseudonym_key": SecretStr(KEY), "data_dir": place, **settings},
    )
    async with AsyncExitStack() as running:
        manager = None
        if alertmanager is not None:
            manager = await start_alertmanager(place, alertmanager)
            running.push_async_callback(manager.stop)
        ports = [free_port() for _ in range(workers)]
        prometheus = await start_prometheus(place, ports, manager, data=data)
        running.push_async_callback(prometheus.stop)
        environment = {
            "RINGBOARD_BROKER": broker.bootstrap,
            "RINGBOARD_APP_ID": app_id,
            "RINGBOARD_PARTITIONS": str(made.partitions),
            "RINGBOARD_PSEUDONYM_KEY": KEY,
            "RINGBOARD_DATA_DIR": str(place),
            **({} if manager is None else {"RINGBOARD_ALERTMANAGER": manager.url}),
            **{f"RINGBOARD_{name.upper()}": _as_text(value) for name, value in settings.items()},
        }
        stack = Stack(made, environment, prometheus, manager, ports)
        try:
            await stack.start_worker()
            yield stack
        finally:
            for worker in stack.workers:
                await worker.end()


async def start_prometheus(
    place: Path,
    ports: Iterable[int],
    alertmanager: Server | None = None,
    *,
    data: Path | None = None,
    every: str = EVERY,
    rules: Iterable[str] = RULES,
) -> Server:
    """
    Start Prometheus with Ringboard's rules on the workers at `ports`, scraping and evaluating all the time.

    In a folder `data` it finds what it knows already.
    """
    port = free_port()
    config = {
        "global": {
            "scrape_interval": every,
            "evaluation_interval": every,
        },
        "rule_files": [str(FOLDER / name) for name in rules],
        "scrape_configs": [
            {"job_name": "ringboard", "static_configs": [{"targets": [f"127.0.0.1:{worker}" for worker in ports]}]}
        ],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager.port}"]}]}]
            if alertmanager
            else []
        },
    }
    file = place / f"prometheus-{port}.yml"
    file.write_text(json.dumps(config))
    command = [
        program("prometheus"),
        f"--config.file={file}",
        f"--storage.tsdb.path={data or place / f'prometheus-{port}'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    return await Server.start(command, port, place / f"prometheus-{port}.log")


async def start_alertmanager(place: Path, config: str, port: int | None = None) -> Server:
    """Start Alertmanager with `config`, alone; at `port`, where it was before with the same memory."""
    port = port or free_port()
    file = place / f"alertmanager-{port}.yml"
    file.write_text(config)
    command = [
        program("prometheus-alertmanager"),
        f"--config.file={file}",
        f"--storage.path={place / f'alertmanager-{port}'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
    return await Server.start(command, port, place / f"alertmanager-{port}.log")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
