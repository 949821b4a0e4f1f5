"""A gateway with a mapping beside a bare handler, in turn; and a day's calls of a CSV, replayed by a mapping."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import orjson

from benchmarks import report
from benchmarks.bench_floor import KEY, BenchFloor
from benchmarks.floods.gateway import ready
from benchmarks.jobs import Job, cpu_of, peak_of
from benchmarks.mappings.calls import MAPPING, OF_A_DIALLER, posted, write_csv
from benchmarks.ports import free_port
from stream.kafka.topics import topics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.testbed import Testbed

SECRET: Final = "a secret of the benches and of nothing else"  # noqa: S105
AT_ONCE: Final = 16
NO_CONTENT: Final = 204
RINGBOARD: Final = str(Path(sys.executable).with_name("ringboard"))


async def run(testbed: Testbed, requests: int, rounds: int, calls: int) -> dict[str, Any]:
    """Post so many calls to each in each of some rounds, replay a file of `calls`; print and return the figures."""
    floor = BenchFloor(testbed, 4)
    await floor.create()
    rows: dict[str, list[dict[str, float]]] = {"bare": [], "gateway": []}
    for number in range(rounds):
        for name, found in rows.items():
            port = free_port()
            with _server(name, floor, port) as job:
                await ready(port)
                await _post(port, range(-500, 0))
                found.append(await _measured(job.pid, port, range(number * requests, (number + 1) * requests)))
    figures = {name: {key: report.middle(found, key) for key in found[0]} for name, found in rows.items()}
    ratio = figures["gateway"]["cpu_us"] / figures["bare"]["cpu_us"]
    columns = ("cpu_us", "per_s", "peak_mb")
    report.show(
        f"{requests} posts of a call by {AT_ONCE} at once, {rounds} rounds; CPU of the gateway {ratio:.2f} times",
        ("server", "CPU of a request, µs", "requests a second", "peak MB"),
        [(name, *(report.spread(found, one) for one in columns)) for name, found in rows.items()],
    )
    file = await asyncio.to_thread(_replayed, floor, calls)
    report.show("a CSV by a mapping", tuple(file), [tuple(file.values())])
    return {"mappings": {"rows": rows, "cpu_ratio": round(ratio, 2), "replay": file}}


def _server(name: str, floor: BenchFloor, port: int) -> Job:
    folder = floor.testbed.folder
    log = folder / f"{floor.app_id}-{name}.log"
    if name == "bare":
        topic = topics(floor.settings).events.name
        command = [sys.executable, "-m", "benchmarks.mappings.bare", str(port), topic, SECRET]
        return Job(command, _environment(floor), floor.testbed.broker.pid or 0, log)
    mapping = folder / "cloud.toml"
    mapping.write_text(MAPPING)
    settings = {
        "RINGBOARD_GATEWAY_PORT": str(port),
        "RINGBOARD_GATEWAY_KEY": SECRET,
        "RINGBOARD_GATEWAY_SOURCES": orjson.dumps({"cloud": {"mapping": str(mapping), "key": SECRET}}).decode(),
        "RINGBOARD_GATEWAY_REQUESTS_PER_S": "100000",
    }
    return Job([RINGBOARD, "gateway"], _environment(floor) | settings, floor.testbed.broker.pid or 0, log)


def _environment(floor: BenchFloor) -> dict[str, str]:
    return {
        "RINGBOARD_BROKER": floor.testbed.broker.bootstrap,
        "RINGBOARD_APP_ID": floor.app_id,
        "RINGBOARD_PARTITIONS": str(floor.partitions),
        "RINGBOARD_DATA_DIR": str(floor.testbed.folder / "data"),
        "RINGBOARD_PSEUDONYM_KEY": KEY,
        "RINGBOARD_DEFAULT_REGION": "FR",
    }


async def _measured(pid: int, port: int, numbers: range) -> dict[str, float]:
    cpu, began = cpu_of(pid), time.monotonic()
    await _post(port, numbers)
    used, took = cpu_of(pid) - cpu, time.monotonic() - began
    count = len(numbers)
    return {
        "cpu_us": round(1e6 * used / count, 1), "per_s": round(count / took), "peak_mb": round(peak_of(pid) / 2**20)
    }  # fmt: skip


async def _post(port: int, numbers: range) -> None:
    url = f"http://127.0.0.1:{port}/v1/sources/cloud"
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    left = iter(numbers)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE), headers=headers) as web:
        await asyncio.gather(*(_each(web, url, left) for _ in range(AT_ONCE)))


async def _each(web: aiohttp.ClientSession, url: str, left: Iterator[int]) -> None:
    for number in left:
        async with web.post(url, data=orjson.dumps(posted(abs(number)))) as answer:
            if answer.status != NO_CONTENT:
                raise RuntimeError(f"answered {answer.status}: {await answer.text()}")


def _replayed(floor: BenchFloor, calls: int) -> dict[str, float]:
    folder = floor.testbed.folder
    file, mapping = folder / "day.csv", folder / "dialler.toml"
    write_csv(file, calls)
    mapping.write_text(OF_A_DIALLER)
    command = [RINGBOARD, "replay", "--history", "--mapping", str(mapping), str(file)]
    began = time.monotonic()
    with Job(command, _environment(floor), floor.testbed.broker.pid or 0, folder / "replay.log") as job:
        _, status, usage = os.wait4(job.pid, 0)
    took = time.monotonic() - began
    if status:
        raise RuntimeError(f"replay ended with {status}:\n{(folder / 'replay.log').read_text()[-2000:]}")
    used = usage.ru_utime + usage.ru_stime
    return {
        "calls": calls,
        "minutes": round(took / 60, 2),
        "cpu_s": round(used, 1),
        "cpu_us_a_call": round(1e6 * used / calls, 1),
        "per_s": round(calls / took),
        "peak_mb": round(usage.ru_maxrss / 1024),
    }
