"""A label keeps what a label is for; what reads as a number or an e-mail address is masked, and counted by field."""

# ruff: noqa: RUF001  digits of other scripts are what is tested

from __future__ import annotations

import pytest

from stream.events.diagnosis import TYPES
from stream.events.reading import read_mapping
from stream.privacy.labels import FIELDS_OF, LONGEST_REASON, Labels, kept_label
from stream.privacy.masking import masked

TAGS = {kind: tag for tag, kind in TYPES.items()}


@pytest.mark.parametrize(
    "writing",
    [
        "+33 6 39 98 00 01", "+33639980001", "0033 6 39 98 00 01", "06 39 98 00 01", "06.39.98.00.01", "06-39-98-00-01",
        "0639980001", "+33 (0)6 39 98 00 01", "06/39/98/00/01", "06_39_98_00_01", "06,39,98,00,01", "06:39:98:00:01",
        "(555) 010-0199", "555-010-0199", "1 555 010 0199", "+1.555.010.0199", "020 7946 0018", "33.6.39.98.12.34",
        "0６３９９８０００１", "٠٦٣٩٩٨٠٠٠١", "０６ ３９ ９８ ００ ０１", "०६३९९८०००१",
        "06\u200b39\u200b98\u200b00\u200b01",
        "06\u00a039\u202f98\u200900\u00a001", "06‑39‑98‑00‑01", "＋33639980001", "%2B33639980001", "123456789",
        "00 33 639 980 001", "06\u00b739\u00b798\u00b700\u00b701", "4111 1111 1111 1111",
    ],
)  # fmt: skip
def test_a_number_is_masked_however_it_is_written(writing: str) -> None:
    for text in ("{}", "call {} back", "tel:{}", "client({})", "x{}", "«{}».", "2026-01-05 {}"):
        assert masked(text.format(writing), "FR") == text.format("[number]")


@pytest.mark.parametrize(
    "writing",
    [
        "ada@example.com", "ada.b+crm@mail.example.co.uk", "ADA_B@EXAMPLE.COM", "ada@exämple.de", "ада@пример.рф",
        "ada@xn--exmple-cua.de", "ada＠example．com", "ada%40example.com", '"ada b"@example.com',
        "0639980001@sms.example.com",
        "ada@उदाहरण.भारत", "ada@例え.テスト", "ada\u200b@example.com",
    ],
)  # fmt: skip
def test_an_e_mail_address_is_masked(writing: str) -> None:
    assert masked(writing, "FR") == "[email]"
    assert masked(f"ask {writing}, please", "FR") == "ask [email], please"
    assert masked(f"<{writing}> or {writing}", "FR") == "<[email]> or [email]"


@pytest.mark.parametrize(
    "label",
    [
        "Spring 2026", "Q4-2025", "1001", "600", "rep-1001", "PJSIP/1001", "SIP/trunk-600", "Local/600@from-queue",
        "2026-01-05", "20260105", "05/01/2026", "05.01.2026", "2026-01-05 10:30", "2026-01-05T10:30:45.123Z",
        "2025-2026",
        "2026-01_2026-02", "Spring 2026-01-05 2026-02-10", "v2.14.0", "10.0.19041.1348", "1.10.0-rc1", "10 000 €",
        "CAMP-2026-0042", "FR_2026_0042_15", "1 000 000", "550e8400-e29b-41d4-a716-446655440000", "NORMAL_CLEARING",
        "d41d8cd98f00b204e9800998ecf84123", "507f1f77bcf86cd799439011", "num_0123456789abcdef0123456789abcdef",
        "id_01234567890123456789abcdef012345", "r+1", "8h30-19h30", "1-2-3", "équipe n° 12", "Ada @ night", "a@b",
        "50/50",
        "too expensive (12 %)", "[number]", "called [number], or [email]", "12345678", "2026", "",
    ],
)  # fmt: skip
def test_an_ordinary_label_stays_as_it_is(label: str) -> None:
    assert masked(label, "FR") == label


def test_seven_or_eight_digits_are_a_number_where_the_region_has_such_numbers() -> None:
    assert masked("555-0199", "US") == "[number]"
    assert masked("ring 32 12 34 56", "DK") == "ring [number]"
    assert masked("555-0199", "FR") == "555-0199"
    assert masked("20260105", "DK") == "20260105"  # a date


def test_a_long_reason_is_other_and_all_is_counted_by_field_and_why() -> None:
    labels = Labels("FR")
    assert labels.reason["x" * LONGEST_REASON] == "x" * LONGEST_REASON
    assert labels.reason["x" * (LONGEST_REASON + 1)] == "other"
    assert labels.campaign["x" * (LONGEST_REASON + 1)] == "x" * (LONGEST_REASON + 1)
    for _ in range(3):
        assert labels.rep["ada@example.com, 06 39 98 00 01"] == "[email], [number]"
    assert labels.rep["1001"] == "1001"
    assert labels.rep[None] is None
    assert labels.counts == {("reason", "too_long"): 1, ("rep", "email"): 3, ("rep", "number"): 3}


def test_a_reason_that_grows_by_its_masks_is_other_at_once_and_not_at_the_next_admission() -> None:
    reason = "a@b.cc " * 8 + "abcd"
    assert len(reason) == LONGEST_REASON
    assert kept_label("reason", reason, "FR")[0] == "other"


def test_no_label_is_longer_than_a_text_may_be() -> None:
    label, _ = kept_label("campaign", ("a@b.cc " * 40)[:200], "FR")
    assert len(label) == 200
    assert kept_label("campaign", label, "FR") == (label, ())


def test_what_is_remembered_is_bounded() -> None:
    labels = Labels("FR")
    for number in range(10_000):
        assert labels.campaign[f"c{number}"] == f"c{number}"
    assert len(labels.campaign) < 5_000
    assert labels.campaign[None] is None


def test_every_label_of_every_type_of_event_is_cleaned() -> None:
    number, now = "call 06 39 98 00 01", 1_760_000_000_000
    texts = ("reason", "disposition", "hangup_cause", "campaign", "channel", "queue", "team", "rep", "source")
    record = dict.fromkeys(texts, number) | {
        "id": "e", "at": now, "placed_at": now, "from": now - 1, "to": now, "lead": "L", "call": "c", "customer": "K",
        "amount": "1", "currency": "EUR", "direction": "outbound", "state": "paused", "granted": True, "into": "M",
    }  # fmt: skip
    for kind, fields in FIELDS_OF.items():
        event = read_mapping(record | {"type": TAGS[kind]}, received_ms=now, ahead_ms=0)
        assert {name for name in event.__struct_fields__ if getattr(event, name) == number} == set(fields)
        assert Labels("FR").clean(event)
        assert not [name for name in event.__struct_fields__ if "39" in str(getattr(event, name)) and name in fields]
        assert not Labels("FR").clean(event)
