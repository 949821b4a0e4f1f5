"""What the state of the events does with records that are neither good nor new."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from stream.clock import FixedClock
from stream.journeys.passing import Message
from stream.kpi.facts import Link
from tests.floor_in_memory import FloorInMemory

NOW = 1_764_000_000_000
MINUTE = 60_000
FULL = 10


def call(minutes_ago: int, **fields: Any) -> dict[str, Any]:
    at = NOW - minutes_ago * MINUTE
    ended = {"type": "call.ended", "id": f"e{minutes_ago}", "call": f"c{minutes_ago}", "direction": "outbound"}
    return {**ended, "lead": "L", "placed_at": at - 5_000, "at": at, **fields}


def test_a_full_journey_refuses_what_is_new_and_knows_what_is_not() -> None:
    floor = FloorInMemory(clock=FixedClock(NOW), settings={"journey_events": FULL})
    floor.feed([call(number) for number in range(FULL)])
    floor.feed([call(3), call(FULL)])
    assert floor.floor.counts["duplicates",] == 1
    assert floor.floor.counts["rejected", "journey_full"] == 1
    assert floor.kpis("today")["contact_rate"]["denominator"] == FULL


@pytest.mark.parametrize("number", ["num_+33 6 39 98 00 01", "num_somebody", "num_" + "A" * 32])
def test_what_only_begins_like_a_pseudonym_is_made_one(number: str) -> None:
    floor = FloorInMemory(clock=FixedClock(NOW))
    record = {name: value for name, value in call(1, number=number).items() if name != "lead"}
    floor.send(floor.floor.topics.events.name, b"a key", json.dumps(record).encode())
    floor.drain()
    assert floor.floor.counts["raw_numbers",] == 1
    kept = [key + (value or b"") for log in floor.changelogs.values() for _, key, value in log]
    assert kept
    assert not any(number.encode() in entry for entry in kept)


@pytest.mark.parametrize(("kind", "key"), [(b"l", b"\xff"), (b"l", None), (b"?", b"L"), (b"c", b"L")])
def test_a_message_for_no_journey_is_put_aside_and_stops_nothing(kind: bytes, key: bytes | None) -> None:
    floor = FloorInMemory(clock=FixedClock(NOW))
    link = Link(NOW - MINUTE, "L", NOW - MINUTE, "e", "A")
    floor.send(floor.floor.topics.links.name, key, msgspec.msgpack.encode(Message(kind, [link])))
    floor.feed([call(1)])
    assert floor.floor.counts["rejected", "malformed_link"] == 1
    assert floor.kpis("today")["contact_rate"]["denominator"] == 1


def test_what_reads_as_a_person_in_a_label_of_the_topic_is_in_no_state_nor_passed_on_and_counted_by_field() -> None:
    floor = FloorInMemory(clock=FixedClock(NOW))
    number, address = "06 39 98 00 01", "ada+crm@example.com"
    topics = floor.floor.topics
    labels = {"campaign": number, "rep": address, "team": f"of {number}", "disposition": address}
    told = [
        (topics.events.name, call(9, **labels)),
        (topics.events.name, call(8, **labels, direction="inbound", queue=number)),
        (topics.events.name, {"type": "lead.lost", "id": "l", "at": NOW, "lead": "L", "reason": "x" * 61,
                              "rep": number}),
        (topics.floor.name, {"type": "rep.state", "id": "s", "at": NOW, "rep": address, "state": "paused",
                             "reason": number}),
        (topics.floor.name, {"type": "queue.joined", "id": "j", "at": NOW, "call": "c", "queue": address}),
        (topics.spend.name, {"type": "spend.recorded", "id": "m", "at": NOW, "campaign": address, "channel": number,
                             "amount": "1", "currency": "EUR", "from": NOW - MINUTE, "to": NOW}),
    ]  # fmt: skip
    for topic, record in told:
        floor.send(topic, b"L", json.dumps(record).encode())
    written = {place: len(log) for place, log in floor.logs.items()}
    floor.drain()
    kept = [key + (value or b"") for log in floor.changelogs.values() for _, key, value in log]
    kept += [record.value or b"" for place, log in floor.logs.items() for record in log[written.get(place, 0) :]]
    assert len(kept) > len(told)
    assert not [entry for entry in kept for text in (number, address) if text.encode() in entry]
    assert not {name for name in floor.floor.counts if number in str(name) or address in str(name)}
    counted = {name[1:]: count for name, count in floor.floor.counts.items() if name[0] == "labels"}
    assert counted["reason", "too_long"] == 1
    assert counted["campaign", "number"] >= 2
    assert counted["rep", "email"] >= 3
    assert {field for field, _ in counted} == {"reason", "campaign", "rep", "team", "disposition", "queue", "channel"}
