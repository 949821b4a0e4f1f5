"""A number in any writing, or a lead's id, says whose journeys are meant, and each of their facts has its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import msgspec
import orjson
import pytest

from stream.clock import FixedClock
from stream.errors import RingboardError
from stream.journeys.passing import Message
from stream.kpi.facts import (
    Call,
    Fact,
    Gone,
    Link,
    Merged,
    Moved,
    QueueCall,
    QueueJoined,
    QueueLeft,
    RepState,
    Request,
    Shared,
    Spend,
)
from stream.persons.erase import erasures_of
from stream.persons.holdings import Holdings, Mention, _of_events, _of_links, _of_parts, _of_rejected, take_journey
from stream.persons.person import Person, owner_of, person_of
from stream.persons.words import _SAID, as_json, as_text, remaining, words_of
from stream.privacy.identity import Identity
from tests.floor_in_memory import FloorInMemory

IDENTITY = Identity(b"a key of the tests, 32 characters", "FR", None)
NUMBER = "06 39 98 00 01"
OF_NO_PERSON = {Gone, QueueCall, QueueJoined, QueueLeft, RepState, Spend}
NOW = 1_764_000_000_000


@dataclass
class Record:
    """A record as a consumer has it."""

    value: bytes | None
    key: bytes | None = None
    topic: str = "t"
    partition: int = 0
    offset: int = 0
    timestamp: int = NOW


def pseudonym() -> str:
    found = IDENTITY.pseudonym(NUMBER, call=None)
    assert found is not None
    return found.value


@pytest.mark.parametrize("writing", [NUMBER, "+33639980001", "0033 6 39 98 00 01", "tel:+33639980001"])
def test_a_number_is_found_in_whatever_writing(writing: str) -> None:
    assert person_of(IDENTITY, writing).numbers == {pseudonym()}


def test_an_id_is_of_a_lead_as_admission_writes_it() -> None:
    assert person_of(IDENTITY, " L-1042 ") == Person(leads={"L-1042"})
    assert person_of(IDENTITY, "ada@example.com").leads == {IDENTITY.without_numbers("ada@example.com")}
    assert person_of(IDENTITY, pseudonym()) == Person(numbers={pseudonym()})
    assert person_of(IDENTITY, "1001").numbers == set()
    assert person_of(IDENTITY, "12345678").leads == {"12345678"}
    assert person_of(IDENTITY, "L1", ["C1"]).customers == {"C1"}


def test_nothing_is_nobody() -> None:
    with pytest.raises(RingboardError, match="telephone number, or the id of a lead"):
        person_of(IDENTITY, "  ")


def test_leads_and_numbers_that_name_each_other_are_one_person() -> None:
    person = Person(leads={"L1"})
    person.learn("lead", [Request(1, "e", "C", "num_a"), Shared(1, "num_b")])
    person.learn(
        "lead", [Call(1, "e", "c", 1, outbound=True, answered=False, talk_ms=0, machine=False, number="num_c")]
    )
    person.learn("number", [Link(1, "L2", 1, "e", "C")])
    assert person == Person({"L1", "L2"}, {"num_a", "num_b", "num_c"})
    assert [(who.kind, who.name) for who in person.everyone()] == [
        ("lead", "L1"), ("lead", "L2"), ("number", "num_a"), ("number", "num_b"), ("number", "num_c"),
        ("customer", "L1"), ("customer", "L2"),
    ]  # fmt: skip
    assert owner_of(b"lL1\0erased-1") == ("lead", "L1")


def test_every_fact_of_a_person_has_its_words() -> None:
    assert set(get_args(Fact)) == set(_SAID) | OF_NO_PERSON
    call = Call(NOW, "e", "c1", NOW, True, True, 45_000, False, "Spring", "1001", None, "refused")
    said = "called: answered, 45 s of talk, refused, call c1 · campaign Spring · rep 1001"
    assert words_of(call) == said
    assert words_of(Moved(NOW, "e", "L2", call)) == f"as the lead L2: {said}"


def test_a_lead_that_is_another_one_and_that_one_are_one_person() -> None:
    person = Person({"L1"})
    request = Request(NOW, "r", "Spring", pseudonym())
    person.learn("lead", [Merged(NOW, "m", "L2"), Moved(NOW, "r", "L3", Moved(NOW, "r", "L4", request))])
    assert person == Person({"L1", "L2", "L3", "L4"}, {pseudonym()})


def test_records_that_name_the_person_are_found_and_others_are_not() -> None:
    person = Person({"L1"}, {pseudonym()})
    event = {"type": "call.ended", "id": "e1", "lead": "L9", "number": pseudonym()}
    found = _of_events(Record(orjson.dumps(event)), person)
    assert found == Mention("t", 0, 0, NOW, "call.ended", frozenset({"L9", pseudonym()}), "e1")
    assert person.leads == {"L1", "L9"}
    for other in ({"type": "x", "lead": "L11"}, {"type": "x", "id": "L1"}, {"name": "L1"}, ["L1"]):
        assert _of_events(Record(orjson.dumps(other)), person) is None
    assert _of_events(Record(b"L1"), person) is None
    message = msgspec.msgpack.encode(Message(b"n", [Link(1, "L1", 1, "e", "C")]))
    assert _of_links(Record(message, b"num_x"), person) is not None
    assert _of_links(Record(msgspec.msgpack.encode(Message(b"n", [Link(1, "L11", 1, "e", "C")])), b"y"), person) is None
    assert _of_parts(Record(orjson.dumps({"context": {"lead": "L1"}})), person) is not None
    assert _of_parts(Record(orjson.dumps({"context": {"lead": "L-L1"}})), person) is None
    assert _of_rejected(Record(orjson.dumps({"sent_again": 1, "at": 1})), person) is None


def test_the_changelog_is_read_by_the_latest_record_of_each_key() -> None:
    floor = FloorInMemory(clock=FixedClock(NOW))
    floor.feed([{"type": "lead.requested", "id": "e", "at": NOW, "lead": "L1", "campaign": "C"}])
    found: dict[bytes, list[Any]] = {}
    wanted = {b"lL1": None}
    for log in floor.changelogs.values():
        for _, key, value in log:
            take_journey(Record(value, key), wanted, found)
    assert [type(fact) for fact in found[b"lL1"]] == [Request]
    take_journey(Record(None, b"lL1"), wanted, found)
    take_journey(Record(b"damaged", b"lL1"), wanted, found)
    take_journey(Record(b"", None), wanted, found)
    assert found == {}


def test_what_is_held_is_said_in_words_and_in_json_without_the_number() -> None:
    floor = FloorInMemory(clock=FixedClock(NOW))
    holdings = Holdings(Person({"L1"}, {pseudonym()}))
    holdings.journeys = {b"lL1": [Request(NOW, "e", "Spring", pseudonym())]}
    holdings.records = [Mention("ringboard.events.v1", 2, 7, NOW, "lead.requested", frozenset({"L1"}), "e")]
    holdings.until = {"ringboard.events.v1": NOW + 86_400_000}
    zone = floor.settings.zone
    text = "\n".join(as_text(holdings, zone))
    assert "lead L1\n  2025-11-24 17:00:00  asked to be called, with a number · campaign Spring" in text
    assert "ringboard.events.v1: 1 records, until 2025-11-25 17:00:00 at the latest" in text
    assert "partition 2, offset 7: lead.requested e" in text
    assert as_json(holdings, zone)["until"] == {"ringboard.events.v1": "2025-11-25T17:00:00.000+01:00"}
    assert [line.partition(":")[0] for line in remaining(holdings, zone)] == ["ringboard.events.v1"]
    erasures = erasures_of(floor.settings, holdings, NOW - 5)
    assert {(one.kind, one.name, one.at) for one in erasures} == {
        ("lead", "L1", NOW + 1),
        ("number", pseudonym(), NOW + 1),
    }
    assert {one.others for one in erasures} == {("L1",), (pseudonym(),)}
    assert len({one.id for one in erasures}) == 1
