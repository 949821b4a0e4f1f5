"""Rows of a queue_log become waits, calls and the states of reps; what is cut off is refused, and the rest goes on."""

from __future__ import annotations

import pytest

from stream.sources.formats import FORMATS
from tests.read_source import FileRead, read_bytes

T = 1_780_300_800
CALLER = "0639980001"
PBXWARE = "uid,date_time,callid,queue_name,type,event,param1,param2,param3,entpos,expos,htime,ttime,time"


def read(*rows: str, **settings: object) -> FileRead:
    return read_bytes("asterisk-queue-log", "\n".join(rows) + "\n", **settings)


def row(after: int, who: str, rest: str, *, call: str = f"{T}.1", queue: str = "support") -> str:
    return f"{T + after}|{call}|{queue}|{who}|{rest}"


def enters(after: int = 0, **where: str) -> str:
    return row(after, "NONE", f"ENTERQUEUE||{CALLER}|1", **where)


def test_a_caller_is_answered_and_the_call_ends() -> None:
    said = read(enters(), row(12, "PJSIP/101", f"CONNECT|12|{T}.2|9"), row(72, "PJSIP/101", "COMPLETECALLER|12|60|1"))
    (left,), call = said.of_type("queue.left"), said.call()
    assert (left["call"], left["outcome"], left["wait_s"], left["at"]) == (f"{T}.1", "answered", 12, 1000 * (T + 12))
    assert (call["direction"], call["number"], call["queue"], call["rep"]) == ("inbound", CALLER, "support", "101")
    assert (call["placed_at"], call["answered_at"], call["talk_s"], call["wait_s"]) == (
        1000 * T, 1000 * (T + 12), 60, 12,
    )  # fmt: skip
    assert [event["state"] for event in said.of_type("rep.state")] == ["talking", "available"]
    assert said.source.left_open == 0


@pytest.mark.parametrize(
    ("rest", "outcome"),
    [
        ("ABANDON|1|1|45", "abandoned"),
        ("EXITWITHTIMEOUT|1|1|45", "timeout"),
        ("EXITEMPTY|1|1|45", "timeout"),
        ("EXITWITHKEY|9|1|1|45", "timeout"),
    ],
)
def test_a_caller_leaves_unanswered(rest: str, outcome: str) -> None:
    (left,) = read(enters(), row(45, "NONE", rest)).of_type("queue.left")
    assert (left["outcome"], left["wait_s"]) == (outcome, 45)


@pytest.mark.parametrize("rest", ["BLINDTRANSFER|102|default|12|60|1", "ATTENDEDTRANSFER|BRIDGE|x|12|60|1"])
def test_a_transfer_ends_the_reps_part_of_a_call(rest: str) -> None:
    call = read(enters(), row(12, "PJSIP/101", "CONNECT|12|x|9"), row(72, "PJSIP/101", rest)).call()
    assert (call["talk_s"], call["wait_s"]) == (60, 12)


def test_stays_of_one_call_in_one_queue_are_told_apart() -> None:
    said = read(
        enters(), row(9, "NONE", "EXITWITHTIMEOUT|1|1|9"), enters(9, queue="sales"),
        row(20, "NONE", "EXITWITHKEY|1|1|1|11", queue="sales"), enters(20), row(25, "NONE", "ABANDON|1|1|5"),
    )  # fmt: skip
    assert [(event["call"], event["queue"]) for event in said.of_type("queue.joined")] == [
        (f"{T}.1", "support"),
        (f"{T}.1", "sales"),
        (f"{T}.1/2", "support"),
    ]


def test_a_rep_comes_pauses_and_goes_and_one_queue_of_two_is_not_all() -> None:
    rep = "Local/101@agents"
    said = read(
        row(0, rep, "ADDMEMBER|", call="CLI"),
        row(1, rep, "ADDMEMBER|", call="CLI", queue="sales"),
        row(2, rep, "PAUSE|lunch", call="NONE"),
        row(3, rep, "UNPAUSE|", call="NONE"),
        row(4, rep, "REMOVEMEMBER|", call="CLI"),
        row(5, rep, "REMOVEMEMBER|", call="CLI", queue="sales"),
    )
    states = [(event["rep"], event["state"], event.get("reason")) for event in said.of_type("rep.state")]
    assert states == [("101", state, reason) for state, reason in (
        ("available", None), ("available", None), ("paused", "lunch"), ("available", None), ("offline", None),
    )]  # fmt: skip


