"""Alertmanager was gone for an hour: who waits then is told once, who was called is ended, and the pages never mind."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import tracemalloc
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from agents.lead_alerts import LeadAlerts
from agents.pages import add_pages
from agents.peers.lead_view import LeadView
from stream.alerts.alertmanager import Alertmanager, OpenAlert
from stream.alerts.reconcile import ENDS_BY_ITSELF_AFTER
from stream.alerts.wording import rfc3339
from stream.errors import RingboardError
from tests.engine_in_memory import EngineInMemory
from tests.prometheus.stack import start_alertmanager
from tests.prometheus.test_lead_alerts import HOUR, NASTY, a_floor, alerts_of, asking, call
from tests.prometheus.webhook import a_webhook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from stream.alerts.wording import Labels
    from tests.floor_in_memory import FloorInMemory
    from tests.prometheus.webhook import Webhook

LOOKS_EVERY = 10_000
OVERDUE, ESCALATED = "RingboardLeadOverdue", "RingboardLeadEscalated"
PAGES = ("/", "/api/v1/kpis?window=today", "/api/v1/leads/waiting")
GROWTH = 65_536


class Behind(Alertmanager):
    """The real Alertmanager, whose clock is `ms` behind the worker's: as after an hour, without waiting for one."""

    def __init__(self, url: str, session: aiohttp.ClientSession, ms: int) -> None:
        super().__init__(url, session)
        self._ms = ms

    async def open_alerts(self, floor: str) -> dict[Labels, OpenAlert]:
        held = await super().open_alerts(floor)
        return {labels: OpenAlert(one.ends_at + self._ms, one.annotations) for labels, one in held.items()}

    async def post(self, alerts: Sequence[dict[str, Any]]) -> None:
        await super().post([{**alert, **self._moved(alert)} for alert in alerts])

    def _moved(self, alert: dict[str, Any]) -> dict[str, str]:
        return {name: rfc3339(ms_of(alert[name]) - self._ms) for name in ("startsAt", "endsAt") if name in alert}


def ms_of(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


@asynccontextmanager
async def behind(floor: FloorInMemory, ms: int) -> AsyncIterator[Alertmanager]:
    async with aiohttp.ClientSession() as session:
        yield Behind(str(floor.settings.alertmanager), session, ms)


def request(floor: FloorInMemory, lead: str, waited: int) -> None:
    at = floor.clock.now_ms() - waited
    owner = {"campaign": NASTY, "rep": "ada", "team": "north"}
    floor.feed([{"id": f"r-{lead}", "type": "lead.requested", "at": at, "lead": lead, **owner}])


def stages(hook: Webhook, lead: str) -> list[tuple[str, str]]:
    """Return what was sent of a lead; once what Alertmanager had no time to note as sent, and sent again."""
    return [one for one, _ in itertools.groupby(hook.sent(lead))]


async def test_after_an_hour_who_still_waits_is_told_once_and_who_was_called_meanwhile_is_ended(tmp_path: Path) -> None:
    right = {f"L{n}": [(OVERDUE, "firing"), (ESCALATED, "firing")] for n in range(10)}
    right |= {"L3": [(OVERDUE, "firing"), (OVERDUE, "resolved")], "late": [(OVERDUE, "firing")]}
    async with a_webhook() as hook:
        server = await start_alertmanager(tmp_path, hook.config)
        floor = a_floor(server.port)
        request(floor, "late", HOUR // 2)  # overdue within the hour
        request(floor, "called", HOUR // 2)
        alerts = alerts_of(floor)
        async with asking(floor) as before:
            await alerts.post_round(before)
            await hook.until(lambda: len(hook.alerts) >= 10)
            await server.end()  # in order, so that it remembers whom it has told
            tracemalloc.start()
            used = [0, 0]
            for nth in range(HOUR // LOOKS_EVERY):
                floor.clock.advance(LOOKS_EVERY)
                if nth == 100:
                    call(floor, "L3")
                    call(floor, "called")
                    gc.collect()
                    used[0] = tracemalloc.get_traced_memory()[0]
                with pytest.raises(RingboardError, match="does not answer"):
                    await alerts.post_round(before)
            gc.collect()
            used[1] = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
        assert used[1] - used[0] < GROWTH
        assert alerts.stats.posted == {"overdue": 10}
        server = await start_alertmanager(tmp_path, hook.config, server.port)
        try:
            async with behind(floor, HOUR) as after:
                await alerts.post_round(after)
                await hook.until(lambda: {lead: stages(hook, lead) for lead in right} == right)
                for _ in range(5):
                    floor.clock.advance(3_000)
                    await alerts.post_round(after)
                assert len(await after.open_alerts("ringboard")) == 10 + 9
        finally:
            await server.stop()
        assert {lead: stages(hook, lead) for lead in right} == right
        assert hook.sent("called") == []
        assert alerts.stats.posted == {"overdue": 10 + 10, "escalated": 9, "ended": 1}


async def test_who_waits_is_told_again_where_alertmanager_went_on_without_its_workers(tmp_path: Path) -> None:
    async with a_webhook() as hook:
        config = hook.config.replace("group_interval: 10s", "group_interval: 1s")
        server = await start_alertmanager(tmp_path, config)
        floor = a_floor(server.port)
        alerts = alerts_of(floor)
        try:
            # What is told now ends by itself in four seconds, as it does five minutes after the last that it heard.
            async with behind(floor, ENDS_BY_ITSELF_AFTER - 4_000) as cut_off:
                await alerts.post_round(cut_off)
            await hook.until(lambda: len(hook.alerts) >= 20)
            async with asking(floor) as again:
                await alerts.post_round(again)
            await hook.until(lambda: len(hook.alerts) >= 30)
        finally:
            await server.stop()
        assert [state for _, state in hook.sent("L7")] == ["firing", "resolved", "firing"]


@asynccontextmanager
async def a_server_that_never_answers() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """Listen, take what comes, and say nothing; tell when somebody waits."""
    asked = asyncio.Event()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        try:
            await reader.read()
        finally:
            writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


async def told(floor: FloorInMemory, alertmanager: int | None = None, asked: asyncio.Event | None = None) -> list[str]:
    """Give what the pages say with such an Alertmanager, once it has been asked."""
    app = web.Application()
    url = None if alertmanager is None else f"http://127.0.0.1:{alertmanager}"
    settings = floor.settings.model_copy(update={"alertmanager": url})
    engine = EngineInMemory(floor)
    alerts = LeadAlerts(settings, floor.floor.rules, LeadView(engine), floor.clock)
    app.cleanup_ctx.append(alerts.serve)
    add_pages(app, settings, engine, floor.clock, floor=floor.floor, lead_alerts=alerts.stats)
    async with TestClient(TestServer(app)) as client:
        if asked is not None:
            await asked.wait()
        answers = [await client.get(path) for path in PAGES]
        assert [answer.status for answer in answers] == [200] * len(PAGES)
        return [await answer.text() for answer in answers]


async def test_the_wallboard_and_the_api_say_the_same_without_it_and_while_it_does_not_answer() -> None:
    async with a_server_that_never_answers() as (port, asked):
        floor = a_floor(port)
        alone = await told(floor)
        assert len(json.loads(alone[-1])["leads"]) == 10
        assert await told(floor, port, asked) == alone
        assert await told(floor, unused_port()) == alone
