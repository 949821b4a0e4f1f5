"""Whose announcements are believed: signed with the floor's key for this topic, of now, and each once."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import pytest

from agents.peers.announcement import Announcement, encode
from agents.peers.claims import Claim
from agents.peers.refusals import LOG_EVERY_S, RECORD, Refusals
from agents.peers.roster import DEAD_AFTER_S, MOST_WORKERS, Roster
from stream.clock import FixedClock
from stream.kafka.signed_record import MOST_BYTES, SIGNATURE, RecordSigner
from stream.privacy.identity import Identity

TOPIC = "ringboard.control.v1"
NOW = 1_770_000_000_000
OURS = RecordSigner(TOPIC, Identity(b"a key of the tests, and of nothing else", "FR"))
ENTRY = Announcement("http://127.0.0.1:6067", [Claim("events", 0, "ready")], 3, NOW, "member-1")


class Record(NamedTuple):
    """A consumed record; stamped by the broker, unless `timestamp_type` is 0."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = NOW
    timestamp_type: int = 1


class Heard:
    """A roster, and what it did not believe."""

    def __init__(self, own: str = "me") -> None:
        self.seconds = 0.0
        self.clock = FixedClock(NOW)
        self.refusals = Refusals(lambda: self.seconds)
        self.roster = Roster(own, OURS, self.clock, self.refusals, lambda: self.seconds)

    def takes(self, *records: Record) -> list[str]:
        for record in records:
            self.roster.take(record)
        return list(self.roster.present())

    @property
    def refused(self) -> dict[str, int]:
        return {why: count for (what, why), count in self.refusals.counts.items() if what == RECORD and count}


def signed(name: str = "w1", signer: RecordSigner = OURS, **changed: Any) -> Record:
    entry = msgspec.structs.replace(ENTRY, **changed)
    key, value = f"worker/{name}".encode(), encode(entry)
    return Record(key, value, tuple(signer.headers(key, value)), entry.at)


GOOD = signed()
ELSEWHERE = encode(msgspec.structs.replace(ENTRY, url="http://thief.example"))
FORGED = {
    "unsigned": (GOOD._replace(headers=()), "unsigned"),
    "another header": (GOOD._replace(headers=(("signature", GOOD.headers[0][1]),)), "unsigned"),
    "another key": (signed(signer=RecordSigner(TOPIC, Identity(b"a key of a stranger, and no other", "FR"))), "forged"),
    "another topic": (
        signed(signer=RecordSigner("other.control.v1", Identity(b"a key of the tests, and of nothing else", "FR"))),
        "forged",
    ),
    "another worker": (GOOD._replace(key=b"worker/w2"), "forged"),
    "another kind of key": (GOOD._replace(key=b"w1"), "forged"),
    "no key": (GOOD._replace(key=None), "forged"),
    "another address": (GOOD._replace(value=ELSEWHERE), "forged"),
    "one byte more": (GOOD._replace(value=(GOOD.value or b"") + b" "), "forged"),
    "an empty value": (GOOD._replace(value=b""), "forged"),
    "a deletion with its signature": (GOOD._replace(value=None), "forged"),
    "a deletion": (Record(b"worker/w1", None), "unsigned"),
    "a signature twice": (GOOD._replace(headers=GOOD.headers * 2), "forged"),
    "an empty signature": (GOOD._replace(headers=((SIGNATURE, b""),)), "forged"),
    "no text as a signature": (GOOD._replace(headers=((SIGNATURE, b"\xff" * 64),)), "forged"),
    "a giant": (Record(b"worker/w1", b"[" * (MOST_BYTES + 1)), "too_large"),
    "no announcement": (Record(b"worker/w1", b"{}", tuple(OURS.headers(b"worker/w1", b"{}"))), "unreadable"),
    "before now": (signed(at=NOW - 10_001)._replace(timestamp=NOW), "stale"),
    "after now": (signed(at=NOW + 10_001)._replace(timestamp=NOW), "stale"),
}


