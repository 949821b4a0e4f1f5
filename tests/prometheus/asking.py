"""What the boards ask, asked of a real Prometheus as Grafana does, and what there was when it was asked."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from grafana.boards.files import boards
from tests.kafka.worker_process import DEADLINE_S
from tests.prometheus.expecting import Answer, Chosen, Looked, by_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import aiohttp

    from grafana.boards import queries as q
    from tests.prometheus.plain import Plain
    from tests.prometheus.stack import Sample


class Asked:
    """Prometheus, asked over one connection."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/api/v1/query"

    async def result(self, query: str, at: float) -> list[dict[str, Any]]:
        """Answer a query for a moment."""
        return await self._ask("", query, time=f"{at:.3f}")

    async def over(self, query: str, begin: float, end: float, step: float = 60) -> dict[float, int]:
        """Tell how many samples the answer has at each moment of a time, where it has any."""
        found = await self._ask("_range", query, start=f"{begin:.3f}", end=f"{end:.3f}", step=str(step))
        return Counter(at for one in found for at, _ in one["values"])

    async def _ask(self, how: str, query: str, **when: str) -> list[dict[str, Any]]:
        async with self._session.post(self._url + how, data={"query": query, **when}) as answer:
            told = await answer.json()
        assert told["status"] == "success", (query, told)
        found: list[dict[str, Any]] = told["data"]["result"]
        return found

    async def samples(self, query: str, at: float) -> list[Sample]:
        """Answer a query with labels and values."""
        return [(one["metric"], float(one["value"][1])) for one in await self.result(query, at)]

    async def look(self, plain: Plain) -> Looked:
        """Take all series of the next scrape: at its moment exactly, so that nothing is still on its way."""
        at = await self._next_scrape()
        clocks = await self.result("ringboard_clock_seconds[1m]", at)
        moments = [round(float(value) * 1000) for clock in clocks for _, value in clock["values"]]
        return Looked(plain, at, moments[-3:], await self.series(at))

    async def series(self, at: float, named: str = "ringboard_.*") -> dict[str, list[Sample]]:
        """Give all series of such names as they stood at a moment, by name: by default those of the workers."""
        series: defaultdict[str, list[Sample]] = defaultdict(list)
        for labels, value in await self.samples(f'{{__name__=~"{named}"}}', at):
            series[labels["__name__"]].append((labels, value))
        return series

    async def _next_scrape(self) -> float:
        now = time.time()
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for _, at in await self.samples("timestamp(ringboard_clock_seconds)", time.time()):
                    if at > now:
                        return round(at, 3)
                await asyncio.sleep(0.1)

    async def answer(self, query: q.Query, chosen: Chosen, at: float) -> Answer:
        """Answer a panel's query; the answer has just the labels that it should, and no place twice."""
        by = by_of(query.means)
        found: Answer = {}
        for labels, value in await self.samples(chosen.fill(query.expr), at):
            assert labels.keys() - {"__name__"} <= set(by), query
            key = tuple(labels.get(name, "") for name in by)
            assert key not in found, query
            found[key] = value
        return found


def drawn() -> Iterator[tuple[str, int, q.Query]]:
    """Yield each query once, with the panel and the place where it was met first: languages have the same."""
    seen = set()
    for board in boards():
        for panel, _ in board.placed:
            for place, query in enumerate(panel.queries):
                if query.expr not in seen:
                    seen.add(query.expr)
                    yield panel.key, place, query