def test_a_queue_of_a_dialler_holds_prospects_and_no_callers() -> None:
    said = read(
        enters(), row(2, "PJSIP/101", "CONNECT|2|x|1"), row(42, "PJSIP/101", "COMPLETEAGENT|2|40|1"),
        asterisk_outbound_queues=["support"],
    )  # fmt: skip
    call = said.call()
    assert (call["direction"], call["talk_s"], call["rep"]) == ("outbound", 40, "101")
    assert not said.of_type("queue.joined") + said.of_type("queue.left")


def test_who_never_leaves_is_taken_to_have_hung_up_and_the_file_says_so() -> None:
    said = read(enters(), row(5 * 3600, "NONE", "CONFIGRELOAD|", call="NONE", queue="NONE"))
    (left,) = said.of_type("queue.left")
    assert (left["outcome"], left["at"]) == ("abandoned", 1000 * (T + 4 * 3600))
    assert any("of 1 stays were never written" in remark for remark in said.source.remarks)
    assert read(enters()).source.left_open == 1


def test_who_joins_again_without_having_left_has_left_before() -> None:
    said = read(enters(), enters(30), row(40, "NONE", "ABANDON|1|1|10"))
    assert [(event["call"], event["at"]) for event in said.of_type("queue.left")] == [
        (f"{T}.1", 1000 * (T + 30)),
        (f"{T}.1/2", 1000 * (T + 40)),
    ]


def test_a_name_of_a_member_can_be_that_of_a_rep() -> None:
    said = read(
        enters(), row(2, "Rep 101", "CONNECT|2|x|1"), row(42, "Rep 101", "COMPLETEAGENT|2|40|1"),
        asterisk_reps={"Rep 101": "101"},
    )  # fmt: skip
    assert said.call()["rep"] == "101"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (f"{T + 5}|{T}.9|support", "malformed_line"),
        (f"soon|{T}.9|support|NONE|ABANDON|1|1|4", "wrong_type"),
        (f"{T + 5}|{T}.1|support|NONE|ABANDON|1", "malformed_line"),
        (f"{T + 5}|{T}.1|support|PJSIP/101|CONNECT|four|x|1", "wrong_type"),
        (f"{T - 900}|{T}.1|support|NONE|ABANDON|1|1|4", "out_of_range"),
        (f"{T + 5}|{T}.1|support|PJSIP/101|COMPLETECALLER|4|", "wrong_type"),
    ],
)
def test_a_row_that_is_cut_off_is_refused_and_takes_nothing_with_it(bad: str, reason: str) -> None:
    said = read(enters(), bad, row(12, "PJSIP/101", "CONNECT|12|x|9"), row(72, "PJSIP/101", "COMPLETECALLER|12|60|1"))
    (refused,) = said.refused
    assert (refused.line, refused.refused.reason) == (2, reason)
    assert said.call()["talk_s"] == 60
    assert said.of_type("queue.left")[0]["wait_s"] == 12


def test_rows_read_twice_and_a_file_read_twice_have_the_same_ids() -> None:
    rows = (enters(), row(12, "PJSIP/101", "CONNECT|12|x|9"), row(72, "PJSIP/101", "COMPLETECALLER|12|60|1"))
    assert read(*rows).events == read(*rows).events
    assert {event["id"] for event in read(rows[0], *rows).events} == {event["id"] for event in read(*rows).events}


def test_both_forms_of_the_log_are_recognised() -> None:
    plain = f"{T}|NONE|NONE|NONE|QUEUESTART|\n{enters()}\n"
    assert [name for name, form in FORMATS.items() if form.looks(plain.encode())] == ["asterisk-queue-log"]
    assert FORMATS["pbxware-queue-log"].looks(PBXWARE.encode())
    table = f"{PBXWARE}\n1,{T},{T}.1,support,NONE,ENTERQUEUE,{CALLER},,,1,0,0,0,x\n"
    assert [event["type"] for event in read_bytes("asterisk-queue-log", table).events] == ["queue.joined"]
