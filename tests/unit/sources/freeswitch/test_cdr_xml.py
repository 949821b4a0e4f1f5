"""Records of mod_xml_cdr are read as those of mod_json_cdr are; what is no record, or means harm, is refused."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.sources.formats import FORMATS
from stream.sources.freeswitch import cdr_xml
from stream.sources.reading import Unreadable
from tests.freeswitch_legs import NUMBER, A, B, C, T, leg, xml
from tests.read_source import read_bytes

LEGS = [
    leg(A, 0, 2, 60.5, variables={"bridge_epoch": str(T + 12), "campaign": "été à Nice", "amd_result": "HUMAN"}),
    leg(B, 1, 12.5, 60.25, variables={"originator": A, "channel_name": "sofia/external/0639980001@provider.example"}),
    leg(C, 0, None, 20, call=C, called="0639980002", cause="USER_BUSY", code="17"),
]
QUEUE = {"cc_queue": "support@default", "cc_queue_joined_epoch": str(T + 2), "cc_queue_answered_epoch": str(T + 17)}
LEGS_IN = [leg(A, 0, 1, 60, caller=NUMBER, called="0199001000", context="public", variables=QUEUE, apps=["answer"])]


def document(**variables: str) -> str:
    return xml(leg(A, 0, 1, 60, variables={"bridge_epoch": str(T + 1), **variables}))


@pytest.mark.parametrize("legs", [LEGS, LEGS_IN])
@pytest.mark.parametrize(
    "between", ["", "\n", "\n\n  ", None], ids=["nothing", "a line", "white space", "no declaration"]
)
def test_a_record_says_the_same_in_both_forms(legs: list[dict[str, Any]], between: str | None) -> None:
    text = (between or "").join(xml(one, declared=between is not None) for one in legs)
    assert next(name for name, form in FORMATS.items() if form.looks(text.encode())) == "freeswitch-cdr"
    by_xml = read_bytes("freeswitch-cdr", text)
    by_json = read_bytes("freeswitch-cdr", "\n".join(json.dumps(one) for one in legs))
    assert not by_xml.refused
    assert [one["type"] for one in by_xml.events] == [one["type"] for one in by_json.events] != []
    assert by_xml.events == by_json.events


def test_documents_on_one_line_are_read_one_by_one() -> None:
    text = "".join(xml(one).replace("\n", "") for one in LEGS)
    assert read_bytes("freeswitch-cdr", text).calls().keys() == {A, C}


@pytest.mark.parametrize(
    "variable",
    [
        "<nolocal:operator>1</nolocal:operator>",
        "<set api_hangup_hook>x</set api_hangup_hook>",
        "<^^,default_language>fr</^^,default_language>",
        "<1>2</1>",
        "<></>",
        "<note>\x02</note>",
        "<sip_h_X-Tag>1</sip_h_X-Tag>",
    ],
)
def test_a_variable_may_have_any_name(variable: str) -> None:
    said = read_bytes("freeswitch-cdr", document().replace("    <uuid>", f"    {variable}\n    <uuid>", 1))
    assert not said.refused
    assert said.call()["talk_s"] == 59


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_name_with_an_accent_costs_nothing_in_any_encoding(encoding: str) -> None:
    text = document().replace("<caller_profile>", "<caller_profile><caller_id_name>Hélène</caller_id_name>")
    said = read_bytes("freeswitch-cdr", text.encode(encoding))
    assert not said.refused
    assert said.call()["number"] == NUMBER


BOMB = '<!DOCTYPE cdr [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>\n'
FILE = '<!DOCTYPE cdr [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'
OUTSIDE = '<!DOCTYPE cdr SYSTEM "http://192.0.2.1/x.dtd">\n'


@pytest.mark.parametrize("declaration", [BOMB, FILE, OUTSIDE])
def test_a_document_that_declares_entities_is_refused_unread_and_the_next_one_stands(declaration: str) -> None:
    bad = document(note="x").replace("<cdr ", f"{declaration}<cdr ").replace(">x<", ">&c;&x;<")
    said = read_bytes("freeswitch-cdr", bad + xml(LEGS[2]))
    assert said.calls().keys() == {C}
    (refused,) = said.refused
    assert refused.refused.message.startswith("it declares a document type or entities")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (document()[:400], "a document that does not end"),
        (document().replace("</variables>", ""), "no XML from its line 31 on; is the record cut off or damaged?"),
        (document().replace("variables>", "nothing>"), "variables: missing"),
        (document().replace(A, "no id"), "uuid: 5 characters"),
        (document(end_uepoch="soon"), "end_uepoch: 4 characters"),
        ("something else\n", "a document that does not end, or is none"),
        ("<html><body>502 Bad Gateway</body></html>\n", "a document that does not end, or is none"),
    ],
)
def test_a_record_that_is_none_is_refused_and_the_others_stand(bad: str, message: str) -> None:
    said = read_bytes("freeswitch-cdr", xml(LEGS[2]) + bad + xml(leg(B, 0, 1, 60, call=B)))
    assert said.calls().keys() == {C, B}
    (refused,) = said.refused
    assert refused.refused.message.startswith(message)
    assert NUMBER not in refused.refused.message


@pytest.mark.parametrize("end", [500, None])
def test_what_is_refused_names_nobody(end: int | None) -> None:
    names = "<sip_from_display>Somebody</sip_from_display><effective_caller_id_name>Else</effective_caller_id_name>"
    text = document(end_uepoch="soon").replace("<uuid>", f"{names}<uuid>", 1)
    (refused,) = read_bytes("freeswitch-cdr", text[:end]).refused
    assert b"Somebody" not in refused.data
    assert b"Else" not in refused.data
    assert b"<uuid>" in refused.data


def test_a_document_without_end_is_put_aside_before_it_fills_the_memory() -> None:
    text = "<cdr>\n" + "<variables>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" * 300_000 + xml(LEGS[2])
    said = read_bytes("freeswitch-cdr", text)
    assert said.calls().keys() == {C}
    assert all(len(one.data) <= 4 * 1024 * 1024 for one in said.refused)
    assert len(said.refused) >= 3


PIECES = [
    "<cdr>",
    "</cdr>",
    "<cdr ",
    '<?xml version="1.0"?>',
    "\n",
    "text",
    "<variables>",
    "</cdrs>",
    " ",
    xml(LEGS[2]),
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_whatever_stands_in_a_file_every_byte_of_it_is_in_a_record_or_in_a_refusal(text: str) -> None:
    items = list(cdr_xml.records(io.BytesIO(text.encode())))
    data = b"".join(item.data if isinstance(item, Unreadable) else item[1] for item in items)
    assert b"".join(data.split()) == b"".join(text.encode().split())
