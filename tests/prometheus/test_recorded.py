"""A scripted day through Kafka, a worker and Prometheus: every recording rule has the number of the plain floor."""

from __future__ import annotations

import asyncio
import math
import time
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from agents.pages import metric_defs as d
from grafana.rules import levels, recording
from stream.clock import FixedClock, SystemClock
from stream.kpi import measures as m
from stream.kpi.catalogue import BY_ID, CATALOGUE, Count
from stream.kpi.money import spent_within
from stream.kpi.reading import Filters, Reading
from stream.kpi.slices import add_up
from stream.kpi.windows import WINDOWS, span_of
from stream.money import exponents
from stream.simulate.play import history
from tests.floor_in_memory import FloorInMemory
from tests.prometheus.stack import a_stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grafana.rules.levels import Level
    from stream.broker import Broker
    from tests.prometheus.stack import Stack

MOST_TRIES = 20
pytestmark = [pytest.mark.kafka, pytest.mark.slow]


class Plain:
    """The same floor, folded without a broker, and read at any moment."""

    def __init__(self, stack: Stack, events: list[dict[str, Any]]) -> None:
        clock = FixedClock(SystemClock().now_ms())
        self.floor = FloorInMemory(clock=clock, partitions=stack.settings.partitions).feed(events)
        self.zone = self.floor.settings.zone
        self.values = {
            name: sorted({event[name] for event in events if event.get(name)})
            for name in ("campaign", "team", "rep", "queue", "channel", "currency")
        }
        self.snapshot = cache(self.floor.snapshot)
        self.kpis = cache(self._kpis)
        self.of_queue = cache(self._of_queue)

    def _kpis(self, as_of: int, window: str, filters: Filters) -> dict[str, Any]:
        shot = self.snapshot(as_of)
        return shot.reading(window, filters, self.zone, exponents().__getitem__).all()

    def _of_queue(self, as_of: int, window: str, queue: str) -> dict[str, Any]:
        """Read the service KPIs of one queue, which the API does not tell apart."""
        cell: dict[int | str, int] = {}
        for code, amount in add_up(cell for _, cell in self.snapshot(as_of).sums[window]).items():
            if type(code) is str and m.detail_of(code)[1] == queue:
                cell[m.detail_of(code)[0]] = amount
        return Reading(cell, None, exponents().__getitem__).all()

    def of_channel(self, as_of: int, labels: dict[str, str]) -> float | None:
        """Give the cost per lead of a channel, which the API does not tell apart either."""
        shot, campaign, currency = self.snapshot(as_of), labels.get("campaign"), labels["currency"]
        span = span_of(labels["window"], as_of, self.zone)
        spent = sum(
            spent_within(one, span)
            for one in shot.spends
            if (one.currency, one.channel) == (currency, labels["channel"]) and campaign in (None, one.campaign)
        )
        wanted = m.detailed(m.REQUESTED, labels["channel"])
        leads = sum(cell.get(wanted, 0) for owner, cell in shot.sums[labels["window"]] if campaign in (None, owner[0]))
        return spent / 10 ** exponents()[currency] / leads if spent and leads else None

    def expected(self, kpi: str, labels: dict[str, str], as_of: int) -> float | None:
        """Give the number that a sample of `kpi` with `labels` must have; None where there must be none."""
        if "channel" in labels:
            return self.of_channel(as_of, labels)
        if "queue" in labels:
            answer = self.of_queue(as_of, labels["window"], labels["queue"])[kpi]
        else:
            filters = Filters(labels.get("campaign"), labels.get("team"), labels.get("rep"))
            answer = self.kpis(as_of, labels["window"], filters)[kpi]
        return None if answer["value"] is None else float(answer["value"])

    def places(self, level: Level) -> Iterator[dict[str, str]]:
        """Yield all label values that samples of `level` may have here."""
        values = {**self.values, "window": d.REP_WINDOWS if "rep" in level.labels else WINDOWS}
        for chosen in product(*(values[label] for label in level.labels)):
            yield dict(zip(level.labels, chosen, strict=True))


def labelled(sample: dict[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in sample.items() if name != "__name__")


async def wrong(stack: Stack, plain: Plain, rule: str, level: Level, kpi: str) -> tuple[list[Any], int]:
    """List where `rule` says something else than the plain floor; and count where it says the same number."""
    (at,) = {value for _, value in await stack.query(f"timestamp({rule})")} or {time.time()}
    # A scrape has the time at which it began, and is there a little later: a rule may have read the one before it.
    read = await stack.prometheus.get("/api/v1/query", query="ringboard_clock_seconds[30s]", time=str(at))
    if not read["data"]["result"]:
        return [f"no scrape before {at}"], 0
    moments = [round(float(value) * 1000) for _, value in read["data"]["result"][0]["values"]][-2:]
    found = {labelled(labels): value for labels, value in await stack.query(rule, at)}
    off: list[Any] = []
    for labels in plain.places(level):
        value = found.get(labelled(labels))
        wanted = [plain.expected(kpi, labels, moment) for moment in moments]
        if value is None:
            nothing = (None, 0) if isinstance(BY_ID[kpi].formula, Count) else (None,)  # where no team ever was
            off += [] if any(one in nothing for one in wanted) else [(labels, value, wanted)]
        elif not any(one is not None and math.isclose(value, one, rel_tol=1e-9) for one in wanted):
            off.append((labels, value, wanted))
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


async def test_every_recording_rule_has_the_number_of_the_plain_floor(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    events = [event for _, event in history(11, 1, SystemClock().now_ms())]
    async with a_stack(broker, app_id, tmp_path) as stack:
        await stack.tell(events)
        await stack.settled()
        plain = Plain(stack, events)
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
        assert {name.rpartition(":")[2] for name in names} == {"target", "bool"}
        assert await stack.query("floor:ringboard_complete:bool") == [
            ({"__name__": "floor:ringboard_complete:bool"}, 1)
        ]
