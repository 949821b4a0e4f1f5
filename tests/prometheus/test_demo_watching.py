"""`ringboard demo --with-prometheus`: the machine's own Prometheus records our rules on the demo's pages."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from stream.demo import monitoring as module
from stream.demo.monitoring import MISSING, Monitoring, find, free_port
from tests.engine_in_memory import pages_of
from tests.prometheus.tools import CURRENT
from tests.unit.agents.pages.conftest import a_floor

if TYPE_CHECKING:
    from pathlib import Path

WITHIN_S = 60.0
NO_TEMPLATES = (
    'ts=2026-11-29T17:41:05.383Z caller=coordinator.go:132 component=configuration msg="one or more config change '
    'subscribers failed to apply new config" file=alertmanager.yml err="failed to parse templates: '
    'open /usr/share/prometheus/alertmanager/default.tmpl: no such file or directory"'
)
CONTACT_RATE = 'floor_window:ringboard_contact_rate:ratio{window="today"}'


async def asked(url: str, query: str) -> list[dict[str, Any]]:
    """Ask Prometheus until it has an answer."""
    async with asyncio.timeout(WITHIN_S), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{url}/api/v1/query", params={"query": query}) as answer:
                    told = await answer.json() if answer.ok else {"data": {"result": []}}
                    if told["data"]["result"]:
                        return list(told["data"]["result"])
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def told_by(url: str, path: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.get(url + path) as answer:
        return dict((await answer.json())["data"])


@pytest.mark.parametrize("token", [None, "a-token-of-the-tests"])
async def test_prometheus_records_our_rules_on_the_pages_of_the_demo(
    token: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find("prometheus") is None:
        pytest.skip("prometheus is not installed: make prometheus")
    monkeypatch.setattr(module, "EVERY", "1s")
    monkeypatch.setattr(module, "PROMETHEUS_PORT", 0)
    monkeypatch.setattr(module, "ALERTMANAGER_PORT", 0)
    said: list[str] = []
    server = TestServer(pages_of(floor := a_floor(api_token=token)))
    await server.start_server()
    monitoring = Monitoring(
        tmp_path / "monitoring", floor.settings.model_copy(update={"web_port": server.port}), said.append
    )
    try:
        monitoring.start()
        url = monitoring.urls["Prometheus"]
        (found,) = await asked(url, CONTACT_RATE)
        assert found["value"][1] == "0.5"
        assert [line for line in said if line == f"Prometheus: {url} with Ringboard's rules"]
        groups = await told_by(url, "/api/v1/rules")
        names = {rule["name"] for group in groups["groups"] for rule in group["rules"]}
        assert {"floor_window:ringboard_contact_rate:ratio", "RingboardWorkersDown"} <= names
        if find("prometheus-alertmanager") is not None:
            there = monitoring.urls["Alertmanager"]
            assert monitoring.settings == {"RINGBOARD_ALERTMANAGER": there}
            active = (await told_by(url, "/api/v1/alertmanagers"))["activeAlertmanagers"]
            assert [one["url"] for one in active] == [f"{there}/api/v2/alerts"]
        assert (tmp_path / "monitoring/prometheus.yml").stat().st_mode & 0o077 == 0
        monitoring.check()
        assert not any("ended" in line for line in said)
    finally:
        monitoring.stop()
        await server.close()


async def test_one_that_ends_by_itself_is_said_once_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find("prometheus") is None:
        pytest.skip("prometheus is not installed: make prometheus")
    monkeypatch.setattr(module, "EVERY", "never")
    monkeypatch.setattr(module, "PROMETHEUS_PORT", 0)
    said: list[str] = []
    monitoring = Monitoring(tmp_path, a_floor().settings, said.append, generated=tmp_path)
    try:
        monitoring.start()
        async with asyncio.timeout(WITHIN_S):
            while not any("ended" in line for line in said):
                monitoring.check()
                await asyncio.sleep(0.05)
        monitoring.check()
        told = [line for line in said if line.startswith("Prometheus ended, ")]
        assert len(told) == 1
        assert "Error loading config" in told[0]
        assert "without rules" in said[0]
    finally:
        monitoring.stop()


@pytest.mark.skipif(CURRENT is not None, reason="it is about Debian's")
async def test_an_alertmanager_without_its_templates_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Debian's says where it was unpacked and not installed, as it says it."""
    program = tmp_path / "prometheus-alertmanager"
    program.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{NO_TEMPLATES}\nEND\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setattr(module, "find", lambda _: str(program))
    said: list[str] = []
    monitoring = Monitoring(tmp_path / "watching", a_floor().settings, said.append)
    try:
        monitoring.start()
        async with asyncio.timeout(WITHIN_S):
            while not any(line.startswith("Alertmanager ended") for line in said):
                monitoring.check()
                await asyncio.sleep(0.05)
    finally:
        monitoring.stop()
    (line,) = [line for line in said if line.startswith("Alertmanager ended, and the demo goes on without: ")]
    assert "\n" not in line
    assert ': msg="one or more config change' in line
    assert line.endswith(module.TEMPLATES_MISSING)


def test_a_machine_without_prometheus_is_told_so_and_the_demo_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find", lambda _: None)
    said: list[str] = []
    monitoring = Monitoring(tmp_path / "monitoring", a_floor().settings, said.append)
    monitoring.start()
    monitoring.stop()
    assert said == [MISSING]
    assert not (tmp_path / "monitoring").exists()


def test_a_port_that_somebody_has_is_left_to_them() -> None:
    first = free_port(0)
    assert free_port(first) == first
    import socket  # noqa: PLC0415

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", first))
        holder.listen()
        assert free_port(first) != first


def test_what_prometheus_is_told_has_our_rules_by_name() -> None:
    config = Monitoring(module.GENERATED, a_floor().settings, print)._config(["recording.yml"])
    assert json.loads(json.dumps(config))["rule_files"] == ["recording.yml"]
    assert config["scrape_configs"][0]["static_configs"] == [{"targets": ["127.0.0.1:6066"]}]
