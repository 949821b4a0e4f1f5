"""Leads that are merged, withdrawn and revised, by replay and gateway to real workers: the KPIs are the reference's."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest

from stream.clock import SystemClock
from stream.configuration import load_settings
from tests.kafka.faults.floor import AS_SET, FLOOR, moved
from tests.kafka.test_gateway import gateway, post
from tests.kafka.worker_process import KEY, WorkerProcess
from tests.ports import free_port
from tests.reference.config import DAY, HOUR, MINUTE
from tests.reference.histories import random_history
from tests.reference.kpis import WINDOWS, Reading, same

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings
    from tests.reference.happenings import Event

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
FILTERS: tuple[Mapping[str, str], ...] = ({}, {"campaign": "solar"}, {"team": "north"}, {"rep": "ana"})
A_PROGRAM = "from stream.cli import main; main()"


def environment(settings: Settings) -> dict[str, str]:
    names = {"broker": settings.broker, "app_id": settings.app_id, "data_dir": str(settings.data_dir)}
    given = {**names, "pseudonym_key": KEY, "partitions": str(settings.partitions), **AS_SET}
    return {f"RINGBOARD_{name.upper()}": value for name, value in given.items()}


async def replay(settings: Settings, events: Sequence[Event], file: Path) -> None:
    file.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))  # noqa: ASYNC240  it is small
    own = {name: value for name, value in os.environ.items() if not name.startswith("RINGBOARD_")}
    command = [sys.executable, "-c", A_PROGRAM, "replay", "--as-recorded", str(file)]
    process = await asyncio.create_subprocess_exec(*command, env=own | environment(settings))
    assert await process.wait() == 0


async def worker(settings: Settings, stack: AsyncExitStack) -> WorkerProcess:
    port = free_port()
    log = settings.data_dir / f"worker-{port}.log"
    command = [sys.executable, "-c", A_PROGRAM, "worker"]
    one = await WorkerProcess.start(command, port, log, environment(settings))
    stack.push_async_callback(one.end)
    return one


async def held_to_the_reference(one: WorkerProcess, told: Sequence[Event]) -> int:
    """See that each KPI of each window, under some filters, is what the reference reads; return how many were."""
    compared = 0
    for window in WINDOWS:
        for by in FILTERS:
            query = "&".join(f"{name}={value}" for name, value in {"window": window, **by}.items())
            path = f"/api/v1/kpis?{query}"
            answer = await one.wait_for(path, lambda told: told.get("complete") and told["behind"] == 0)
            as_of = round(datetime.fromisoformat(answer["as_of"]).timestamp() * 1000)
            for kpi, parts in Reading(told, as_of=as_of, config=FLOOR).kpis(window, **by).items():
                for part, value in parts.items():
                    assert same(answer["kpis"][kpi].get(part), value), (kpi, part, window, by)
                    compared += value is not None
    return compared


def revised(event: Event, revision: int, **fields: Any) -> Event:
    return {**event, **fields, "revision": revision}


async def test_kpis_after_merges_withdrawals_and_revisions_are_the_references(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    settings = load_settings(
        broker=broker.bootstrap, app_id=app_id, data_dir=str(tmp_path), pseudonym_key=KEY, gateway_port=free_port()
    )
    now = SystemClock().now_ms()
    history = random_history(1500, 240)
    told = moved([event for event in history.events if event["at"] <= history.as_of], now - history.as_of - MINUTE)
    kinds = [event["type"] for event in told]
    assert min(kinds.count(kind) for kind in ("lead.merged", "lead.withdrawn", "lead.won", "call.ended")) > 0

    def of(kind: str, ago: int, **fields: Any) -> Event:
        return {"id": f"{kind}-{ago}", "type": kind, "at": now - ago, **fields}

    def call(ago: int, **fields: Any) -> Event:
        ended = {"direction": "outbound", "placed_at": now - ago, "answered_at": now - ago, "talk_s": 60, "rep": "ana"}
        return of("call.ended", ago, call=f"c{ago}", **ended, **fields)

    number = "+33639980077"
    before = [
        of("lead.requested", 5 * DAY, lead="A", campaign="solar", number=number, rep="ana", team="north"),
        of("lead.requested", 4 * DAY, lead="B", campaign="roof"),
        of("lead.requested", 3 * HOUR, lead="C", campaign="roof"),
        of("lead.requested", 2 * HOUR, lead="D", campaign="solar"),
        *(call(4 * DAY + n * HOUR, number=number) for n in (1, 2, 30)),
        call(3 * DAY + MINUTE, lead="B"),
        call(90 * MINUTE, lead="C"),
        of("lead.qualified", 2 * HOUR + 1, lead="B", rep="bob"),
        of("lead.won", HOUR, lead="C", rep="bob"),
        of("customer.at_risk", 2 * DAY, customer="K", campaign="solar", rep="ana"),
    ]
    after = [
        of("lead.merged", MINUTE, lead="A", into="B"),  # and B into C: a chain, the later link of it first
        of("lead.merged", 2 * MINUTE, lead="B", into="C"),
        of("lead.withdrawn", 3 * MINUTE, lead="D"),
        revised(before[8], 1, rep="ana"),
        revised(before[4], 2, talk_s=5, disposition="refused"),
        revised(before[4], 1, talk_s=0),  # the lesser one comes later, and is void
        revised(before[9], 1, campaign="roof"),
        of("customer.lost", 4 * MINUTE, customer="K"),
    ]
    async with AsyncExitStack() as stack:
        await replay(settings, [*told, *before[:5]], tmp_path / "told.ndjson")
        await stack.enter_async_context(gateway(settings, environment(settings)))
        one = await worker(settings, stack)
        web = await stack.enter_async_context(aiohttp.ClientSession())
        assert await post(web, settings, *before[5:]) == 200
        everything = [*told, *before]
        assert await held_to_the_reference(one, everything) > 1000
        two = await worker(settings, stack)
        for event in after:  # each by itself, so that the order is this one
            assert await post(web, settings, event) == 200
        await replay(settings, [*before[2:6], *after[2:4]], tmp_path / "again.ndjson")  # and some of it once more
        everything += after
        for each in (one, two):
            assert await held_to_the_reference(each, everything) > 1000
