"""An event is read as it was written, or refused with a reason, the field, and one line that says how to correct it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from stream.events import reading as ev
from stream.events.diagnosis import TYPES
from stream.events.reading import Reason, Refused, encode_event, key_of, read_event, read_mapping, topic_kind
from stream.events.types import TIME_FIELDS
from stream.privacy import scrub

NOW = 1_760_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR


def read(record: Any) -> ev.AnyEvent:
    data = record if isinstance(record, bytes) else json.dumps(record).encode()
    return read_event(data, received_ms=NOW, ahead_ms=DAY)


def refused(record: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        read(record)
    assert "\n" not in caught.value.message
    return caught.value


CALL = {
    "type": "call.ended", "id": "e1", "at": NOW, "call": "c1", "direction": "outbound", "placed_at": NOW - HOUR,
    "lead": "L1",
}  # fmt: skip
SPEND = {
    "type": "spend.recorded", "id": "s1", "at": NOW, "campaign": "Spring", "amount": "1000.00", "currency": "EUR",
    "from": NOW - DAY, "to": NOW,
}  # fmt: skip
HEAD = {"id": "e1", "at": NOW}

ONE_OF_EACH: dict[str, tuple[dict[str, Any], str, str]] = {
    "lead.requested": ({"lead": "L1", "campaign": "Spring"}, "L1", "events"),
    "lead.assigned": ({"lead": "L1", "rep": "r1"}, "L1", "events"),
    "call.started": ({"call": "c1", "direction": "inbound", "number": "n1"}, "n1", "events"),
    "call.answered": ({"call": "c1", "number": "n1", "amd": "human"}, "n1", "events"),
    "call.ended": ({k: v for k, v in CALL.items() if k not in {"type", "id", "at"}}, "L1", "events"),
    "call.disposed": ({"call": "c1", "lead": "L1", "number": "n1", "disposition": "SALE"}, "L1", "events"),
    "lead.qualified": ({"lead": "L1"}, "L1", "events"),
    "lead.won": ({"lead": "L1", "amount": "12.5", "currency": "EUR"}, "L1", "events"),
    "lead.lost": ({"lead": "L1", "reason": "price"}, "L1", "events"),
    "lead.consent": ({"lead": "L1", "granted": False}, "L1", "events"),
    "lead.merged": ({"lead": "L1", "into": "L2", "revision": 3}, "L1", "events"),
    "lead.withdrawn": ({"lead": "L1"}, "L1", "events"),
    "customer.at_risk": ({"customer": "K1"}, "K1", "events"),
    "customer.kept": ({"customer": "K1"}, "K1", "events"),
    "customer.lost": ({"customer": "K1", "reason": "price"}, "K1", "events"),
    "spend.recorded": ({k: v for k, v in SPEND.items() if k not in {"type", "id", "at"}}, "Spring", "spend"),
    "rep.state": ({"rep": "r1", "state": "wrap_up"}, "r1", "floor"),
    "queue.joined": ({"call": "c1", "queue": "q1"}, "c1", "floor"),
    "queue.left": ({"call": "c1", "queue": "q1", "outcome": "timeout", "wait_s": 3}, "c1", "floor"),
}


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_read_and_has_its_key_and_its_topic(name: str) -> None:
    fields, key, topic = ONE_OF_EACH[name]
    event = read({**HEAD, "type": name, **fields})
    assert type(event) is TYPES[name]
    assert (key_of(event), topic_kind(event)) == (key, topic)
    assert read(encode_event(event)) == event
    assert read_mapping({**HEAD, "type": name, **fields}, received_ms=NOW, ahead_ms=DAY) == event


@pytest.mark.parametrize("name", TYPES)
def test_every_required_field_that_is_missing_is_named(name: str) -> None:
    record = {**HEAD, "type": name, **ONE_OF_EACH[name][0]}
    required = [field.encode_name for field in msgspec.structs.fields(TYPES[name]) if field.required]
    assert {"id", "at"} < set(required)
    for field in required:
        for wrong, what in ({}, "missing"), ({field: None}, "null"), ({field: ""}, "an empty string"):
            without = {key: value for key, value in record.items() if key != field}
            error = refused(without | wrong)
            assert (error.reason, error.field) == (Reason.MISSING_FIELD, field)
            assert error.message == f"{field}: {what}; {name} needs it"


def test_the_canonical_form_has_times_in_milliseconds_and_no_absent_fields() -> None:
    event = read(CALL | {"placed_at": "2025-10-09T09:33:19.5+02:00", "talk_s": 30, "rep": "", "team": None, "x": [1]})
    assert encode_event(event) == (
        b'{"type":"call.ended","id":"e1","at":1760000000000,"call":"c1","lead":"L1","direction":"outbound",'
        b'"placed_at":1759995199500,"talk_s":30.0}'
    )


def test_a_time_is_read_in_any_offset_and_before_1970_is_still_a_time() -> None:
    for text in ("2025-10-09T08:00:00Z", "2025-10-09T10:00:00+02:00", "2025-10-09t08:00:00.000z"):
        assert read(CALL | {"at": text}).at == 1_759_996_800_000
    assert refused(CALL | {"at": "1969-12-31T23:59:59.9995Z"}).reason is Reason.TIME_ABSURD


@pytest.mark.parametrize(
    "value", ["2025-10-09T08:00:00", "2025-10-09", "yesterday", "\ud800", "1760000000000", True, 1.5, [], {}]
)
@pytest.mark.parametrize("field", ["at", "placed_at", "answered_at"])
def test_a_time_in_another_form_is_refused(field: str, value: Any) -> None:
    error = refused(CALL | {field: value})
    assert (error.reason, error.field) == (Reason.WRONG_TYPE, field)
    assert error.message.endswith("or whole milliseconds since the epoch")


def test_an_absurd_time_is_refused_and_seconds_are_guessed_at() -> None:
    error = refused(CALL | {"at": 1_760_000_000})
    assert (error.reason, error.field) == (Reason.TIME_ABSURD, "at")
    assert error.message.startswith("at: 1760000000 lies before 2000 (seconds, it seems)")
    assert refused(CALL | {"placed_at": 0}).field == "placed_at"
    assert refused(SPEND | {"from": -1}).field == "from"
    assert refused(CALL | {"at": 10**30}).reason is Reason.TIME_AHEAD
    digits = json.dumps(CALL | {"at": 1}).replace('"at": 1', '"at": -' + "9" * 5000).encode()
    assert refused(digits).reason is Reason.WRONG_TYPE
    for field in ("at", "talk_s", "lead", "type"):
        with pytest.raises(Refused):
            read_mapping(CALL | {field: -(10**5000)}, received_ms=NOW, ahead_ms=DAY)


def test_an_event_may_lie_a_day_ahead_of_the_clock_and_no_more() -> None:
    assert read(CALL | {"at": NOW + DAY}).at == NOW + DAY
    error = refused(CALL | {"at": NOW + DAY + 1})
    assert error.reason is Reason.TIME_AHEAD
    assert error.message.startswith("at: 24 h ahead of the clock, and 24 h are allowed")
    assert refused(CALL | {"at": NOW + 30 * DAY}).message.startswith("at: 30 days ahead of the clock")


def test_a_call_is_placed_answered_and_ended_in_that_order() -> None:
    assert read(CALL | {"placed_at": NOW, "answered_at": NOW})
    for wrong, field in (
        ({"placed_at": NOW + 1}, "placed_at"),
        ({"answered_at": NOW - HOUR - 1}, "answered_at"),
        ({"answered_at": NOW + 1}, "answered_at"),
    ):
        error = refused(CALL | wrong)
        assert (error.reason, error.field) == (Reason.PERIOD_REVERSED, field)


@pytest.mark.parametrize("name", ["call.started", "call.answered", "call.ended", "call.disposed"])
def test_a_call_names_a_lead_or_a_number(name: str) -> None:
    record = {**HEAD, "type": name, **ONE_OF_EACH[name][0]}
    record.pop("lead", None)
    record.pop("number", None)
    error = refused(record)
    assert (error.reason, error.field) == (Reason.MISSING_FIELD, "lead")
    assert read(record | {"number": "n1"})


@pytest.mark.parametrize("number", ["", " ", "\u00a0 "])
def test_an_empty_number_is_refused(number: str) -> None:
    for record in (CALL, {**HEAD, "type": "lead.requested", **ONE_OF_EACH["lead.requested"][0]}):
        error = refused(record | {"number": number})
        assert (error.reason, error.field) == (Reason.EMPTY_NUMBER, "number")


@pytest.mark.parametrize(
    ("wrong", "reason", "told"),
    [
        ({"talk_s": -5}, Reason.OUT_OF_RANGE, "talk_s: -5; write seconds from 0 to 604800"),
        ({"talk_s": 604_801}, Reason.OUT_OF_RANGE, "talk_s: 604801; write seconds"),
        ({"wait_s": "12"}, Reason.WRONG_TYPE, "wait_s: a string of 2 characters; write seconds"),
        ({"hold_s": True}, Reason.WRONG_TYPE, "hold_s: a boolean; write seconds"),
        (
            {"direction": "out"},
            Reason.UNKNOWN_VALUE,
            "direction: a string of 3 characters that it cannot be; write outb",
        ),
        ({"direction": 1}, Reason.WRONG_TYPE, "direction: a whole number; write outbound or inbound"),
        (
            {"amd": "maybe"},
            Reason.UNKNOWN_VALUE,
            "amd: a string of 5 characters that it cannot be; write human or mach",
        ),
        ({"number": 33639980001}, Reason.WRONG_TYPE, "number: a whole number; write a string"),
        ({"lead": ["L1"]}, Reason.WRONG_TYPE, "lead: a list of 1 value; write a string"),
        ({"campaign": "x" * 201}, Reason.TOO_LONG, "campaign: a string of 201 characters; write no more than 200"),
        ({"campaign": "a\nb"}, Reason.CONTROL_CHARACTER, "campaign: 3 characters, a control character among them"),
        ({"campaign": "a\u0085b"}, Reason.CONTROL_CHARACTER, "campaign: 3 characters"),
        ({"campaign": "a\x7f"}, Reason.CONTROL_CHARACTER, "campaign: 2 characters"),
        ({"campaign": "\ud800"}, Reason.CONTROL_CHARACTER, "campaign: 1 characters"),
        (
            {"type": "call.begun"},
            Reason.UNKNOWN_TYPE,
            "type: a string of 10 characters that names no event; write one of ",
        ),
        ({"type": 3}, Reason.WRONG_TYPE, "type: 3; write one of call.answered,"),
        ({"type": None}, Reason.MISSING_FIELD, "type: missing; write one of"),
        ({"type": ""}, Reason.MISSING_FIELD, "type: missing; write one of"),
    ],
)
def test_a_wrong_field_is_refused_with_its_shape_and_the_right_form(
    wrong: dict[str, Any], reason: Reason, told: str
) -> None:
    error = refused(CALL | wrong)
    assert (error.reason, error.field) == (reason, next(iter(wrong)))
    assert error.message.startswith(told)


def test_labels_of_any_language_are_read() -> None:
    for campaign in ("Été « 25 »", "春のキャンペーン", "a\u00a0b", "🎯", "O'Brien & Söhne"):
        for ascii_only in (True, False):
            event = read(json.dumps(CALL | {"campaign": campaign}, ensure_ascii=ascii_only).encode())
            assert isinstance(event, ev.CallEnded)
            assert event.campaign == campaign


@pytest.mark.parametrize(
    ("data", "reason", "told"),
    [
        (b"", Reason.MALFORMED_JSON, "an empty record"),
        (b" \n", Reason.MALFORMED_JSON, "an empty record"),
        (b"{", Reason.MALFORMED_JSON, "not JSON at character 2"),
        (b'{"type": "call.ended",}', Reason.MALFORMED_JSON, "not JSON at character"),
        (b'{"id": "1"} {"id": "2"}', Reason.MALFORMED_JSON, "not JSON at character 13 (extra data)"),
        (b"\xef\xbb\xbf{}", Reason.MALFORMED_JSON, "a byte-order mark before the JSON"),
        (b"\xff\xfe{\x00", Reason.BAD_ENCODING, "not UTF-8 at byte 0; write the record as UTF-8 JSON"),
        (b"null", Reason.NOT_AN_OBJECT, "null instead of an object"),
        (b'"0639980001"', Reason.NOT_AN_OBJECT, "a string of 10 characters instead of an object"),
        (b"[{}]", Reason.NOT_AN_OBJECT, "a list of 1 value instead of an object"),
        (b"{}", Reason.MISSING_FIELD, "type: missing"),
        (b'{"x":' * 100_000, Reason.TOO_DEEP, "objects or lists nested too deep"),
        (b"[" * 500_000, Reason.TOO_DEEP, "objects or lists nested too deep"),
        (
            b'{"x": "' + b"a" * 1_048_576 + b'"}',
            Reason.TOO_LARGE,
            "a record of 1048585 bytes; an event has no more than",
        ),
    ],
    ids=range(14),
)
def test_bytes_that_are_no_object_are_refused(data: bytes, reason: Reason, told: str) -> None:
    error = refused(data)
    assert (error.reason, str(error.message)[: len(told)]) == (reason, told)


def test_invalid_utf_8_is_refused_even_where_nobody_looks() -> None:
    data = json.dumps(CALL | {"unknown": "é"}, ensure_ascii=False).encode()
    assert read(data)
    assert refused(data.replace("é".encode(), b"\xe9")).reason is Reason.BAD_ENCODING


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_number_is_refused_with_its_field(constant: str) -> None:
    data = json.dumps(CALL | {"talk_s": 1}).replace('"talk_s": 1', f'"talk_s": {constant}').encode()
    error = refused(data)
    assert (error.reason, error.field) == (Reason.MALFORMED_JSON, "talk_s")
    assert error.message.startswith(f"talk_s: {constant.removeprefix('-')}, which is no JSON number")
    assert refused(data.replace(b"talk_s", b"Jeanne")).field is None


def test_a_number_beyond_all_bounds_is_refused() -> None:
    for wrong in ("1e999", "-1e999", "9" * 5000):
        data = json.dumps(CALL | {"talk_s": 1}).replace('"talk_s": 1', f'"talk_s": {wrong}').encode()
        assert (refused(data).reason, refused(data).field) == (Reason.OUT_OF_RANGE, "talk_s")
    with pytest.raises(Refused):
        read_mapping(CALL | {"talk_s": float("nan")}, received_ms=NOW, ahead_ms=DAY)


@pytest.mark.parametrize(
    ("wrong", "reason", "field"),
    [
        ({"currency": "EURO"}, Reason.UNKNOWN_CURRENCY, "currency"),
        ({"currency": "eur"}, Reason.UNKNOWN_CURRENCY, "currency"),
        ({"currency": "XAU"}, Reason.UNKNOWN_CURRENCY, "currency"),
        ({"amount": "-1.00"}, Reason.OUT_OF_RANGE, "amount"),
        ({"amount": "1.001"}, Reason.OUT_OF_RANGE, "amount"),
        ({"amount": "1.0", "currency": "JPY"}, Reason.OUT_OF_RANGE, "amount"),
        ({"amount": "1,00"}, Reason.WRONG_TYPE, "amount"),
        ({"amount": "1e3"}, Reason.WRONG_TYPE, "amount"),
        ({"amount": "NaN"}, Reason.WRONG_TYPE, "amount"),
        ({"amount": "\u0661"}, Reason.WRONG_TYPE, "amount"),
        ({"amount": 1000}, Reason.WRONG_TYPE, "amount"),
        ({"to": NOW - DAY}, Reason.PERIOD_REVERSED, "to"),
        ({"to": NOW - 2 * DAY}, Reason.PERIOD_REVERSED, "to"),
        ({"to": NOW + 4000 * DAY}, Reason.TIME_AHEAD, "to"),
    ],
)
def test_spend_is_money_over_a_period(wrong: dict[str, Any], reason: Reason, field: str) -> None:
    error = refused(SPEND | wrong)
    assert (error.reason, error.field) == (reason, field)


def test_spend_may_reach_into_the_future() -> None:
    event = read(SPEND | {"from": "2025-11-01T00:00:00+01:00", "to": NOW + 300 * DAY})
    assert isinstance(event, ev.SpendRecorded)
    assert (event.start, event.end) == (1_761_951_600_000, NOW + 300 * DAY)


def test_spend_may_be_of_any_moment_before_its_period_ends_and_of_none_after() -> None:
    spend = SPEND | {"from": NOW - DAY, "to": NOW + 20 * DAY}
    assert read(spend | {"at": NOW + 20 * DAY}).at == NOW + 20 * DAY
    assert read(spend | {"to": "2026-01-31T00:00:00+01:00", "at": NOW + 10 * DAY}).at == NOW + 10 * DAY
    assert refused(spend | {"at": NOW + 20 * DAY + 1}).reason is Reason.TIME_AHEAD
    assert refused(spend | {"at": 1}).reason is Reason.TIME_ABSURD


def test_money_is_exact_in_minor_units() -> None:
    for amount, currency, units in (
        ("1000", "EUR", 100_000), ("0.1", "EUR", 10), ("0", "EUR", 0), ("7", "JPY", 7), ("1.234", "BHD", 1234),
        ("999999999999999.99", "EUR", 99_999_999_999_999_999), ("007.50", "EUR", 750),
    ):  # fmt: skip
        assert ev.minor_units(amount, currency) == units


def test_a_won_lead_with_an_amount_has_a_currency() -> None:
    won = {**HEAD, "type": "lead.won", "lead": "L1"}
    assert read(won)
    assert refused(won | {"amount": "5"}).field == "currency"
    assert refused(won | {"amount": "5", "currency": "ZZZ"}).reason is Reason.UNKNOWN_CURRENCY


def test_of_a_field_given_twice_the_last_stands_on_both_paths() -> None:
    twice = json.dumps(CALL)[:-1] + ', "lead": "L2"'
    assert key_of(read(f"{twice}}}".encode())) == "L2"
    assert key_of(read(f'{twice}, "rep": ""}}'.encode())) == "L2"


def test_scrubbing_knows_every_field_that_events_have() -> None:
    fields = {field.encode_name for cls in TYPES.values() for field in msgspec.structs.fields(cls)} | {"type", "number"}
    known = TIME_FIELDS | scrub.ID_FIELDS | scrub.TEXT_FIELDS | scrub.NUMBER_FIELDS | {"number"}
    assert known == fields
