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


@pytest.mark.parametrize(
    ("rest", "talk_s"),
    [
        ("BLINDTRANSFER|0639980044|default|12|60|1", 60),  # outside no rep talks on
        ("BLINDTRANSFER|102|default|12|60|1", None),
        ("TRANSFER|102|default|12|60", None),
        ("ATTENDEDTRANSFER|BRIDGE|x|12|60|1", None),
        ("ATTENDEDTRANSFER|LINK|SIP/102-01|SIP/103-02|12|60|1", None),
    ],
)
def test_a_transfer_ends_the_reps_part_and_the_talk_is_known_only_where_no_rep_talks_on(
    rest: str, talk_s: int | None
) -> None:
    rows = (enters(), row(12, "PJSIP/101", "CONNECT|12|x|9"), row(72, "PJSIP/101", rest))
    said = read(*rows)
    call = said.call()
    assert (call.get("talk_s"), call["wait_s"]) == (talk_s, 12)
    assert any("1 calls were handed on" in remark for remark in said.source.remarks)
    # A prospect has talked for so long at least, which decides whether they were reached.
    assert read(*rows, asterisk_outbound_queues=["support"]).call()["talk_s"] == 60


def test_who_is_handed_on_into_a_queue_and_hangs_up_there_has_talked_to_the_first_rep_alone() -> None:
    rows = (
        enters(), row(3, "SIP/101", "CONNECT|3|x|1"), row(13, "SIP/101", "BLINDTRANSFER|500|house|3|10|1"),
        enters(13, queue="sales"), row(30, "NONE", "ABANDON|1|1|17", queue="sales"),
    )  # fmt: skip
    said = read(*rows)
    assert [call.get("talk_s") for call in said.of_type("call.ended")] == [None, 10]
    assert [(one["queue"], one["outcome"]) for one in said.of_type("queue.left")] == [
        ("support", "answered"), ("sales", "abandoned"),
    ]  # fmt: skip
    outbound = read(*rows, asterisk_outbound_queues=["support", "sales"]).of_type("call.ended")
    assert [(call["talk_s"], call["rep"]) for call in outbound] == [(10, "101"), (10, "101")]
    assert len({call["id"] for call in outbound}) == 2


def test_a_number_that_the_floor_shows_is_not_the_prospects() -> None:
    rows = (enters(), row(2, "PJSIP/101", "CONNECT|2|x|1"), row(42, "PJSIP/101", "COMPLETEAGENT|2|40|1"))
    settings = {"asterisk_outbound_queues": ["support"], "asterisk_own_numbers": [CALLER]}
    assert read(*rows, **settings).call()["number"] == "anonymous"
    assert read(enters(), row(6, "NONE", "ABANDON|1|1|6"), **settings).call()["number"] == "anonymous"


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
        row(3, rep, "PAUSE|lunch", call="NONE", queue="sales"),
        row(4, rep, "UNPAUSE|", call="NONE"),
        row(5, rep, "REMOVEMEMBER|", call="CLI"),
        row(6, rep, "REMOVEMEMBER|", call="CLI", queue="sales"),
    )
    states = [(event["rep"], event["state"], event.get("reason")) for event in said.of_type("rep.state")]
    assert states == [("101", state, reason) for state, reason in (
        ("available", None), ("available", None), ("available", None), ("paused", "lunch"), ("available", None),
        ("offline", None),
    )]  # fmt: skip


def test_a_queue_of_a_dialler_holds_prospects_and_no_callers() -> None:
    said = read(
        enters(), row(2, "PJSIP/101", "CONNECT|2|x|1"), row(42, "PJSIP/101", "COMPLETEAGENT|2|40|1"),
        asterisk_outbound_queues=["support"],
    )  # fmt: skip
    call = said.call()
    assert (call["direction"], call["talk_s"], call["rep"]) == ("outbound", 40, "101")
    assert not said.of_type("queue.joined") + said.of_type("queue.left")


