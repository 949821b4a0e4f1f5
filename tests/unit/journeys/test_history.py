"""History that is folded beside live events: the same numbers as if all had come in the order in which it happened."""

from __future__ import annotations

import random
from typing import Any

import pytest

from stream.clock import FixedClock
from tests.floor_in_memory import FloorInMemory

DAY = 86_400_000
HOUR = 3_600_000
NOW = 1_767_800_000_000
LEADS = 40


def a_year() -> list[dict[str, Any]]:
    """Leads that are asked for, called after silences of weeks, reached and won; the last ones lately."""
    chance = random.Random(5)
    events: list[dict[str, Any]] = []
    for number in range(LEADS):
        lead, phone = f"L{number}", f"+336399800{number:02d}"
        at = NOW - 360 * DAY + number * 8 * DAY
        events.append(
            {"id": f"r{number}", "type": "lead.requested", "campaign": "c", "at": at, "lead": lead, "number": phone}
        )
        for call in range(8):
            at += chance.randrange(DAY, 40 * DAY)
            if at > NOW:
                break
            key = {"lead": lead} if call % 2 else {"number": phone}
            told = {
                "id": f"c{number}-{call}",
                "type": "call.ended",
                "at": at,
                "placed_at": at,
                "call": f"C{number}-{call}",
            }
            events.append(
                {**told, "direction": "outbound", "talk_s": 60 if call > 3 else 0, "disposition": None, **key}
            )
        if at < NOW - DAY:
            events.append({"id": f"w{number}", "type": "lead.won", "at": min(at + HOUR, NOW), "lead": lead})
    events = [{name: value for name, value in event.items() if value is not None} for event in events]
    return sorted(events, key=lambda event: event["at"])


def floor(partitions: int = 2) -> FloorInMemory:
    return FloorInMemory(clock=FixedClock(NOW), partitions=partitions)


def send_as_history(floor: FloorInMemory, event: dict[str, Any]) -> None:
    admitted = floor.admission.admit(event)
    assert admitted is not None
    floor.send(floor.floor.topics.histories[admitted.topic].name, admitted.key, admitted.value)


def expired(floor: FloorInMemory) -> int:
    return floor.floor.counts["journeys_expired",]


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_beside_live_events_history_comes_to_the_same_numbers(batch: int) -> None:
    events = a_year()
    in_order = floor()
    for event in events:
        in_order.feed([event])
    assert expired(in_order) > 0

    live = [event for event in events if event["at"] >= NOW - 3 * DAY]
    history = [event for event in events if event["at"] < NOW - DAY]  # two days are in both
    assert live
    beside = floor()
    beside.feed(live)
    for event in history:
        send_as_history(beside, event)
    beside.drain(batch=batch).settle()

    for window in ("today", "7d", "30d"):
        assert beside.kpis(window) == in_order.kpis(window), window


def test_what_history_may_still_belong_to_is_forgotten_only_when_no_more_may_come() -> None:
    beside = floor(1)
    beside.feed([{"id": "x", "type": "lead.requested", "campaign": "c", "at": NOW, "lead": "now"}])
    old = {"id": "r", "type": "lead.requested", "campaign": "c", "at": NOW - 200 * DAY, "lead": "old"}
    send_as_history(beside, old)
    beside.drain()
    for _ in range(3):
        beside.settle()
    assert expired(beside) == 0
    for state in beside.states.values():
        if hasattr(state, "expect_history"):
            state.expect_history(more=False)
    beside.settle()
    beside.settle()
    assert expired(beside) == 1


def test_a_restored_share_forgets_nothing_while_history_may_come() -> None:
    beside = floor(1)
    beside.feed([{"id": "x", "type": "lead.requested", "campaign": "c", "at": NOW, "lead": "now"}])
    send_as_history(
        beside, {"id": "r", "type": "lead.requested", "campaign": "c", "at": NOW - 200 * DAY, "lead": "old"}
    )
    beside.drain().restart()
    for state in beside.states.values():
        if hasattr(state, "expect_history"):
            state.expect_history(more=True)
    beside.settle().settle()
    assert expired(beside) == 0
    assert len(beside.journeys()) == 2
