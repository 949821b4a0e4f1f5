"""A Prometheus that comes back after an hour: what has to last begins anew, and no alert is false."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp.test_utils import TestServer

from stream.clock import FixedClock, SystemClock
from tests.engine_in_memory import pages_of
from tests.floor_in_memory import FloorInMemory
from tests.kafka.worker_process import DEADLINE_S
from tests.prometheus.minutes import noon_somewhere
from tests.prometheus.past import HOUR, MINUTE, Past, a_scrape
from tests.prometheus.stack import start_prometheus

if TYPE_CHECKING:
    from pathlib import Path

    from tests.prometheus.stack import Server

SLOW = "RingboardResponseBurnSlow"  # told after an hour
KPI = "lead_response_within_1h_attempt_business"
ALWAYS_OPEN = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
ROUNDS = 2
CAMPAIGNS = ("Spring", "Autumn")


class Running(FixedClock):
    """The machine's clock, where a floor in memory is seen by a real Prometheus."""

    def now_ms(self) -> int:
        return SystemClock().now_ms()


def a_floor() -> FloorInMemory:
    """Give a quiet floor on which twelve leads of each of two campaigns have waited for three hours."""
    now = SystemClock().now_ms()
    settings = {
        "timezone": noon_somewhere(now),
        "opening_hours": ALWAYS_OPEN,
        "holidays_country": "none",
        "targets": {KPI: 0.9},
    }
    floor = FloorInMemory(clock=Running(now), settings=settings)
    return floor.feed(
        {
            "id": f"{campaign}-{number}",
            "type": "lead.requested",
            "at": now - 3 * HOUR,
            "lead": f"{campaign}-{number}",
            "campaign": campaign,
        }
        for campaign in CAMPAIGNS
        for number in range(12)
    )


def known_before(data: Path) -> None:
    """Have known until an hour ago that one alert had been pending for 20 minutes, and that another was told of."""
    past, stopped = Past(), SystemClock().now_ms() - HOUR - MINUTE
    labels = (("alertname", SLOW), ("kpi", KPI), ("severity", "warning"), ("area", "leads"))
    for at in range(stopped - 3 * MINUTE, stopped + 1, MINUTE):
        for campaign, begun in (("Spring", stopped - 20 * MINUTE), ("Autumn", stopped - 2 * HOUR)):
            past.keep(a_scrape({("ALERTS_FOR_STATE", (*labels, ("campaign", campaign))): begun // 1000}), at)
    past.write(data)


async def alerts_of(server: Server, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Wait until these alerts are there, and then for some rounds more; and give all that there are."""
    async with asyncio.timeout(DEADLINE_S):
        while not wanted <= (await alerts_now(server)).keys():  # noqa: ASYNC110  Prometheus tells no one
            await asyncio.sleep(0.2)
        then = await rounds(server)
        while await rounds(server) < then + ROUNDS:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return await alerts_now(server)


async def alerts_now(server: Server) -> dict[tuple[str, str], dict[str, Any]]:
    alerts = (await server.get("/api/v1/alerts"))["data"]["alerts"]
    return {
        (one["labels"]["alertname"], one["labels"].get("campaign", "")): one
        for one in alerts
        if one["labels"].get("kpi") in (None, KPI)
    }


async def rounds(server: Server) -> int:
    told = await server.get("/api/v1/query", query="count_over_time(floor:ringboard_complete:bool[1h])")
    return sum(int(one["value"][1]) for one in told["data"]["result"])


async def test_after_an_hour_away_alerts_begin_anew_and_none_is_false(tmp_path: Path) -> None:
    data, began = tmp_path / "prometheus", time.time()
    at_once = {
        (f"RingboardLeads{stage}", campaign) for stage in ("DueSoon", "Overdue", "Escalated") for campaign in CAMPAIGNS
    }
    held = {(name, campaign) for name in (SLOW, "RingboardResponseBurnFast") for campaign in CAMPAIGNS}
    known_before(data)
    async with TestServer(pages_of(a_floor())) as page:
        assert page.port is not None
        server = await start_prometheus(tmp_path, [page.port], data=data, every="1s")
        try:
            found = await alerts_of(server, at_once | held)
        finally:
            await server.stop()
    assert found.keys() == at_once | held  # and nothing else
    assert {found[one]["state"] for one in at_once} == {"firing"}
    assert {found[one]["state"] for one in held} == {"pending"}
    assert min(datetime.fromisoformat(found[one]["activeAt"]).timestamp() for one in held) >= began
