"""
A past that a real Prometheus holds: scrapes of a time that has gone, and what its rules made of them.

`past.take(text, at)` keeps a scrape as a worker would have answered it at that moment; `past.write(folder)` makes
Prometheus' blocks of them, by its own tool. `await record(…)` has the rules evaluated over that, for the spans in which
Prometheus was there to do it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.test_utils import TestClient, TestServer

from grafana.rules import recording
from tests.engine_in_memory import EngineInMemory, pages_of
from tests.prometheus.asking import Asked
from tests.prometheus.stack import start_prometheus
from tests.prometheus.tools import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tests.floor_in_memory import FloorInMemory

OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}
SECOND, MINUTE, HOUR, WEEK = 1000, 60_000, 3_600_000, 7 * 86_400_000
RECORDED_AFTER = 5 * SECOND
Series = tuple[str, tuple[tuple[str, str], ...]]
"""A name, and labels."""
_SERIES = re.compile(r"^([a-zA-Z_:][\w:]*)(\{?)(.*)$", re.MULTILINE)


class Past:
    """What was scraped, by moment (ms)."""

    def __init__(self) -> None:
        self._scrapes: defaultdict[int, str] = defaultdict(str)

    def take(self, exposition: str, at: int, instance: str = "worker:6066") -> None:
        """Keep a scrape of a worker, with the labels and the series that Prometheus adds to it."""
        self.keep(f"{exposition}\nup 1\n", at, f'job="ringboard",instance="{instance}"')

    def keep(self, exposition: str, at: int, labels: str = "") -> None:
        """Keep samples, with more labels."""

        def line(found: re.Match[str]) -> str:
            name, brace, rest = found.groups()
            if labels:
                name = f"{name}{{{labels}," if brace else f"{name}{{{labels}}}"
                brace = ""
            return f"{name}{brace}{rest} {at / 1000:.3f}"

        lines = "\n".join(line for line in exposition.splitlines() if line and not line.startswith("#"))
        self._scrapes[at] += f"{_SERIES.sub(line, lines)}\n"

    async def take_of(
        self, floor: FloorInMemory, moments: Iterable[int], feed: Callable[[int], object] = lambda _: None
    ) -> None:
        """Scrape `floor` at each of `moments`, after `feed` has told it what has happened until then."""
        async with TestClient(TestServer(pages_of(floor, EngineInMemory(floor)))) as client:
            for at in moments:
                floor.clock.advance(at - floor.clock.now_ms())
                feed(at)
                answer = await client.get("/metrics", headers=OPENMETRICS)
                self.take(await answer.text(), at)

    def write(self, folder: Path, seen: Callable[[int], bool] = lambda _: True) -> None:
        """Make blocks of the scrapes at which Prometheus was there."""
        scrapes = (scrape for at, scrape in sorted(self._scrapes.items()) if seen(at))
        _as_blocks(folder.with_suffix(".scraped"), scrapes, folder)


def a_scrape(series: Mapping[Series, float]) -> str:
    """Write numbers as a scrape."""
    lines = []
    for (name, labels), value in series.items():
        told = ",".join(f'{label}="{its}"' for label, its in labels)
        lines.append(f"{name}{{{told}}} {value!r}\n" if told else f"{name} {value!r}\n")
    return "".join(lines)


async def record(folder: Path, spans: Iterable[tuple[int, int]], every: int = MINUTE) -> None:
    """
    Add what the recording rules say of what is in `folder`, at times within `spans` (ms), a little after the scrapes.

    Prometheus itself evaluates them, over the whole span at once. (`promtool tsdb create-blocks-from rules` would make
    a block of each rule, which takes four times as long.)
    """
    server = await start_prometheus(folder.parent, (), data=folder, rules=())
    lines: list[str] = []
    try:
        async with aiohttp.ClientSession() as session:
            for begin, end in spans:
                first, last = ((at + RECORDED_AFTER) / 1000 for at in (begin, end))
                asked = {"start": f"{first:.3f}", "end": f"{last:.3f}", "step": str(every // SECOND)}
                for rule in recording.rules():
                    path = f"{server.url}/api/v1/query_range"
                    async with session.post(path, data={"query": rule.expression, **asked}) as answer:
                        told = await answer.json()
                    lines += (line for one in told["data"]["result"] for line in _recorded(rule.name, one))
    finally:
        await server.end()
    _as_blocks(folder.with_suffix(".recorded"), lines, folder)


@asynccontextmanager
async def asking(place: Path, data: Path) -> AsyncIterator[Asked]:
    """Have a Prometheus that knows what is in `data`, and learns nothing more."""
    server = await start_prometheus(place, (), data=data, rules=())
    try:
        async with aiohttp.ClientSession() as session:
            yield Asked(session, server.url)
    finally:
        await server.stop()


def _recorded(name: str, found: dict[str, Any]) -> Iterator[str]:
    told = ",".join(f"{label}={_quoted(value)}" for label, value in found["metric"].items() if label != "__name__")
    return (f"{name}{{{told}}} {value} {at:.3f}\n" for at, value in found["values"])


def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'


def _as_blocks(text: Path, lines: Iterable[str], folder: Path) -> None:
    with text.open("w", encoding="utf-8") as file:
        file.writelines(lines)
        file.write("# EOF\n")
    run("promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", text, folder)