@pytest.mark.parametrize(("record", "why"), FORGED.values(), ids=FORGED)
def test_what_is_forged_is_counted_and_does_nothing_else(record: Record, why: str) -> None:
    heard = Heard()
    assert heard.takes(record) == []
    assert heard.refused == {why: 1}
    assert heard.roster._heard == {}


@pytest.mark.parametrize(("record", "why"), FORGED.values(), ids=FORGED)
def test_nor_does_it_change_what_is_known_of_the_worker_it_names(record: Record, why: str) -> None:
    heard = Heard()
    assert heard.takes(GOOD, record) == ["w1"]
    assert heard.roster.present()["w1"] == ENTRY
    assert heard.refused == {why: 1}


def test_a_copy_or_an_earlier_one_is_not_believed_again() -> None:
    heard = Heard()
    later = signed(at=NOW + 2000, claims=[])
    assert heard.takes(GOOD, later, GOOD, later, signed(at=NOW + 1999)) == ["w1"]
    assert heard.roster.present()["w1"].claims == []
    assert heard.refused == {"stale": 3}


def test_copies_do_not_keep_a_worker_that_has_left_or_died() -> None:
    heard = Heard()
    assert heard.takes(GOOD, signed("w2"), signed("w2", at=NOW + 1, left=True)) == ["w1"]
    assert heard.takes(signed("w2")) == ["w1"]
    while heard.seconds < 4 * DEAD_AFTER_S:
        heard.seconds += 1
        heard.takes(GOOD._replace(timestamp=NOW + int(1000 * heard.seconds)))
        assert (heard.takes() == ["w1"]) == (heard.seconds <= DEAD_AFTER_S)
    assert heard.takes(signed("w3", at=NOW + 40_000)) == ["w3"]
    assert list(heard.roster._heard) == ["w3"]


def test_a_signed_deletion_is_right_and_means_nothing() -> None:
    heard = Heard()
    deletion = Record(b"worker/w1", None, tuple(OURS.headers(b"worker/w1", None)))
    assert heard.takes(GOOD, deletion) == ["w1"]
    assert heard.refused == {}


def test_where_the_broker_does_not_stamp_records_this_workers_clock_says_what_now_is() -> None:
    """Whoever writes a record may put any time on it."""
    heard = Heard()
    old = signed(at=NOW - 60_000)._replace(timestamp_type=0)
    assert heard.takes(old) == []
    assert heard.refused == {"stale": 1}
    assert heard.takes(signed()._replace(timestamp=0, timestamp_type=0)) == ["w1"]


def test_a_worker_believes_itself_whatever_its_clock() -> None:
    heard = Heard("w1")
    assert heard.takes(GOOD._replace(timestamp=NOW + 600_000)) == ["w1"]
    assert heard.roster.heard_within("w1", 5)
    heard.seconds = 6
    assert not heard.roster.heard_within("w1", 5)


def test_other_signed_records_of_the_topic_are_nobody_s_announcement() -> None:
    heard = Heard()
    assert heard.takes(Record(b"stamp", b"{}", tuple(OURS.headers(b"stamp", b"{}")))) == []
    assert heard.refused == {}
    heard.takes(Record(b"stamp", b"{}"))
    assert heard.refused == {"unsigned": 1}


def test_no_more_workers_are_remembered_than_a_floor_has() -> None:
    heard = Heard()
    names = heard.takes(*(signed(f"w{number}") for number in range(MOST_WORKERS + 5)))
    assert len(names) == MOST_WORKERS
    assert heard.refused == {"too_many": 5}


def test_a_flood_is_one_line_of_log_a_minute_without_any_of_its_content(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    forged = Record(b"worker/SECRET", b'{"url": "http://SECRET.example"}', ((SIGNATURE, b"SECRET"),))
    heard.takes(*[forged] * 1000)
    assert len(caplog.messages) == 1
    heard.seconds += LOG_EVERY_S
    heard.takes(forged)
    assert len(caplog.messages) == 2
    assert caplog.messages[1].endswith("a stranger wrote it; left out (1000 times)")
    assert "SECRET" not in caplog.text
    assert heard.refused == {"forged": 1001}
