"""Whatever comes in is an event or is refused with a reason, and what is told of it repeats no text."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from stream.clock import FixedClock
from stream.events.diagnosis import TYPES
from stream.events.reading import AnyEvent, Reason, Refused, encode_event, read_event, read_mapping
from stream.intake.admission import Admission
from stream.intake.rejected import Rejected, read_rejected, rejected_record
from stream.kafka.topics import topics
from stream.privacy.identity import Identity
from stream.settings.model import Settings

NOW = 1_760_000_000_000
DAY = 86_400_000
SECRET = "Jeanne"  # noqa: S105  the text of people, which no message may repeat
IDENTITY = Identity(b"a key of the tests, 32 characters", "FR", None)

FIELDS = sorted({field.encode_name for cls in TYPES.values() for field in msgspec.structs.fields(cls)})

times = st.integers(NOW - 90 * DAY, NOW) | st.datetimes(timezones=st.timezones()).map(lambda time: time.isoformat())
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(SECRET) | times,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
likely: dict[str, st.SearchStrategy[Any]] = {
    "at": times, "placed_at": times, "answered_at": times, "from": times, "to": times,
    "direction": st.sampled_from(["inbound", "outbound"]), "granted": st.booleans(),
    "amount": st.decimals(0, 10**6, places=2).map(str), "currency": st.sampled_from(["EUR", "JPY", "XXX"]),
    "state": st.sampled_from(["available", "paused"]), "talk_s": st.floats(0, 1000), "wait_s": st.integers(0, 99),
}  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Give records that are nearly events: of a known type, with likely values, and some that are anything."""
    name = draw(st.sampled_from(sorted(TYPES)))
    record: dict[str, Any] = {"type": name}
    for field in msgspec.structs.fields(TYPES[name]):
        if field.required or draw(st.booleans()):
            record[field.encode_name] = draw(likely.get(field.encode_name, st.text(min_size=1, max_size=9)))
    for other in draw(st.lists(st.sampled_from([*FIELDS, "type", "other"]), max_size=2)):
        record[other] = draw(anything)
    return record


def outcome(data: bytes) -> AnyEvent | Refused:
    try:
        return read_event(data, received_ms=NOW, ahead_ms=DAY)
    except Refused as caught:
        refused = caught
    assert refused.reason in Reason
    assert refused.message
    assert "\n" not in refused.message
    assert SECRET not in refused.message
    return refused


@given(st.binary() | st.text().map(str.encode))
@example(b"\x00")
@example(b'{"type":"lead.lost"' + b"\xc3")
def test_any_bytes_are_an_event_or_refused(data: bytes) -> None:
    outcome(data)


@given(anything)
def test_any_json_is_an_event_or_refused(value: Any) -> None:
    outcome(json.dumps(value).encode())


@given(records())
def test_what_is_nearly_an_event_is_read_once_and_for_all_or_refused(record: dict[str, Any]) -> None:
    read = outcome(json.dumps(record).encode())
    if isinstance(read, Refused):
        if read.field is not None:
            assert read.message.startswith(f"{read.field}:")
        return
    assert type(read.at) is int
    canonical = encode_event(read)
    assert outcome(canonical) == read
    assert encode_event(read) == canonical


@given(records())
def test_bytes_and_fields_are_read_alike(record: dict[str, Any]) -> None:
    by_bytes = outcome(json.dumps(record).encode())
    try:
        by_fields: AnyEvent | Refused = read_mapping(record, received_ms=NOW, ahead_ms=DAY)
    except Refused as refused:
        by_fields = refused
    if isinstance(by_bytes, Refused):
        assert isinstance(by_fields, Refused)
        # JSON has no NaN, and says so before any field is looked at.
        if by_bytes.reason is not Reason.MALFORMED_JSON:
            assert (by_fields.reason, by_fields.field) == (by_bytes.reason, by_bytes.field)
    else:
        assert by_fields == by_bytes


@given(records(), st.sampled_from(["0639980001", "+33 6 39 98 00 01", "sip:+33639980001@pbx.example"]))
def test_no_number_passes_the_door(record: dict[str, Any], number: str) -> None:
    admission = Admission(IDENTITY, topics(Settings(app_id="t")), FixedClock(NOW), DAY)
    admitted, refused = None, None
    record = record | {"number": number, "reason": "on +33 6 39 98 00 01", "hangup_cause": "SIP/+33639980001"}
    try:
        admitted = admission.admit(json.dumps(record).encode())
    except Refused as caught:
        refused = caught
    if admitted is None:
        assert refused is not None
        assert "39980001" not in refused.message
        return
    assert b"39980001" not in admitted.key + admitted.value
    assert b"39 98 00 01" not in admitted.value
    again = admission.admit(admitted.value)
    assert again == admitted


@given(st.binary(max_size=2000) | records().map(lambda record: json.dumps(record).encode()))
def test_what_is_kept_of_refused_bytes_is_read_back(data: bytes) -> None:
    refused = Refused(Reason.MALFORMED_JSON, None, "not JSON")
    kept = read_rejected(rejected_record(refused, data, identity=IDENTITY, at=NOW, source="file"))
    assert isinstance(kept, Rejected)
    assert kept.content == IDENTITY.scrub(data)
    assert (kept.size, kept.truncated) == (len(data), False)
