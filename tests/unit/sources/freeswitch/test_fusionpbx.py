"""Rows of FusionPBX's v_xml_cdr, from the database, an export, or the page of its call records, become calls."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from stream.errors import RingboardError
from stream.sources.formats import FORMATS
from tests.freeswitch_legs import NUMBER, A, B, C, D, T, leg, xml
from tests.read_source import FileRead, read_bytes

HOUSE = "0199001000"
DOMAIN = "floor.example"


def row(uuid: str = A, start: int = 0, answer: int | None = 12, end: int = 60, **columns: Any) -> dict[str, Any]:
    """Return a row as the table has it: `duration` is the same as billsec, and what was not answered was so in 1970."""
    talk = 0 if answer is None else end - answer
    return {
        "xml_cdr_uuid": uuid, "domain_name": DOMAIN, "direction": "inbound", "context": "public",
        "caller_id_name": "Somebody", "caller_id_number": NUMBER, "caller_destination": HOUSE,
        "destination_number": HOUSE, "start_epoch": T + start, "start_stamp": "2026-06-01 10:00:00+02",
        "answer_epoch": 0 if answer is None else T + answer, "answer_stamp": "1970-01-01 01:00:00+01",
        "end_epoch": T + end, "end_stamp": "2026-06-01 10:01:00+02", "duration": talk, "billsec": talk,
        "billmsec": talk * 1000, "bridge_uuid": B if answer is not None else "", "leg": "a",
        "originating_leg_uuid": "", "last_app": "lua", "voicemail_message": "false", "missed_call": "false",
        "cc_side": "", "cc_queue": "", "cc_queue_joined_epoch": "", "cc_queue_answered_epoch": "",
        "cc_queue_terminated_epoch": "", "cc_queue_canceled_epoch": "", "cc_cancel_reason": "", "cc_agent": "",
        "cc_member_session_uuid": "", "waitsec": answer or 0, "status": "answered", "hangup_cause": "NORMAL_CLEARING",
        "hangup_cause_q850": 16, "ring_group_uuid": "", "extension": "1012" if answer is not None else "",
        "json": "", "xml": "", **columns,
    }  # fmt: skip


def as_file(*some: dict[str, Any]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(some[0]))
    writer.writeheader()
    writer.writerows(some)
    return out.getvalue().encode()


def read(*some: dict[str, Any], **settings: Any) -> FileRead:
    data = as_file(*some)
    assert next(name for name, form in FORMATS.items() if form.looks(data)) == "freeswitch-cdr"
    said = read_bytes("freeswitch-cdr", data, **settings)
    assert not said.refused
    return said


OUT: dict[str, Any] = {
    "direction": "outbound",
    "context": DOMAIN,
    "caller_id_number": HOUSE,
    "destination_number": NUMBER,
}


def test_a_call_that_an_extension_placed_is_an_attempt_of_its_rep() -> None:
    call = read(row(**OUT, billmsec=47_640)).call()
    assert (call["call"], call["direction"], call["number"], call["rep"]) == (A, "outbound", NUMBER, "1012")
    assert (call["placed_at"], call["answered_at"], call["talk_s"]) == (1000 * T, 1000 * (T + 12), 47.64)
    unanswered = read(row(answer=None, **OUT, hangup_cause="USER_BUSY", hangup_cause_q850=17)).call()
    assert (unanswered["disposition"], unanswered["hangup_cause"], unanswered["talk_s"]) == ("busy", "17", 0)


def test_a_caller_is_talked_to_from_when_they_were_joined_with_a_rep_not_from_the_greeting() -> None:
    greeted = row(answer=1, waitsec=12)
    call = read(greeted).call()
    assert (call["direction"], call["number"], call["rep"], call["talk_s"]) == ("inbound", NUMBER, "1012", 48)
    assert call["answered_at"] == 1000 * (T + 12)


@pytest.mark.parametrize(
    ("columns", "disposition"),
    [
        ({"status": "voicemail", "voicemail_message": "true", "answer_epoch": T + 20}, "voicemail"),
        ({"answer_epoch": T + 1, "last_app": "ivr"}, "abandoned"),
        ({}, "abandoned"),
    ],
)
def test_a_caller_whom_only_the_system_answered_has_reached_nobody(columns: dict[str, Any], disposition: str) -> None:
    call = read(row(answer=None, **columns)).call()
    assert (call["disposition"], call["talk_s"]) == (disposition, 0)


def test_a_call_between_extensions_is_internal_and_counted() -> None:
    said = read(row(direction="local", context=DOMAIN, caller_id_number="1011", destination_number="1012"))
    assert not said.events
    assert said.source.unused == {"internal call": 1}


def test_the_rows_of_agents_belong_to_their_caller_and_are_no_calls_alone() -> None:
    queue: dict[str, Any] = {
        "cc_queue": f"8000@{DOMAIN}", "cc_side": "member", "cc_queue_joined_epoch": T + 2,
        "cc_queue_answered_epoch": T + 17, "cc_queue_terminated_epoch": T + 60, "cc_agent": D, "extension": "",
    }  # fmt: skip
    agents = [
        row(
            one, at, answer, end, cc_side="agent", cc_queue=f"8000@{DOMAIN}", cc_member_session_uuid=A,
            destination_number=extension, extension=extension, bridge_uuid="",
        )
        for one, at, answer, end, extension in ((B, 3, None, 10, "1011"), (C, 12, 17, 60, "1012"))
    ]  # fmt: skip
    for some in ([row(answer=1, **queue), *agents], [*agents, row(answer=1, **queue)]):
        said = read(*some)
        call, (left,) = said.call(), said.of_type("queue.left")
        assert (call["queue"], call["rep"], call["wait_s"], call["talk_s"]) == ("8000", "1012", 15, 43)
        assert (left["outcome"], left["wait_s"]) == ("answered", 15)
    assert not read(*agents).events


def test_a_ring_group_stands_for_the_queue_where_it_is_named() -> None:
    for settings in ({HOUSE: "sales"}, {D: "sales"}, {"public": "sales"}):
        said = read(row(ring_group_uuid=D), freeswitch_ring_groups=settings)
        (left,) = said.of_type("queue.left")
        assert (left["queue"], left["outcome"], left["wait_s"]) == ("sales", "answered", 12)


@pytest.mark.parametrize("column", ["json", "xml"])
def test_a_record_that_stands_in_the_row_is_read_instead_of_what_was_made_of_it(column: str) -> None:
    record = leg(
        A, 0, 1, 60.25, caller=NUMBER, called=HOUSE, context="public", apps=["answer", "lua"],
        variables={"bridge_uepoch": str(1_000_000 * T + 12_500_000), "campaign": "spring", "call_direction": "inbound"},
    )  # fmt: skip
    as_json = {
        **record,
        "app_log": {"application": [{"@attributes": one} for one in record["app_log"]["applications"]]},
    }
    text = {"json": json.dumps(as_json), "xml": xml(record)}[column]
    whole: dict[str, Any] = {column: text}
    cut: dict[str, Any] = {column: text[:80]}
    call = read(row(**whole)).call()
    assert (call["answered_at"], call["talk_s"], call["campaign"]) == (1000 * T + 12_500, 47.75, "spring")
    assert call["rep"] == "1012"
    broken = read(row(**cut)).call()
    assert (broken["talk_s"], broken["rep"]) == (48, "1012")


def test_the_export_of_the_page_has_stamps_and_other_columns() -> None:
    names = (
        "xml_cdr_uuid", "extension", "start_stamp", "end_stamp", "start_epoch", "hangup_cause", "duration", "billmsec",
        "bridge_uuid", "direction", "billsec", "caller_id_number", "destination_number", "leg", "cc_side",
        "answer_stamp", "status",
    )  # fmt: skip
    stamps = {
        "start_epoch": T, "start_stamp": "2026-06-01 10:00:00+02", "answer_stamp": "2026-06-01 10:00:12+02",
        "end_stamp": "2026-06-01 10:01:00+02",
    }  # fmt: skip
    full = {**row(**OUT), **stamps}
    exported = {**{name: full[name] for name in names}, "wait": 12, "tta": 12}
    call = read(exported).call()
    assert (call["talk_s"], call["answered_at"], call["rep"]) == (48, 1000 * (T + 12), "1012")
    unanswered = {**exported, "answer_stamp": "1970-01-01 01:00:00+01", "bridge_uuid": "", "billmsec": 0, "billsec": 0}
    assert read(unanswered).call()["talk_s"] == 0


def test_times_without_a_zone_are_those_of_the_setting() -> None:
    local: dict[str, Any] = {
        "start_epoch": "",
        "start_stamp": "2026-06-01 10:00:00",
        "end_epoch": "",
        "end_stamp": "2026-06-01 10:01:00",
    }
    said = read(row(answer=None, **local, **OUT), freeswitch_timezone="Europe/Paris")
    assert said.call()["placed_at"] == 1000 * T


def test_a_header_that_lacks_what_calls_need_is_told_in_one_line_and_a_bad_row_costs_itself() -> None:
    with pytest.raises(RingboardError, match=r"it lacks direction, .*: export the whole table, or these columns at"):
        read_bytes("freeswitch-cdr", "xml_cdr_uuid,billsec\n1,2\n")
    names = list(row())
    good, bad = row(), row(B, start_epoch="", start_stamp="")
    text = "\n".join([",".join(names), *(",".join(str(one[name]) for name in names) for one in (bad, good)), "cut,off"])
    said = read_bytes("freeswitch-cdr", text)
    assert said.calls().keys() == {A}
    assert [(one.line, one.refused.field) for one in said.refused] == [(2, "start_epoch"), (4, None)]
    assert b"Somebody" not in said.refused[0].data
