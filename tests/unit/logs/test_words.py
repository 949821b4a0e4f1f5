"""What is away is said in the same words by a log, by `ringboard check` and by an alert."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from grafana.rules.alerts import ALERTS
from stream.check.alertmanager import check_alertmanager
from stream.check.connect import check_connect
from stream.check.gateway import check_gateway
from stream.check.kafka import check_kafka
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.logs.trouble import Trouble
from stream.logs.words import ALERTMANAGER, BROKER, is_away
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from stream.finding import Finding
    from stream.settings.model import Settings

SUMMARIES = {one.name: one.summary for one in ALERTS}
NOWHERE = "127.0.0.1:1"


def logged(what: str, caplog: pytest.LogCaptureFixture) -> str:
    Trouble(what, logging.getLogger("stream")).begins("nothing answers")
    return caplog.messages[-1]


async def checked(settings: Settings, path: str, answer: dict[str, Any]) -> list[Finding]:
    """Return what is found while something answers so at `path` of the ports of a gateway and a live source."""
    app = web.Application()

    async def said(_: web.Request) -> web.Response:
        return web.json_response(answer, status=503)

    app.router.add_get(path, said)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", settings.gateway_port).start()
        return [*await check_gateway(settings), *await check_connect(settings)]
    finally:
        await runner.cleanup()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    port = free_port()
    return load_settings(
        data_dir=tmp_path, broker=NOWHERE, alertmanager=f"http://{NOWHERE}", gateway_port=port, connect_port=port
    )


async def test_the_broker_is_away(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    words = is_away(BROKER)
    (of_kafka,) = await check_kafka(settings, SystemClock())
    of_gateway, *_ = await checked(settings, "/readyz", {"gateway": True, "ready": False})
    health = {"source": "a-source", "connected": True, "broker": False, "unsent": 3}
    of_connect = (await checked(settings, "/healthz", health))[-1]
    for finding in (of_kafka, of_gateway, of_connect):
        assert finding.state == "fail"
        assert words in finding.message
    assert (
        f"{of_connect.message}; {of_connect.todo}" == "the broker is away; 3 events wait for it; see the broker above"
    )
    assert logged(BROKER, caplog).startswith(words)
    assert SUMMARIES["RingboardBrokerAway"].lower().startswith(words)


async def test_a_source_is_away(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    health = {"source": "a-source", "connected": False, "why": "the login was refused", "broker": True}
    finding = (await checked(settings, "/healthz", health))[-1]
    assert (finding.state, finding.message) == ("fail", "a-source is away: the login was refused")
    assert logged("a-source", caplog).startswith(is_away("a-source"))
    assert SUMMARIES["RingboardSourceAway"].startswith(is_away("{{ $labels.source }}"))


async def test_alertmanager_is_away(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    (finding,) = await check_alertmanager(settings)
    assert finding.state == "fail"
    assert finding.message.startswith(f"Alertmanager is away: http://{NOWHERE} does not answer")
    assert logged(ALERTMANAGER, caplog).startswith(is_away(ALERTMANAGER))
    assert SUMMARIES["RingboardLeadAlertsFailing"].startswith(is_away(ALERTMANAGER))


async def test_a_source_that_is_connected_and_has_its_broker_is_well(settings: Settings) -> None:
    finding = (await checked(settings, "/healthz", {"source": "a-source", "connected": True, "broker": True}))[-1]
    assert (finding.what, finding.state) == ("connect, a-source", "ok")


def test_where_there_is_neither_source_nor_alertmanager_nothing_is_said(tmp_path: Path) -> None:
    nothing = load_settings(data_dir=tmp_path, connect_port=0)
    assert asyncio.run(check_connect(nothing)) == []
    assert asyncio.run(check_alertmanager(nothing)) == []