def test_a_prospect_who_leaves_a_diallers_queue_has_picked_up_and_talked_to_nobody() -> None:
    said = read(enters(), row(6, "NONE", "ABANDON|1|1|6"), asterisk_outbound_queues=["support"])
    call = said.call()
    assert (call["direction"], call["talk_s"], call["answered_at"]) == ("outbound", 0, 1000 * T)
    assert "rep" not in call
    assert not said.of_type("queue.left")


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


def states(said: FileRead) -> list[tuple[str, str]]:
    return [(event["rep"], event["state"]) for event in said.of_type("rep.state")]


def test_who_joins_a_queue_paused_is_paused_until_they_say_otherwise() -> None:
    said = read(row(0, "SIP/101", "ADDMEMBER|PAUSED", call="MANAGER"), row(9, "SIP/101", "UNPAUSE|", call="NONE"))
    assert states(said) == [("101", "paused"), ("101", "available")]


def test_who_pauses_everywhere_in_a_call_is_paused_when_it_ends() -> None:
    said = read(
        enters(), row(5, "SIP/101", "CONNECT|5|x|1"), row(20, "SIP/101", "PAUSEALL|lunch", call="NONE", queue="NONE"),
        row(35, "SIP/101", "COMPLETECALLER|5|30|1"),
        row(60, "SIP/101", "UNPAUSEALL|", call="NONE", queue="NONE"),
    )  # fmt: skip
    assert states(said) == [("101", "talking"), ("101", "paused"), ("101", "available")]


# transfers


def test_a_caller_whom_a_rep_consults_and_hands_on_to_a_second_queue_is_one_call_with_two_stays_answered() -> None:
    consult = f"{T + 100}.7"
    said = read(
        enters(), row(12, "SIP/109", f"CONNECT|12|{T}.2|11"),
        row(100, "NONE", "ENTERQUEUE||109|1", call=consult, queue="sales"),
        row(102, "SIP/109", "ATTENDEDTRANSFER|APP|Queue|12|90|1", call=consult),
        row(107, "SIP/151", f"CONNECT|7|{T}.9|6", queue="sales"),
        row(167, "SIP/151", "COMPLETEAGENT|7|60|1", queue="sales"),
    )  # fmt: skip
    assert [(one["queue"], one["outcome"], one["wait_s"]) for one in said.of_type("queue.left")] == [
        ("support", "answered", 12), ("sales", "answered", 7),
    ]  # fmt: skip
    assert {one["call"] for one in said.of_type("queue.left")} == {one["call"] for one in said.of_type("queue.joined")}
    first, last = said.of_type("call.ended")
    assert first["call"] == last["call"] == f"{T}.1"
    assert (last["rep"], last["queue"], last["number"]) == ("109", "support", CALLER)
    assert (first.get("talk_s"), last["talk_s"], last["wait_s"]) == (None, 150, 12)
    assert said.source.left_open == 0
    assert any("1 calls were handed on" in remark for remark in said.source.remarks)


def test_a_caller_who_is_handed_on_blindly_talks_to_the_first_rep_and_then_to_the_second() -> None:
    rows = (
        enters(), row(3, "SIP/101", "CONNECT|3|x|1"), row(13, "SIP/101", "BLINDTRANSFER|500|house|3|10|1"),
        enters(13, queue="sales"), row(18, "SIP/102", "CONNECT|5|x|1", queue="sales"),
        row(38, "SIP/102", "COMPLETECALLER|5|20|1", queue="sales"),
    )  # fmt: skip
    last = read(*rows).of_type("call.ended")[-1]
    assert (last["rep"], last["talk_s"], last["answered_at"]) == ("101", 30, 1000 * (T + 3))
    # The end of the second rep's part, read twice, is no third part.
    assert read(*rows, rows[-1]).of_type("call.ended")[-1] == last


def test_another_caller_who_waits_in_the_queue_is_not_taken_for_who_is_handed_on() -> None:
    other = f"{T}.5"
    said = read(
        enters(call=other),
        row(12, "SIP/101", "CONNECT|12|x|1", call=f"{T}.8"),
        row(20, "NONE", "ABANDON|1|1|20", call=other),
    )
    assert [(one["call"], one["outcome"]) for one in said.of_type("queue.left")] == [
        (f"{T}.8", "answered"), (other, "abandoned"),
    ]  # fmt: skip


