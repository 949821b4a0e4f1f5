"""Facts: rows that pack small and come back as they were."""

from __future__ import annotations

import msgspec

from stream.kpi.facts import (
    AT_RISK,
    Assigned,
    Consent,
    Fact,
    Link,
    QueueCall,
    QueueJoined,
    QueueLeft,
    RepState,
    Risk,
    Shared,
    Spend,
    order,
)
from tests.unit.kpi.telling import NINE, NUMBER, call, qualified, request, verdict

EVERY: list[Fact] = [
    request(NINE, number=NUMBER, channel="web", rep="ana", team="blue"),
    Assigned(NINE, "a1", "ana", "blue"),
    call(NINE, campaign="spring", rep="ana", team="blue", disposition="busy", number=NUMBER),
    verdict(NINE, "refused", number=NUMBER),
    qualified(NINE, rep="ana", campaign="spring"),
    Consent(NINE, "n1", granted=True),
    Link(NINE, "lead-1", NINE, "r1", "spring"),
    Shared(NINE, NUMBER),
    Risk(NINE, "k1", AT_RISK, "ana", "spring", "price"),
    QueueJoined(NINE, "j1"),
    QueueLeft(NINE, "x1", "answered", 3),
    QueueCall(NINE, "e1", NINE, NINE, True, 5, 6, "spring", "ana", "blue"),
    QueueCall(NINE, "e1", NINE, NINE, True, None),
    RepState(NINE, "s1", "talking", "blue", "lunch"),
    Spend(NINE, "p1", "spring", 100, "EUR", NINE, NINE + 1, "web"),
]


def test_a_journey_of_every_kind_of_fact_comes_back_as_it_was() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(EVERY), type=list[Fact]) == EVERY


def test_facts_are_ordered_by_time_then_by_id() -> None:
    three = [request(NINE + 1, "a"), request(NINE, "c"), request(NINE, "b")]
    assert [fact.id for fact in sorted(three, key=order)] == ["b", "c", "a"]
