"""A wall hangs for months: ten thousand updates leave neither memory nor nodes behind."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from tests.browser.conftest import Site
from tests.engine_in_memory import pages_of
from tests.unit.agents.pages.conftest import a_floor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import FloorSite, Wall

WARM_UP = 2_000
UPDATES = 10_000
WITHIN_S = 500.0
MOST_GROWTH = 500_000  # bytes; one kept answer of each update would be a hundred times that


class ToldSite(Site):
    """A wallboard whose stream tells what it is told to, as fast as it goes."""

    def __init__(self, kpis: dict[str, Any], leads: dict[str, Any]) -> None:
        self._kpis, self._leads = kpis, leads
        self._orders: asyncio.Queue[range] = asyncio.Queue()
        super().__init__(self._pages)
        self.come()

    def tell(self, updates: range) -> None:
        self.do(lambda: self._orders.put_nowait(updates))

    def _pages(self) -> web.Application:
        @web.middleware
        async def stream(request: web.Request, handler: Any) -> web.StreamResponse:
            if request.path != "/api/v1/stream":
                return await handler(request)  # type: ignore[no-any-return]
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            await response.write(self._update(0))
            while True:
                for number in await self._orders.get():
                    await response.write(self._update(number))

        app = pages_of(a_floor())
        app.middlewares.insert(0, stream)
        return app

    def _update(self, number: int) -> bytes:
        """Another value of each KPI, and other leads, one of a campaign whose name is longer than any is."""
        kpis = json.loads(json.dumps(self._kpis))
        for kpi in kpis["kpis"].values():
            if kpi["unit"] == "ratio":
                kpi.update(value=number % 1000 / 1000, numerator=number % 1000, denominator=1000)
        (lead,) = self._leads["leads"]
        leads = [{**lead, "lead": f"L{number + n}", "campaign": "x" * 10_000 if n == 1 else "Spring"} for n in range(5)]
        told = b"data: %b\n\n" % json.dumps(kpis).encode()
        if number % 5 == 0:
            told += b"event: leads\ndata: %b\n\n" % json.dumps({**self._leads, "leads": leads}).encode()
        return told


def used(wall: Wall) -> tuple[float, float]:
    """How many bytes of objects there are, and how many nodes, once all that can go is gone."""
    wall.cdp("HeapProfiler.collectGarbage")
    told = {one["name"]: one["value"] for one in wall.cdp("Performance.getMetrics")["metrics"]}
    return told["JSHeapUsedSize"], told["Nodes"]


@pytest.mark.timeout(900)
def test_ten_thousand_updates_leave_nothing_behind(floor_site: Callable[..., FloorSite], wall: Wall) -> None:
    source = floor_site()

    def ask(path: str) -> dict[str, Any]:
        with urllib.request.urlopen(source.url + path, timeout=20) as answer:  # noqa: S310  our own
            return dict(json.load(answer))

    site = ToldSite(ask("api/v1/kpis"), ask("api/v1/leads/waiting"))
    try:
        wall.cdp("Performance.enable")
        wall.open(site.url + "?rotate=0", (900, 700))  # no wall: all views are drawn, below each other
        site.tell(range(1, WARM_UP + 1))
        wall.until(lambda: wall.all(f'[data-lead="L{WARM_UP}"]'), WITHIN_S)
        before = used(wall)
        last = WARM_UP + UPDATES
        site.tell(range(WARM_UP + 1, last + 1))
        wall.until(lambda: wall.all(f'[data-lead="L{last}"]'), WITHIN_S)
        after = used(wall)
        assert after[0] - before[0] < MOST_GROWTH
        assert after[1] - before[1] < 200
        assert wall.js("return document.documentElement.scrollWidth <= innerWidth")
        assert wall.complaints() == []
    finally:
        site.close()