# the realtime table


def table(*rows: str, header: str = "id,time,callid,queuename,agent,event,data1,data2,data3,data4,data5") -> str:
    return "\n".join([header, *rows]) + "\n"


# 1780300800 is 2026-06-01 08:00:00 UTC; this machine is in India.
TABLE = (
    '1,2026-06-01 13:29:58.5,REALTIME,support,"LOCAL/551@default/n,0,551,hint:5",ADDMEMBER,PAUSED,,,,',
    f"2,2026-06-01 13:30:10.299963,{T}.1,support,NONE,ENTERQUEUE,,{CALLER},1,,",
    f"3,2026-06-01 13:30:16.9,{T}.1,support,SIP/551,CONNECT,6,x,6,,",
    f"4,2026-06-01 13:30:28.6,{T}.1,support,SIP/551,COMPLETEAGENT,6,12,1,,",
)


@pytest.mark.parametrize("between", [";", "\t"])
def test_the_table_may_be_saved_with_other_signs_between_its_columns(between: str) -> None:
    text = table(
        f"1,{T},{T}.1,support,NONE,ENTERQUEUE,,{CALLER},1,NULL,NULL",
        f"2,{T + 9},{T}.1,support,NONE,ABANDON,1,1,9,NULL,NULL",
    ).replace(",", between)
    assert [one["wait_s"] for one in read_bytes("asterisk-queue-log", text).of_type("queue.left")] == [9]


def test_the_realtime_table_says_what_the_file_says_at_the_moments_that_its_ids_show() -> None:
    said = read_bytes("asterisk-queue-log", table(*TABLE))
    assert not said.refused
    (left,), call = said.of_type("queue.left"), said.call()
    assert (left["outcome"], left["wait_s"], left["at"]) == ("answered", 6, 1000 * (T + 16) + 900)
    assert (call["talk_s"], call["rep"], call["number"]) == (12, "551", CALLER)
    assert states(said)[0][1] == "paused"
    assert [name for name, form in FORMATS.items() if form.looks(table(*TABLE).encode())] == ["asterisk-queue-log"]


def test_the_tables_zone_can_be_set_and_its_parameters_can_be_in_one_column_or_its_times_seconds() -> None:
    zone = read_bytes("asterisk-queue-log", table(*TABLE), asterisk_cdr_timezone="Europe/Paris")
    assert zone.of_type("queue.joined")[0]["at"] == 1000 * (T + 10) + 299 + 1000 * 3600 * 3 + 1000 * 1800
    old = table(
        f"{T + 10},{T}.1,support,NONE,ENTERQUEUE,|{CALLER}|1", f"{T + 55},{T}.1,support,NONE,ABANDON,1|1|45",
        header="time,callid,queuename,agent,event,data",
    )  # fmt: skip
    (left,) = read_bytes("asterisk-queue-log", old).of_type("queue.left")
    assert (left["outcome"], left["wait_s"], left["at"]) == ("abandoned", 45, 1000 * (T + 55))


def test_the_tables_last_column_has_what_is_more_than_five_parameters() -> None:
    linked = f"4,2026-06-01 13:30:28.6,{T}.1,support,SIP/551,ATTENDEDTRANSFER,LINK,SIP/1-0,SIP/2-0,6,12|1"
    said = read_bytes("asterisk-queue-log", table(*TABLE[:-1], linked), asterisk_outbound_queues=["support"])
    assert not said.refused
    assert said.call()["talk_s"] == 12


def test_a_row_of_the_table_without_a_time_is_refused_and_the_rest_counts() -> None:
    said = read_bytes("asterisk-queue-log", table(TABLE[0], f"5,NULL,{T}.1,support,SIP/551,ABANDON,,,,,", *TABLE[1:]))
    assert [(one.line, one.refused.field) for one in said.refused] == [(3, "time")]
    assert said.call()["talk_s"] == 12
