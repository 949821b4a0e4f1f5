"""A refused record is kept with its reason and without the person in it, and can be corrected field by field."""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import Any

import pytest

from stream.errors import RingboardError
from stream.events.refusal import Reason, Refused
from stream.intake.rejected import (
    MAX_KEPT_BYTES,
    Rejected,
    SentAgain,
    read_rejected,
    rejected_record,
    sent_again_record,
)
from stream.intake.resend import with_fields
from stream.kafka.topics import REJECTED_BYTES
from stream.privacy.identity import Identity

NOW = 1_760_000_000_000
IDENTITY = Identity(b"a key of the tests, 32 characters", "FR")
REFUSED = Refused(Reason.WRONG_TYPE, "talk_s", "talk_s: a boolean; write seconds")


def kept(data: bytes, **origin: Any) -> Rejected:
    value = rejected_record(REFUSED, data, identity=IDENTITY, at=NOW, source="topic", **origin)
    assert len(value) < REJECTED_BYTES
    read = read_rejected(value)
    assert isinstance(read, Rejected)
    return read


def test_a_refused_record_says_why_and_where_it_lies() -> None:
    rejected = kept(b'{"talk_s":true}', topic="t.events.v1", partition=3, offset=12)
    assert (rejected.reason, rejected.field, rejected.message) == ("wrong_type", "talk_s", REFUSED.message)
    assert (rejected.topic, rejected.partition, rejected.offset, rejected.at) == ("t.events.v1", 3, 12, NOW)
    assert (rejected.content, rejected.encoding, rejected.truncated) == (b'{"talk_s":true}', "utf-8", False)


def test_its_digest_tells_records_apart_and_cannot_be_tried_without_the_key() -> None:
    data = b'{"number":"0639980001"}'
    assert kept(data).digest == kept(data).digest != kept(data + b" ").digest
    assert kept(data).digest != hashlib.sha256(data).hexdigest()
    assert b"0639980001" not in kept(data).content


@pytest.mark.parametrize(
    "data",
    [b"\x01\xff\xfe" * 50, b"", zlib.compress(bytes(range(128, 256))), b"\x1b" * 3000, "é".encode() * 100],
    ids=range(5),
)
def test_any_bytes_are_kept_as_they_are(data: bytes) -> None:
    assert kept(data).content == data


@pytest.mark.parametrize(
    "data",
    [b"a" * 10_000_000, b'"' * 10_000_000, b"\x00\xff\x80" * 3_000_000, b"1234567,x" * 500_000, b"0639980001 " * 10**6],
    ids=range(5),
)
def test_of_a_huge_record_the_beginning_is_kept(data: bytes) -> None:
    rejected = kept(data)
    assert (rejected.size, rejected.truncated) == (len(data), True)
    assert len(rejected.content) <= MAX_KEPT_BYTES
    assert b"0639980" not in rejected.content


def test_a_number_that_the_cut_goes_through_is_not_kept_in_part() -> None:
    data = b"a" * (MAX_KEPT_BYTES - 5) + b"06399 80001"
    assert kept(data).content == b"a" * (MAX_KEPT_BYTES - 5)


def test_a_note_says_that_a_record_was_sent_again() -> None:
    assert read_rejected(sent_again_record(12, NOW)) == SentAgain(sent_again=12, at=NOW)
    for other in (b"", b"{}", b"[]", b"\xff", b"[" * 10_000):
        assert read_rejected(other) is None


def test_fields_are_set_and_left_out() -> None:
    content = json.dumps({"id": "e1", "at": 1, "talk_s": -1, "rep": "r1", "amount": 5}).encode()
    changes = [
        ("at", "1760000000000"), ("placed_at", "2025-10-09T08:00:00Z"), ("talk_s", "30.5"), ("rep", ""),
        ("amount", "5.00"), ("number", "33639980001"), ("granted", "true"), ("note", "é"),
    ]  # fmt: skip
    assert json.loads(with_fields(content, changes)) == {
        "id": "e1", "at": NOW, "placed_at": "2025-10-09T08:00:00Z", "talk_s": 30.5, "amount": "5.00",
        "number": "33639980001", "granted": True, "note": "é",
    }  # fmt: skip
    for no_object in (b"[]", b"{", b"\xff", b"[" * 10_000):
        with pytest.raises(RingboardError, match="use --edit or --with FILE"):
            with_fields(no_object, [("rep", "r1")])
