"""Records of FreeSWITCH's legs, CSV or JSON, become calls; a record that is none is refused, and the rest goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream.clock import FixedClock
from stream.errors import RingboardError
from stream.sources.formats import FORMATS
from tests.floor_in_memory import FloorInMemory
from tests.freeswitch_legs import NUMBER, A, B, C, T, leg
from tests.read_source import read_bytes
from tests.shared_data import OURS, OUTSIDE, Recording, each


def row(uuid: str = A, *, caller: str = "1002", called: str = NUMBER, **more: Any) -> str:
    answer = more.get("answer", "2026-06-01 08:00:10")
    cells = [
        "Somebody", caller, called, more.get("context", "default"), "2026-06-01 08:00:00", answer,
        more.get("end", "2026-06-01 08:01:00"), "60", "50" if answer else "0",
        more.get("cause", "NORMAL_CLEARING"), uuid, more.get("other", ""), caller, "PCMU", "PCMU",
    ]  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells)


def lines(*legs: dict[str, Any]) -> str:
    return "\n".join(json.dumps(one) for one in legs)


HEADED = (
    "uuid,caller_id_number,destination_number,context,start_stamp,answer_stamp,end_stamp,duration,billsec,hangup_cause\n"
    f"{A},1002,{NUMBER},default,2026-06-01 08:00:00,2026-06-01 08:00:10,2026-06-01 08:01:00,60,50,NORMAL_CLEARING"
)
UTC = {"freeswitch_timezone": "UTC"}


def test_a_row_of_the_template_is_a_call() -> None:
    said = read_bytes("freeswitch-cdr", row(), **UTC)
    call = said.call()
    assert (call["call"], call["direction"], call["number"], call["rep"]) == (A, "outbound", NUMBER, "1002")
    assert (call["placed_at"], call["answered_at"], call["at"], call["talk_s"]) == (
        1000 * T, 1000 * (T + 10), 1000 * (T + 60), 50,
    )  # fmt: skip
    assert "campaign" not in call
    assert [remark for remark in said.source.remarks if "answering machines" in remark]


@pytest.mark.parametrize(
    "text",
    [
        row(),
        '"10.0.0.5",' + row(),
        HEADED,
        lines(leg(A, 0, 10, 60, variables={"bridge_epoch": str(T + 10)})),
        json.dumps([leg(A, 0, 10, 60, variables={"bridge_epoch": str(T + 10)})], indent=1),
    ],
    ids=["template", "with the address in front", "header", "json", "a list of json on many lines"],
)
def test_each_form_is_recognised_and_says_the_same(text: str) -> None:
    assert [name for name, form in FORMATS.items() if form.looks(text.encode())][0] == "freeswitch-cdr"  # noqa: RUF015
    said = read_bytes("freeswitch-cdr", text, **UTC)
    assert not said.refused
    call = said.call()
    assert (call["call"], call["talk_s"], call["answered_at"], call["rep"]) == (A, 50, 1000 * (T + 10), "1002")


def test_two_legs_are_one_call_which_is_answered_when_the_far_one_is() -> None:
    legs = (
        leg(B, 1, 12.5, 60.25, called=NUMBER, caller="1002", variables={"originator": A}),
        leg(A, 0, 2, 60.5, variables={"bridge_epoch": str(T + 12), "campaign": "spring offer", "amd_result": "HUMAN"}),
    )
    for text in (lines(*legs), lines(*reversed(legs)), json.dumps(legs[0]) + json.dumps(legs[1])):
        said = read_bytes("freeswitch-cdr", text)
        call = said.call()
        assert (call["call"], call["answered_at"], call["talk_s"]) == (A, 1000 * T + 12_500, 47.75)
        assert (call["campaign"], call["amd"], call["ring_s"]) == ("spring offer", "human", 12.5)
        assert not said.source.remarks


def test_legs_without_a_common_id_are_joined_by_what_they_say_of_each_other() -> None:
    said = read_bytes("freeswitch-cdr", f"{row(A, other=B)}\n{row(B, other=A)}", **UTC)
    assert said.call()["talk_s"] == 50
    first = leg(A, 0, 1, 60, call="")
    second = leg(B, 1, 10, 60, call="", direction="outbound", variables={"signal_bond": A})
    assert read_bytes("freeswitch-cdr", lines(first, second)).call()["talk_s"] == 50


@pytest.mark.parametrize(
    ("cause", "disposition"),
    [("USER_BUSY", "busy"), ("NO_ANSWER", "no_answer"), ("ORIGINATOR_CANCEL", "no_answer"), ("GATEWAY_DOWN", "failed")],
)
def test_a_leg_that_nobody_answers_says_why(cause: str, disposition: str) -> None:
    by_csv = read_bytes("freeswitch-cdr", row(answer="", cause=cause), **UTC).call()
    by_json = read_bytes("freeswitch-cdr", lines(leg(A, 0, 1, 20), leg(B, 1, None, 20, cause=cause, code="17"))).call()
    for call in (by_csv, by_json):
        assert (call["disposition"], call["talk_s"]) == (disposition, 0)
        assert "answered_at" not in call
    assert by_json["hangup_cause"] == "17"


def test_a_machine_that_a_variable_tells_is_a_machine() -> None:
    legs = (leg(A, 0, 1, 60), leg(B, 1, 10, 60, variables={"amd_result": "MACHINE"}))
    said = read_bytes("freeswitch-cdr", lines(*legs))
    assert said.call()["amd"] == "machine"
    assert not said.source.remarks


@pytest.mark.parametrize(
    ("app", "disposition"), [("voicemail", "voicemail"), ("ivr", "abandoned"), ("playback", "abandoned")]
)
def test_a_caller_whom_the_system_itself_answers_has_reached_nobody(app: str, disposition: str) -> None:
    call = read_bytes(
        "freeswitch-cdr", lines(leg(A, 0, 1, 60, caller=NUMBER, called="1000", context="public", apps=["answer", app]))
    ).call()
    assert (call["direction"], call["disposition"], call["talk_s"]) == ("inbound", disposition, 0)


def test_a_caller_is_put_through_to_a_rep() -> None:
    legs = (
        leg(A, 0, 1, 60, caller=NUMBER, called="0100000000", context="public"),
        leg(B, 2, 9, 60, caller=NUMBER, called="1003"),
    )
    call = read_bytes("freeswitch-cdr", lines(*legs)).call()
    assert (call["direction"], call["number"], call["rep"], call["talk_s"]) == ("inbound", NUMBER, "1003", 51)


@pytest.mark.parametrize(
    ("times", "outcome", "waited"),
    [
        ({"cc_queue_answered_epoch": str(T + 17)}, "answered", 15),
        ({"cc_queue_canceled_epoch": str(T + 17), "cc_cancel_reason": "BREAK_OUT"}, "abandoned", 15),
        ({"cc_queue_canceled_epoch": str(T + 32), "cc_cancel_reason": "TIMEOUT"}, "timeout", 30),
    ],
)
def test_a_caller_waits_in_a_queue(times: dict[str, str], outcome: str, waited: int) -> None:
    queue = {"cc_queue": "support@default", "cc_queue_joined_epoch": str(T + 2), "cc_agent": "1003@default", **times}
    text = lines(leg(A, 0, 1, 60, caller=NUMBER, called="0100000000", context="public", variables=queue))
    said = read_bytes("freeswitch-cdr", text)
    (joined,), (left,), call = said.of_type("queue.joined"), said.of_type("queue.left"), said.call()
    assert (joined["call"], joined["queue"], joined["at"]) == (A, "support", 1000 * (T + 2))
    assert (left["outcome"], left["wait_s"], call["wait_s"]) == (outcome, waited, waited)
    assert (call.get("rep"), call["talk_s"]) == (("1003", 43) if outcome == "answered" else (None, 0))


def test_who_is_dialled_for_an_application_is_the_caller_of_that_leg() -> None:
    call = read_bytes("freeswitch-cdr", row(caller=NUMBER, called="&"), **UTC).call()
    assert (call["direction"], call["number"], call["talk_s"]) == ("outbound", NUMBER, 50)
    assert "rep" not in call


def test_telephones_and_gateways_are_told_by_their_profile() -> None:
    legs = (
        leg(A, 0, 1, 60, caller="+33139980000", variables={"channel_name": "sofia/internal/alice@floor.example"}),
        leg(B, 1, 10, 60, variables={"channel_name": "sofia/external/0639980001@provider.example"}),
    )
    call = read_bytes("freeswitch-cdr", lines(*legs)).call()
    assert (call["direction"], call["rep"], call["number"], call["talk_s"]) == ("outbound", "alice", NUMBER, 50)


def test_a_rep_who_is_rung_first_dials_when_they_are_there() -> None:
    legs = (
        leg(A, 0, 8, 60, direction="outbound", variables={"channel_name": "sofia/internal/1002@floor.example"}),
        leg(B, 9, 19, 60, variables={"channel_name": "sofia/external/0639980001@provider.example"}),
    )
    call = read_bytes("freeswitch-cdr", lines(*legs)).call()
    assert (call["placed_at"], call["ring_s"], call["rep"], call["talk_s"]) == (1000 * (T + 9), 10, "1002", 41)


def test_a_call_between_telephones_is_internal() -> None:
    said = read_bytes("freeswitch-cdr", row(called="1003"), **UTC)
    assert not said.events
    assert said.source.unused == {"internal call": 1}


# what is wrong with a file


def test_two_legs_under_one_id_are_one_and_the_same_twice_is_once() -> None:
    said = read_bytes("freeswitch-cdr", "\n".join([row(), row(), row(cause="USER_BUSY"), row(B)]), **UTC)
    assert said.calls().keys() == {A, B}
    assert said.source.unused == {"record that stands there twice": 1}
    (refused,) = said.refused
    assert (refused.line, refused.refused.field) == (3, "uuid")


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (row(B)[:-60], None),
        (row(B, end="2026-06-01 11:30:00"), "end_stamp"),
        (row(B).replace('"60"', '"sixty"'), "duration"),
        (row(B).replace(B, "no id"), "uuid"),
    ],
)
def test_a_row_that_is_none_is_refused_and_the_others_stand(bad: str, field: str | None) -> None:
    said = read_bytes("freeswitch-cdr", "\n".join([row(), bad, row(C)]), **UTC)
    assert said.calls().keys() == {A, C}
    (refused,) = said.refused
    assert (refused.line, refused.refused.field) == (2, field)
    assert b"Somebody" not in refused.data
    assert NUMBER not in refused.refused.message


def test_a_record_that_is_cut_off_is_refused_and_the_next_one_stands() -> None:
    whole = json.dumps(leg(A, 0, 10, 60, variables={"bridge_epoch": str(T + 10)}))
    cut, pretty = json.dumps(leg(B, 0, 10, 60))[:150], json.dumps(leg(C, 0, 10, 60, call=C), indent=2)
    said = read_bytes("freeswitch-cdr", f'{whole}\n{cut}\n{whole}\n{pretty}\n[3]\n{{"variables": 5}}\n')
    assert said.calls().keys() == {A, C}
    assert [(one.line, one.refused.reason) for one in said.refused][0] == (2, "malformed_json")  # noqa: RUF015
    assert {one.refused.reason for one in said.refused[1:]} == {"missing_field"}


@pytest.mark.parametrize(
    ("variable", "value"), [("start_epoch", ""), ("end_uepoch", "soon"), ("answer_uepoch", str(10**6 * (T + 900)))]
)
def test_a_record_whose_times_are_wrong_is_refused_by_their_field(variable: str, value: str) -> None:
    bad = leg(B, 0, 10, 60, call=B)
    bad["variables"][variable] = value
    if variable == "start_epoch":
        del bad["variables"]["start_uepoch"]
    said = read_bytes("freeswitch-cdr", lines(leg(A, 0, 10, 60), bad))
    assert said.calls().keys() == {A}
    (refused,) = said.refused
    assert refused.refused.field in {"start_epoch", "end_epoch", "end_uepoch"}


def test_a_header_that_lacks_what_calls_need_is_told_in_one_line() -> None:
    with pytest.raises(RingboardError, match="it lacks caller_id_number"):
        read_bytes("freeswitch-cdr", "uuid,billsec\n1,2\n")


@each("freeswitch_cdr_csv")
def test_a_lab_of_another_place_has_its_calls_by_its_own_contexts(recorded: Recording) -> None:
    data = recorded.read_bytes("Master.csv")
    all_rows, all_calls, answered, zone = {OURS: (7, 5, 4, "UTC+09:00"), OUTSIDE: (10, 8, 7, "UTC+08:00")}[
        recorded.place
    ]
    rows = [line.split(",") for line in data.decode().splitlines()]
    legs = {line[10]: line for line in reversed(rows)}
    said = read_bytes("freeswitch-cdr", data, freeswitch_outbound_contexts=["default"])
    calls = said.calls()
    assert calls.keys() == legs.keys()
    assert len(calls) == all_calls
    assert {id_: call["talk_s"] for id_, call in calls.items()} == {id_: int(line[8]) for id_, line in legs.items()}
    # One of the rows stands there twice, and one has the id of another.
    assert (len(rows), said.source.unused.total(), len(said.refused)) == (all_rows, 1, 1)
    # Its clock is hours ahead of UTC, and its times have no seconds: its ids hold both.
    assert any(zone in remark for remark in said.source.remarks)
    floor = FloorInMemory(clock=FixedClock(max(call["at"] for call in calls.values()) + 1)).feed(said.events)
    kpis = floor.kpis("30d")
    talks = [int(line[8]) for line in legs.values()]
    assert (kpis["contact_rate"]["numerator"], kpis["contact_rate"]["denominator"]) == (
        sum(talk >= 30 for talk in talks), len(talks),
    )  # fmt: skip
    assert kpis["answer_rate"]["numerator"] == sum(talk > 0 for talk in talks) == answered
    unused = read_bytes("freeswitch-cdr", data).source.unused
    # One has the caller "0", who may be anybody.
    assert (unused["internal call"], unused["call of no known direction"]) == (all_calls - 1, 1)
