"""What passes the admission has its topic, its key and no number; the admission counts what it had to think about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from stream.clock import FixedClock
from stream.events.reading import LeadRequested, Refused, encode_event
from stream.intake.admission import Admission, Admitted, admission_of
from stream.kafka.topics import topics
from stream.privacy.identity import Identity
from stream.settings.model import Settings

NOW = 1_760_000_000_000
KEY = "a key of the tests, 32 characters"
IDENTITY = Identity(KEY.encode(), "FR", r"[0-9]{3,4}")
NUMBER = "06 39 98 00 01"
PSEUDONYM = IDENTITY.pseudonym(NUMBER, call=None)

CALL = {
    "type": "call.ended", "id": "e1", "at": NOW, "call": "c1", "direction": "outbound", "placed_at": NOW - 1000,
}  # fmt: skip
REQUEST = {"type": "lead.requested", "id": "e2", "at": NOW, "lead": "L1", "campaign": "Spring"}


@pytest.fixture
def admission() -> Admission:
    settings = Settings(
        default_region="FR", extension_pattern="[0-9]{3,4}", pseudonym_key=SecretStr(KEY), app_id="floor-1"
    )
    return admission_of(settings, FixedClock(NOW))


def admit(admission: Admission, record: dict[str, Any]) -> Admitted:
    admitted = admission.admit(json.dumps(record).encode())
    assert admitted is not None
    assert admission.admit(record) == admitted
    return admitted


def test_a_call_that_names_only_a_number_is_keyed_by_its_pseudonym(admission: Admission) -> None:
    assert PSEUDONYM is not None
    admitted = admit(admission, CALL | {"number": NUMBER})
    assert admitted.topic == "floor-1.events.v1"
    assert admitted.key == PSEUDONYM.value.encode()
    assert json.loads(admitted.value)["number"] == PSEUDONYM.value
    assert encode_event(admitted.event) == admitted.value


def test_an_event_that_names_a_lead_is_keyed_by_the_lead(admission: Admission) -> None:
    admitted = admit(admission, REQUEST | {"number": NUMBER})
    assert admitted.key == b"L1"
    assert isinstance(admitted.event, LeadRequested)
    assert PSEUDONYM is not None
    assert admitted.event.number == PSEUDONYM.value


def test_each_kind_of_event_has_its_topic(admission: Admission) -> None:
    state = {"type": "rep.state", "id": "e3", "at": NOW, "rep": "r1", "state": "paused"}
    spend = {
        "type": "spend.recorded", "id": "e4", "at": NOW, "campaign": "Spring", "amount": "1", "currency": "EUR",
        "from": NOW - 1, "to": NOW,
    }  # fmt: skip
    assert admit(admission, state)[:2] == ("floor-1.floor.v1", b"r1")
    assert admit(admission, spend)[:2] == ("floor-1.spend.v1", b"Spring")


def test_a_withheld_number_is_keyed_by_its_call(admission: Admission) -> None:
    one, other = (
        admit(admission, CALL | {"number": "Anonymous"}),
        admit(admission, CALL | {"number": "private", "call": "c2"}),
    )
    assert one.key.startswith(b"num_")
    assert one.key != other.key
    assert (admission.withheld, admission.unrecognised) == (4, 0)


def test_a_withheld_number_of_a_request_is_left_out(admission: Admission) -> None:
    assert "number" not in json.loads(admit(admission, REQUEST | {"number": "unknown"}).value)


def test_a_call_to_an_extension_is_left_out_unless_it_names_a_lead(admission: Admission) -> None:
    assert admission.admit(CALL | {"number": "1001"}) is None
    assert "number" not in json.loads(admit(admission, CALL | {"number": "1001", "lead": "L1"}).value)
    assert admission.extensions == 3


def test_numbers_that_are_not_valid_are_admitted_and_counted(admission: Admission) -> None:
    admit(admission, CALL | {"number": "5550123"})
    admit(admission, CALL | {"number": "+1 212 555 0123"})
    assert admission.unrecognised == 2


def test_an_international_number_in_an_id_or_a_label_does_not_pass(admission: Admission) -> None:
    admitted = admit(admission, CALL | {"lead": "+33639980001", "campaign": "SIP/+33 6 39 98 00 01", "rep": "r+1"})
    assert b"6399" not in admitted.value + admitted.key
    assert admitted.key.startswith(b"id_")
    assert json.loads(admitted.value)["rep"] == "r+1"
    assert json.loads(admitted.value)["lead"] == admitted.key.decode()


def test_a_label_that_reads_as_a_person_is_masked_and_counted_by_field(admission: Admission) -> None:
    labels = {"campaign": "ring 06 39 98 00 01", "rep": "ada@example.com", "team": "Q4-2025", "source": "0639980001"}
    value = json.loads(admit(admission, CALL | {"lead": "L1", "hangup_cause": "0033639980001"} | labels).value)
    assert value["campaign"] == "ring [number]"
    assert value["rep"] == "[email]"
    assert (value["team"], value["hangup_cause"], value["source"]) == ("Q4-2025", "[number]", "[number]")
    assert admission.labels.counts == {
        ("campaign", "number"): 2, ("rep", "email"): 2, ("hangup_cause", "number"): 2, ("source", "number"): 2
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.com", "ADA@example.com"),
        ("06-39-98-00-01", "06 39 98 00 01"),
        ("06.39.98.00.01", "+33639980001"),
    ],
)
def test_a_lead_whose_id_is_a_number_or_an_address_is_one_lead_under_a_pseudonym(
    admission: Admission, one: str, other: str
) -> None:
    keys = {admit(admission, REQUEST | {"lead": lead}).key for lead in (one, other)}
    assert len(keys) == 1
    key = keys.pop().decode()
    assert key.startswith("id_")
    assert admission.admit(REQUEST | {"lead": key}) == admit(admission, REQUEST | {"lead": one})


@pytest.mark.parametrize(
    "lead", ["12345678", "L-0639980001", "2026-01-05", "0042-17", "6399800011", "a@b", "x@localhost"]
)
def test_a_lead_whose_id_may_be_an_id_stays_as_it_is(admission: Admission, lead: str) -> None:
    assert admit(admission, REQUEST | {"lead": lead}).key == lead.encode()


def test_what_was_admitted_is_admitted_again_unchanged(admission: Admission) -> None:
    first = admit(admission, CALL | {"number": NUMBER, "lead": "+33639980001"})
    assert admission.admit(first.value) == first


def test_the_door_judges_times_by_its_clock_or_by_the_moment_it_is_told() -> None:
    admission = Admission(IDENTITY, topics(Settings()), FixedClock(NOW), ahead_ms=1000)
    assert admission.admit(REQUEST | {"at": NOW + 1000})
    with pytest.raises(Refused):
        admission.admit(REQUEST | {"at": NOW + 1001})
    assert admission.admit(REQUEST | {"at": NOW + 1001}, received_ms=NOW + 1)


def test_the_topics_keep_records_by_their_arrival_for_longer_than_a_journey() -> None:
    names = topics(Settings(app_id="floor-1", partitions=3, journey_days=90, data_dir=Path()))
    assert [(topic.name, topic.partitions) for topic in names] == [
        ("floor-1.events.v1", 3),
        ("floor-1.links.v1", 3),
        ("floor-1.floor.v1", 1),
        ("floor-1.spend.v1", 1),
        ("floor-1.rejected.v1", 1),
        ("floor-1.control.v1", 1),
        ("floor-1.legs.v1", 1),
        ("floor-1.events-history.v1", 3),
        ("floor-1.floor-history.v1", 1),
    ]
    for topic in (names.events, names.links, names.floor, names.spend, names.rejected, *names.histories.values()):
        assert topic.config["message.timestamp.type"] == "LogAppendTime"
        assert int(topic.config["retention.ms"]) > (90 + 31) * 86_400_000
    changelog = names.changelog("journeys", names.events)
    assert (changelog.name, changelog.partitions) == ("floor-1-journeys-changelog", 3)
    for topic in (changelog, names.control):
        assert topic.config["cleanup.policy"] == "compact"
        # The broker takes no batch that is larger than a segment.
        assert int(topic.config["max.message.bytes"]) <= int(topic.config["segment.bytes"])
