"""The alerts see the leads that wait in the ready partitions of their own worker, and only those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.errors import KafkaConnectionError

from agents.peers.lead_view import LeadView
from stream.clock import FixedClock
from tests.engine_in_memory import EngineInMemory
from tests.floor_in_memory import FloorInMemory

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_773_831_600_000
HOUR = 3_600_000
LEADS = {f"L{number}" for number in range(12)}


@pytest.fixture
def floor() -> FloorInMemory:
    floor = FloorInMemory(clock=FixedClock(NOW), partitions=3)
    return floor.feed(requested(lead, NOW - HOUR) for lead in sorted(LEADS))


def requested(lead: str, at: int) -> dict[str, Any]:
    return {"id": lead, "type": "lead.requested", "at": at, "lead": lead, "campaign": "Spring"}


def waiting(view: LeadView, now: int = NOW) -> set[str]:
    return {lead.lead for partition in range(view.partitions) for lead in view.waiting(partition, now)}


def test_each_lead_waits_at_the_one_worker_that_owns_its_partition(floor: FloorInMemory) -> None:
    one = LeadView(EngineInMemory(floor, {("events", 0), ("floor", 0)}))
    other = LeadView(EngineInMemory(floor, {("events", 1), ("events", 2), ("spend", 0)}))
    assert (one.partitions, set(one.ready()), set(other.ready())) == (3, {0}, {1, 2})
    assert waiting(one) | waiting(other) == LEADS
    assert not waiting(one) & waiting(other)


def test_a_partition_that_is_not_ready_has_no_leads(floor: FloorInMemory) -> None:
    engine = EngineInMemory(floor)
    view = LeadView(engine)
    assert waiting(view) == LEADS
    engine.state_of = dict.fromkeys(engine.state_of, "recovering")
    assert (set(view.ready()), waiting(view)) == (set(), set())


def test_a_lead_that_was_called_or_is_not_requested_yet_does_not_wait(floor: FloorInMemory) -> None:
    view = LeadView(EngineInMemory(floor))
    call = {"type": "call.ended", "direction": "outbound", "placed_at": NOW - HOUR // 2, "talk_s": 0, "call": "C1"}
    floor.feed([{"id": "c1", "at": NOW, "lead": "L3", **call}])
    floor.feed([requested("later", NOW + 60_000)])
    assert waiting(view) == LEADS - {"L3"}
    assert waiting(view, NOW + 120_000) == (LEADS - {"L3"}) | {"later"}


async def test_how_far_it_is_behind_is_unknown_while_the_broker_does_not_answer(floor: FloorInMemory) -> None:
    class Silent(EngineInMemory):
        async def behind(self, applied: Mapping[tuple[str, int], int] | None = None) -> int:
            del applied
            raise KafkaConnectionError

    engine = EngineInMemory(floor)
    engine.more_at_the_broker = 5
    assert await LeadView(engine).behind() == 5
    assert await LeadView(Silent(floor)).behind() is None
