"""A number comes in any writing and leaves as one pseudonym; nothing else of a person leaves at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream.privacy.identity import Identity

KEY = b"a key of the tests, 32 characters"


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity(KEY, "FR", r"[0-9]{3,4}")


def value(identity: Identity, raw: str, call: str | None = None) -> str:
    pseudonym = identity.pseudonym(raw, call=call)
    assert pseudonym is not None
    return pseudonym.value


@pytest.mark.parametrize(
    "raw",
    [
        "06 39 98 00 01", "+33639980001", "+33 (0)6.39.98.00.01", "0033 6-39-98-00-01", "tel:+33639980001",
        "sip:+33639980001@pbx.example;user=phone", "sip:%2B33639980001@pbx.example",
        '"Jeanne" <sip:0639980001@pbx.example>', "<0639980001>", "0639980001 ext. 12", " 0639980001 ",
    ],
)  # fmt: skip
def test_every_writing_of_a_number_is_the_same_number(raw: str, identity: Identity) -> None:
    assert identity.normalise(raw).text == "+33639980001"
    assert value(identity, raw) == value(identity, "+33639980001")


@pytest.mark.parametrize(
    ("region", "national", "international"),
    [
        ("FR", "06 39 98 00 01", "+33639980001"), ("FR", "00 33 6 39 98 00 01", "+33639980001"),
        ("US", "(212) 555-0123", "+12125550123"), ("US", "1-212-555-0123", "+12125550123"),
        ("US", "011 33 6 39 98 00 01", "+33639980001"), ("GB", "020 7946 0018", "+442079460018"),
        ("GB", "+44 (0)20 7946 0018", "+442079460018"), ("DE", "030 23125 999", "+493023125999"),
        ("IT", "06 698 12345", "+390669812345"), ("AU", "0491 570 006", "+61491570006"),
    ],
)  # fmt: skip
def test_a_national_number_is_read_in_the_region_of_the_floor(region: str, national: str, international: str) -> None:
    assert Identity(KEY, region).normalise(national).text == international
    assert value(Identity(KEY, region), national) == value(Identity(KEY, "FR"), international)


@pytest.mark.parametrize("code", ["15", "112", "3117", "118 218"])
def test_a_short_code_is_a_party_like_another_and_no_number_of_its_region(code: str) -> None:
    pseudonym = Identity(KEY, "FR").pseudonym(code, call="call-1")
    assert pseudonym is not None
    assert (pseudonym.value.startswith("num_"), pseudonym.recognised) == (True, False)
    assert value(Identity(KEY, "FR"), code) == value(Identity(KEY, "US"), code)
    assert Identity(KEY, "FR").normalise(code).text == code.replace(" ", "")


def test_a_pseudonym_is_a_prefix_and_32_hexadecimal_digits_under_the_key(identity: Identity) -> None:
    one = value(identity, "+12125550123")
    assert one.startswith("num_")
    assert len(bytes.fromhex(one.removeprefix("num_"))) == 16
    assert value(Identity(b"another key of 16", "FR"), "+12125550123") != one
    assert value(identity, one) == one
    assert value(Identity(KEY, "US"), "212 555 0123") == one


def test_pseudonyms_are_the_same_wherever_and_whenever_the_key_is() -> None:
    """Written down here: made in another way, every number that a floor has stored would be a stranger."""
    known = "num_c4e09dbbaeb25d718d2fd676cb9d465a"
    assert value(Identity(KEY, "FR"), "06 39 98 00 01") == known
    assert value(Identity(KEY, "US"), "+33639980001") == known
    assert Identity(KEY, "FR").fingerprint() == "8bf6831aa6f928c8"


def test_a_number_that_is_not_valid_keeps_a_pseudonym_of_its_own_and_says_so(identity: Identity) -> None:
    valid = identity.pseudonym("+12125550123", call=None)
    assert valid is not None
    assert valid.recognised
    for raw in ("5550123", "06 39 98 00 01", "123456789012345678", "reception"):
        pseudonym = identity.pseudonym(raw, call=None)
        assert pseudonym is not None
        assert not pseudonym.recognised
    assert value(identity, "555-0123") == value(identity, "5550123")
    assert value(identity, "5550123") != value(identity, "5550124")
    assert value(identity, "Reception") == value(identity, "sip:reception@pbx.example")


@pytest.mark.parametrize(
    "raw",
    [
        "anonymous", "Unknown", "PRIVATE", "restricted", "withheld", "unavailable", "", "  ", "<unknown>",
        "Anonymous <anonymous@anonymous.invalid>", '"Anonymous" <sip:anonymous@anonymous.invalid>',
        "sip:c8oqz84zk7z@anonymous.invalid", '"Anonymous" <>', "anonymous@pbx.example",
    ],
)  # fmt: skip
def test_a_withheld_number_is_keyed_by_its_call(raw: str, identity: Identity) -> None:
    one, other = value(identity, raw, "call-1"), value(identity, raw, "call-2")
    assert one == value(identity, "anonymous", "call-1")
    assert one != other
    assert identity.pseudonym(raw, call=None) is None


def test_an_extension_is_left_out_only_where_a_pattern_names_it(identity: Identity) -> None:
    assert identity.is_extension("1001")
    assert identity.pseudonym("1001", call="call-1") is None
    assert identity.pseudonym("10012", call="call-1") is not None
    assert Identity(KEY, "FR").pseudonym("1001", call="call-1") is not None


def test_the_fingerprint_tells_keys_apart_and_is_no_pseudonym(identity: Identity) -> None:
    assert identity.fingerprint() == Identity(KEY, "US").fingerprint()
    assert identity.fingerprint() != Identity(KEY + b"!", "FR").fingerprint()
    assert len(identity.fingerprint()) == 16


def test_an_international_number_inside_an_id_or_a_label_is_replaced(identity: Identity) -> None:
    clean = identity.without_numbers("SIP/+33 6 39 98 00 01@trunk")
    assert clean.startswith("SIP/id_")
    assert clean.endswith("@trunk")
    assert clean == identity.without_numbers("SIP/+33639980001@trunk")
    for kept in ("1437589200.123", "0639980001", "a+b", "2024-01-05T10:00:00+02:00", "Spring +20 %"):
        assert identity.without_numbers(kept) == kept
    crowded = "+33639980001," * 15
    assert identity.without_numbers(crowded).startswith("id_")
    assert len(identity.without_numbers(crowded)) <= 200


def scrubbed(identity: Identity, record: Any) -> Any:
    return json.loads(identity.scrub(json.dumps(record).encode()))


def test_scrubbed_json_keeps_its_ids_and_times_and_loses_the_person(identity: Identity) -> None:
    record = {
        "id": "1437589200.123", "type": "call.ended", "at": 1700000000000, "placed_at": "2024-01-05T10:00:00+01:00",
        "answered_at": "1700000000000", "call": "20240105100000", "number": "06 39 98 00 01", "talk_s": 31.5,
        "campaign": "Spring", "reason": "call back on 06.39.98.00.01", "name": "Jeanne Martin", "age": 41,
        "callerid": 33639980001, "contact": {"email": "jeanne@example.invalid", "phones": ["0639980001", 33639980001]},
        "amount": "10000.00",
    }  # fmt: skip
    pseudonym = value(identity, "+33639980001")
    assert scrubbed(identity, record) == record | {
        "number": pseudonym,
        "reason": f"call back on {pseudonym}",
        "name": "…",
        "callerid": "…",
        "contact": {"email": "…", "phones": ["…", "…"]},
    }


def test_a_number_written_as_a_number_is_a_pseudonym_too(identity: Identity) -> None:
    assert scrubbed(identity, {"number": 33639980001}) == {"number": value(identity, "+33639980001")}
    assert scrubbed(identity, {"number": 33639980001.0}) == {"number": value(identity, "+33639980001")}
    assert scrubbed(identity, [{"number": "0639980001"}]) == [{"number": value(identity, "+33639980001")}]


def test_a_withheld_number_and_an_extension_stay_what_they_are(identity: Identity) -> None:
    assert scrubbed(identity, {"number": "Jeanne <anonymous@anonymous.invalid>"}) == {"number": "anonymous"}
    assert scrubbed(identity, {"number": ""}) == {"number": ""}
    assert scrubbed(identity, {"number": "1001"}) == {"number": "1001"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"at": 1700000000000, "number": "0639980001"', '{"at": 1700000000000, "number": "NUM"'),
        (b'{"call": "1437589200.123", "number": 33639980001,}', '{"call": "1437589200.123", "number": "NUM",}'),
        (b"{'name': 'Jeanne', 'lead': 'L-1', 'number': '0639980001'}", "{'name': '…', 'lead': 'L-1', 'number': 'NUM'}"),
        (b'{"lead": "L1, number: 06 39 98 00 01}', '{"lead": "L1, number: NUM}'),
        (b'{"name": "Jeanne Mar', '{"name": "…'),
        (b"2024-01-05 10:00:00,0639980001,30", "2024-01-05 10:00:00,NUM,30"),
        (b"0639980001 2024-01-05T10:00:00Z", "NUM 2024-01-05T10:00:00Z"),
        (b'{"number": "\\u0030639980001", x', '{"number": "NUM", x'),
        ('{"number": "0639980001"}'.encode("utf-16"), '{"number":"NUM"}'),
        (b"\xff 06\xa039\xa098\xa000\xa001", "\udcff NUM"),
    ],
)  # fmt: skip
def test_broken_text_is_scrubbed_by_what_it_looks_like(before: bytes, after: str, identity: Identity) -> None:
    expected = after.replace("NUM", value(identity, "+33639980001"))
    assert identity.scrub(before) == expected.encode("utf-8", "surrogateescape")


def test_deep_and_huge_records_are_scrubbed_too(identity: Identity) -> None:
    deep = b'{"x":' * 20_000 + b'"0639980001"'
    assert b"0639980001" not in identity.scrub(deep)
    crowd = b'{"number": "0639980001"}\n' * 5_000
    assert b"0639980001" not in identity.scrub(crowd)


def test_an_id_of_a_lead_that_begins_with_0_is_a_number_where_its_region_has_it() -> None:
    british = Identity(KEY, "GB")
    assert british.of_person("02079460018") == british.of_person("+442079460018") == british.of_person("020 7946 0018")
    assert british.of_person("02079460018").startswith("id_")
    assert Identity(KEY, "FR").of_person("02079460018") == "02079460018"
    assert british.of_person("0000012345") == "0000012345"
