"""A worker and a real Alertmanager: who waits is told once, and told again after Alertmanager was away."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from agents.lead_alerts import LeadAlerts
from agents.peers.lead_view import LeadView
from stream.alerts.alertmanager import Alertmanager
from stream.clock import FixedClock, SystemClock
from stream.errors import RingboardError
from tests.engine_in_memory import EngineInMemory
from tests.floor_in_memory import FloorInMemory
from tests.prometheus.stack import start_alertmanager
from tests.prometheus.webhook import a_webhook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NASTY = 'Été "}{<script> 🌞'
HOUR = 3_600_000


def a_floor(port: int, **settings: Any) -> FloorInMemory:
    """Give a floor of three partitions at which ten leads have waited for 61 minutes."""
    now = SystemClock().now_ms()
    of_alerts = {"alertmanager": f"http://127.0.0.1:{port}", "lead_warn_share": 1, "lead_limit_clock": "wall"}
    floor = FloorInMemory(clock=FixedClock(now), settings={**of_alerts, **settings})
    return floor.feed(
        {
            "id": f"r{number}",
            "type": "lead.requested",
            "at": now - HOUR - 60_000,
            "lead": f"L{number}",
            "campaign": NASTY,
            "rep": "ada",
            "team": "north",
        }
        for number in range(10)
    )


def call(floor: FloorInMemory, lead: str) -> None:
    now = floor.clock.now_ms()
    floor.feed(
        [
            {
                "id": f"c-{lead}",
                "type": "call.ended",
                "at": now,
                "call": f"C-{lead}",
                "lead": lead,
                "direction": "outbound",
                "placed_at": now,
                "talk_s": 0,
            }
        ]
    )


def alerts_of(floor: FloorInMemory, engine: EngineInMemory | None = None) -> LeadAlerts:
    view = LeadView(engine or EngineInMemory(floor))
    return LeadAlerts(floor.settings, floor.floor.rules, view, floor.clock)


@asynccontextmanager
async def asking(floor: FloorInMemory) -> AsyncIterator[Alertmanager]:
    async with aiohttp.ClientSession() as session:
        yield Alertmanager(str(floor.settings.alertmanager), session)


async def test_each_late_lead_is_told_once_by_any_worker_and_resolved_when_called(tmp_path: Path) -> None:
    async with a_webhook() as hook:
        server = await start_alertmanager(tmp_path, hook.config)
        floor = a_floor(server.port, crm_url="https://crm.example.org/{lead}")
        everything = sorted(floor.states)
        one, two = (EngineInMemory(floor, set(part)) for part in (everything[::2], everything[1::2]))
        before, beside, after = alerts_of(floor, one), alerts_of(floor, two), alerts_of(floor)
        try:
            async with asking(floor) as alertmanager:
                await before.post_round(alertmanager)
                told_by_one = before.stats.posted["overdue"]
                await beside.post_round(alertmanager)
                assert told_by_one + beside.stats.posted["overdue"] == 10
                assert 0 < told_by_one < 10
                await before.post_round(alertmanager)
                await after.post_round(alertmanager)  # another worker has taken all over, and knows nothing
                await hook.until(lambda: len(hook.alerts) >= 10)
                assert after.stats.posted.total() == 0
                call(floor, "L3")
                await after.post_round(alertmanager)
                await hook.until(lambda: hook.sent("L3")[1:])
                assert hook.sent("L3") == [("RingboardLeadOverdue", "firing"), ("RingboardLeadOverdue", "resolved")]
                assert all(hook.sent(f"L{n}") == [("RingboardLeadOverdue", "firing")] for n in range(10) if n != 3)
                assert len(await alertmanager.open_alerts("ringboard")) == 9
                assert await alertmanager.open_alerts("another-floor") == {}
        finally:
            await server.stop()
        (told,) = [one for one in hook.alerts if one["labels"]["lead"] == "L3" and one["status"] == "firing"]
        assert told["labels"]["campaign"] == NASTY
        assert told["annotations"]["rep"] == "ada"
        assert told["annotations"]["crm_url"] == told["generatorURL"] == "https://crm.example.org/L3"


async def test_after_alertmanager_was_away_who_waits_is_told_and_who_was_called_is_resolved(tmp_path: Path) -> None:
    async with a_webhook() as hook:
        server = await start_alertmanager(tmp_path, hook.config)
        floor = a_floor(server.port)
        alerts = alerts_of(floor)
        async with asking(floor) as alertmanager:
            await alerts.post_round(alertmanager)
            await hook.until(lambda: len(hook.alerts) >= 10)
            await server.end()  # in order, so that it remembers whom it has told
            with pytest.raises(RingboardError, match=r"^alertmanager: http\S+ does not answer \(\w+\)$"):
                await alerts.post_round(alertmanager)
            call(floor, "L3")
            again = await start_alertmanager(tmp_path, hook.config, server.port)
            try:
                await alerts.post_round(alertmanager)
                await hook.until(lambda: hook.sent("L3")[1:])
                assert hook.sent("L3")[-1] == ("RingboardLeadOverdue", "resolved")
                assert len(await alertmanager.open_alerts("ringboard")) == 9
                assert hook.sent("L4") == [("RingboardLeadOverdue", "firing")]
            finally:
                await again.stop()


async def test_a_worker_goes_on_without_alertmanager_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    floor = a_floor(unused_port())
    alerts = alerts_of(floor)
    caplog.set_level(logging.INFO, "agents.lead_alerts")
    async with asking(floor) as alertmanager:
        for _ in range(3):
            try:
                await alerts.post_round(alertmanager)
            except RingboardError as error:
                alerts._say_away(error)
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("Alertmanager is away: http://127.0.0.1:")
    assert "does not answer" in caplog.messages[0]
    assert not any(f"L{number}" in caplog.text for number in range(10))


async def test_nothing_is_told_of_a_partition_that_has_not_caught_up(tmp_path: Path) -> None:
    async with a_webhook() as hook:
        server = await start_alertmanager(tmp_path, hook.config)
        floor = a_floor(server.port)
        engine = EngineInMemory(floor)
        engine.more_at_the_broker = 5
        alerts = alerts_of(floor, engine)
        try:
            async with asking(floor) as alertmanager:
                await alerts.post_round(alertmanager)
                assert alerts.stats.posted.total() == 0
                engine.more_at_the_broker = 0
                await alerts.post_round(alertmanager)
                assert alerts.stats.posted["overdue"] == 10
                engine.more_at_the_broker = 100_000  # far behind: who knows who was called
                floor.clock.advance(HOUR)
                await alerts.post_round(alertmanager)
                assert alerts.stats.posted["escalated"] == 0
                assert alerts.stats.posted["overdue"] == 20  # what is open lasts
        finally:
            await server.stop()


async def test_more_alerts_than_are_allowed_are_counted(tmp_path: Path) -> None:
    async with a_webhook() as hook:
        server = await start_alertmanager(tmp_path, hook.config)
        floor = a_floor(server.port, lead_alerts_at_most=4)
        alerts = alerts_of(floor)
        try:
            async with asking(floor) as alertmanager:
                await alerts.post_round(alertmanager)
                assert (alerts.stats.posted.total(), alerts.stats.left_out) == (4, 6)
                await alerts.post_round(alertmanager)
                assert alerts.stats.posted.total() == 4
        finally:
            await server.stop()
