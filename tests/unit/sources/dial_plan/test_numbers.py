"""Numbers are read as they are dialled: without the codes before them, and never from the name of a line."""

from __future__ import annotations

import pytest

from stream.sources.dial_plan.numbers import dial_strings, plain, without_line_prefix


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0639980001", "0639980001"),
        ("06 39 98 00 01", "0639980001"),
        ("+33 (6) 39.98-00.01", "+33639980001"),
        ("#31#0639980001", "0639980001"),
        ("*31#0639980001", "0639980001"),
        ("*31*0639980001", "0639980001"),
        ("**0639980001", "0639980001"),
        ("#0639980001", "0639980001"),
        ("*671 555 010 0199", "15550100199"),
        ("*82+15550100199", "+15550100199"),
        ("0639980001#", "0639980001"),
        ("sip:0639980001@carrier.example", "0639980001"),
        ("tel:+33639980001;phone-context=x", "+33639980001"),
        ("101", "101"),
        *((text, "") for text in ("", "s", "dial", "*98", "**101", "#31#", "u-17", "anonymous", "<unknown>", "0639x")),
    ],
)
def test_a_number_is_read_without_the_codes_before_it(text: str, number: str) -> None:
    assert plain(text) == number


@pytest.mark.parametrize(
    ("data", "rung"),
    [
        ("IAX2/0033170/0033639980001,11,T", [("IAX2", "0033170", "0033639980001")]),
        ("IAX2/user:secret@carrier/#31#0639980001", [("IAX2", "carrier", "0639980001")]),
        ("PJSIP/0639980001@0170000000,300,Tb(headers^s^1)", [("PJSIP", "0170000000", "0639980001")]),
        ("SIP/provider/0639980001|60", [("SIP", "provider", "0639980001")]),
        ("PJSIP/301/sip:301@10.0.0.9,,HhTtr", [("PJSIP", "301", "")]),
        ("IAX2/105&IAX2/106,12", [("IAX2", "105", ""), ("IAX2", "106", "")]),
        ("Local/107@c2c/n", [("Local", "107", "107")]),
        ("DAHDI/g1/0639980001", [("DAHDI", "g1", "0639980001")]),
        ("Local/FMPR-201@in/n&Local/FMGL-0639980001#@in/n", [("Local", "201", "201"), ("Local", *2 * ("0639980001",))]),
        ("Local/RG-600-0639980001#@in", [("Local", "0639980001", "0639980001")]),
        ("Local/u-17@all", [("Local", "u-17", "")]),
        ("(Outgoing Line)", []),
        ("", []),
    ],
)
def test_a_dial_string_names_a_peer_and_perhaps_a_number(data: str, rung: list[tuple[str, str, str]]) -> None:
    assert [tuple(one) for one in dial_strings(data)] == rung


@pytest.mark.parametrize(
    ("dialled", "sent", "number"),
    [
        ("90639980001", "0639980001", "0639980001"),
        ("00639980001", "0639980001", "0639980001"),
        ("70010639980001", "0639980001", "0639980001"),
        ("912125550100", "12125550100", "12125550100"),
        # What is sent on in a line's own way of writing.
        ("0639980001", "639980001", "0639980001"),
        ("0033639980001", "33639980001", "0033639980001"),
        ("0639980001", "0033639980001", "0639980001"),
        ("0639980001", "0639980001", "0639980001"),
        ("0639980001", "", "0639980001"),
    ],
)
def test_digits_that_ask_for_a_line_are_no_part_of_the_number(dialled: str, sent: str, number: str) -> None:
    assert without_line_prefix(dialled, sent) == number
