"""A scripted day through Kafka, a worker and Prometheus: every recording rule has the number of the plain floor."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from grafana.rules import levels, parts, recording
from stream.clock import SystemClock
from stream.kpi.catalogue import CATALOGUE
from stream.simulate.play import history
from tests.prometheus.expecting import unlike
from tests.prometheus.plain import Plain
from tests.prometheus.stack import a_stack

if TYPE_CHECKING:
    from pathlib import Path

    from grafana.rules.levels import Level
    from stream.broker import Broker
    from tests.prometheus.stack import Stack

MOST_TRIES = 20
DAY = 86_400_000
pytestmark = [pytest.mark.kafka, pytest.mark.slow]


async def wrong(stack: Stack, plain: Plain, rule: str, level: Level, kpi: str) -> tuple[list[Any], int]:
    """List where `rule` says something else than the plain floor; and count where it says the same number."""
    (at,) = {value for _, value in await stack.query(f"timestamp({rule})")} or {time.time()}
    # A scrape has the time at which it began, and is there a little later: a rule may have read the one before it.
    read = await stack.prometheus.get("/api/v1/query", query="ringboard_clock_seconds[30s]", time=str(at))
    if not read["data"]["result"]:
        return [f"no scrape before {at}"], 0
    moments = [round(float(value) * 1000) for _, value in read["data"]["result"][0]["values"]][-2:]
    found = await stack.query(rule, at)
    off = unlike(found, plain, level, kpi, moments)
    return off, len(found)


async def agrees(stack: Stack, plain: Plain, rule: str, level: Level, kpi: str) -> int:
    """See that `rule` says what the plain floor does; a scrape that came too late on a busy machine is waited out."""
    off, samples = await wrong(stack, plain, rule, level, kpi)
    for _ in range(MOST_TRIES):
        if not off and samples:
            break
        await asyncio.sleep(1)
        off, samples = await wrong(stack, plain, rule, level, kpi)
    assert off == [], rule
    return samples


@pytest.mark.timeout(900)  # on a busy machine
async def test_every_recording_rule_has_the_number_of_the_plain_floor(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    now = SystemClock().now_ms()
    # Of the day alone no time to follow up would have run out.
    events = [event for seed, until in ((12, now - 4 * DAY), (11, now)) for _, event in history(seed, 1, until)]
    async with a_stack(broker, app_id, tmp_path) as stack:
        await stack.tell(events)
        await stack.settled()
        plain = Plain(events, partitions=stack.settings.partitions)
        names = {rule.name for rule in recording.rules()}
        compared, empty = 0, set()
        for kpi in CATALOGUE:
            for level in (*recording.levels_of(kpi), *levels.BY_REP):
                rule = recording.name_of(kpi.id, level)
                if rule in names:
                    names.remove(rule)
                    samples = await agrees(stack, plain, rule, level, kpi.id)
                    compared += samples
                    if not samples:
                        empty.add(kpi.id)
        assert empty == set()
        assert compared > 2000
        names -= {name for name, _ in parts.parts()}  # of which the boards' queries are made, and tried with them
        names -= {name for name in names if "day_hour:" in name}  # likewise
        assert {name.rpartition(":")[2] for name in names} == {"target", "bool"}
        assert await stack.query("floor:ringboard_complete:bool") == [
            ({"__name__": "floor:ringboard_complete:bool"}, 1)
        ]
