"""A call that one source tells with its number and others without counts as if they had told nothing."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.floor_in_memory import FloorInMemory
from tests.property.test_against_reference import check, floor_for, read
from tests.reference.histories import History, histories, random_history

Event = dict[str, Any]


def told_twice(history: History) -> list[Event]:
    """The events, some of the outbound calls marked, and what others tell of these: no number, no lead, other ends."""
    events: list[Event] = []
    for event in map(dict, history.events):
        if event["type"] != "call.ended" or event["direction"] != "outbound" or int(event["placed_at"]) % 3 == 0:
            events.append(event)
            continue
        events.append({**event, "also_withheld": True})
        other = {name: value for name, value in event.items() if name not in {"lead", "rep", "disposition"}}
        for later in (0, 1000):
            at = min(int(event["at"]) + later, history.as_of)
            events.append({**other, "id": f"{event['id']}+{later}", "number": "anonymous", "at": max(at, event["at"])})
    return events


def journeys(floor: FloorInMemory) -> dict[bytes, list[Any]]:
    return {key: facts for key, facts in floor.journeys().items() if facts}


@given(histories(), st.randoms(use_true_random=False), st.integers(1, 9), st.sampled_from((1, 3, 8)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_in_any_order_and_any_batches(history: History, chance: random.Random, batch: int, partitions: int) -> None:
    log = told_twice(history)
    chance.shuffle(log)
    check(floor_for(history, partitions).feed(log, batch=batch, chance=chance), read(history))


@pytest.mark.parametrize("seed", range(6))
def test_over_duplicates_and_restarts_between_batches(seed: int) -> None:
    history = random_history(seed, 120)
    chance = random.Random(seed)
    log = told_twice(history)
    log = chance.sample(log, len(log)) + chance.choices(log, k=40)
    floor = floor_for(history)
    for start in range(0, len(log), 60):
        floor.feed(log[start : start + 60], batch=11, chance=chance).restart()
    check(floor, read(history))


@pytest.mark.parametrize("seed", range(10, 13))
def test_any_order_ends_in_the_same_journeys(seed: int) -> None:
    history = random_history(seed, 120)
    chance = random.Random(seed)
    log = told_twice(history)
    first = journeys(floor_for(history).feed(log))
    for _ in range(3):
        chance.shuffle(log)
        assert journeys(floor_for(history).feed(log, batch=7, chance=chance)) == first
