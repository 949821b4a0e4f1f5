"""What of the manager's events is missing, old, doubled or damaged: the rest is told, and nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.read_source import read_bytes
from tests.unit.sources.asterisk.ami_calls import (
    LINE,
    OTHER,
    REP,
    SPARE,
    a_caller,
    a_rep,
    connected,
    dialled,
    in_queue,
    read,
)
from tests.unit.sources.asterisk.ami_script import BEGAN, E164, LEAD, Script

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject


def test_without_times_a_call_is_told_without_talk_and_the_reader_is_told_so() -> None:
    script = connected(in_queue(a_caller(timed=False))).wait(60)
    untold = read(script.hang_up(LINE, REP))
    assert "talk_s" not in untold.call()
    assert "answered_at" in untold.call()
    assert "timestampevents=yes" in untold.source.remarks[0]


def test_a_queue_tells_the_talk_of_a_call_without_times() -> None:
    script = connected(in_queue(a_caller(timed=False)))
    script.queue("AgentComplete", LINE, "sales", "107", TalkTime=61).hang_up(LINE, REP)
    told = read(script)
    assert told.call()["talk_s"] == 61.0
    assert told.of_type("queue.left")[0]["wait_s"] == 12.0


def test_a_call_of_which_nothing_more_is_heard_ends_when_it_was_last_heard_of() -> None:
    script = dialled(a_rep()).dial_end(REP, LINE, "ANSWER").bridge("b", LINE, REP).wait(3)
    script.tell("Newexten", REP).wait(5 * 3600).new(OTHER, number="108")
    told = read(script)
    call = told.call()
    assert (call["at"], call["talk_s"], call["source"]) == (1000 * (BEGAN + 3), 3.0, "asterisk-ami/timed-out")
    assert "1 calls were given up" in told.source.remarks[0]


def test_an_old_asterisk_tells_dials_and_bridges_in_its_own_way() -> None:
    script = Script(timed=False)
    for number, channel in ((1, "SIP/107-00000001"), (2, "SIP/provider-00000002")):
        script.tell(
            "Newchannel",
            Channel=channel,
            ChannelState=4 if number == 1 else 0,
            Uniqueid=f"{BEGAN}.{number}",
            CallerIDNum="107" if number == 1 else "",
            Context="default",
            Exten=LEAD,
        )
    ids = {"UniqueID": f"{BEGAN}.1", "DestUniqueID": f"{BEGAN}.2"}
    script.tell("Dial", SubEvent="Begin", Channel="SIP/107-00000001", **ids, Dialstring=f"provider/{LEAD}")
    pair = {"Uniqueid1": f"{BEGAN}.1", "Uniqueid2": f"{BEGAN}.2"}
    script.tell("Bridge", Bridgestate="Link", Channel1="SIP/107-00000001", Channel2="SIP/provider-00000002", **pair)
    script.tell("Hangup", Channel="SIP/provider-00000002", Uniqueid=f"{BEGAN}.2", Cause=16)
    script.tell("Dial", SubEvent="End", Channel="SIP/107-00000001", UniqueID=f"{BEGAN}.1", DialStatus="ANSWER")
    script.tell("Hangup", Channel="SIP/107-00000001", Uniqueid=f"{BEGAN}.1", Cause=16)
    call = read(script).call()
    assert (call["direction"], call["number"], call["rep"]) == ("outbound", LEAD, "107")
    assert "answered_at" in call


def test_a_second_call_under_one_id_ends_the_first_and_is_no_part_of_it() -> None:
    script = dialled(a_rep()).dial_end(REP, LINE, "ANSWER").bridge("b", LINE, REP).wait(40)
    again = Script().new(OTHER, number="108", context="from-internal", rings=True)
    assert again.call_id(OTHER) == script.call_id(REP)
    script.messages += [{**message, "Timestamp": f"{script.now}"} for message in again.messages]
    told = read(script.hang_up(LINE))
    assert [(call["talk_s"], call["rep"]) for call in told.of_type("call.ended")] == [(40.0, "107")]


def test_a_message_that_is_none_is_refused_where_it_stands_and_the_rest_goes_on() -> None:
    script = dialled(a_rep()).dial_end(REP, LINE, "BUSY").hang_up(LINE, REP)
    told = read_bytes("asterisk-ami", b"Event: PeerStatus\r\nX: 1\r\n\r\nno message at all\r\n\r\n" + script.raw())
    assert [one.line for one in told.refused] == [4]
    assert told.call()["disposition"] == "busy"


def test_a_message_beyond_all_measure_is_refused_and_the_rest_goes_on() -> None:
    script = dialled(a_rep()).dial_end(REP, LINE, "BUSY").hang_up(LINE, REP)
    event = b"Event: VarSet\r\n"
    for long in (event + b"X: " + b"x" * 3_000_000, event + b"X: y\r\n" * 300_000, b"x" * 3_000_000):
        told = read_bytes("asterisk-ami", long + b"\r\n\r\n" + script.raw())
        assert [one.refused.reason for one in told.refused] == ["malformed_line"]
        assert len(told.refused[0].data) <= 1 << 20
        assert told.call()["disposition"] == "busy"


def test_a_capture_that_is_cut_off_gives_what_it_has_and_says_what_it_has_not() -> None:
    script = dialled(a_rep()).dial_end(REP, LINE, "BUSY").hang_up(LINE, REP)
    told = read_bytes("asterisk-ami", script.raw()[:-30])
    assert [one.refused.reason for one in told.refused] == ["malformed_line"]
    assert not told.of_type("call.ended")
    assert told.source.left_open == 1


BUSY_FLOOR = (
    connected(
        in_queue(
            dialled(a_rep())
            .dial_end(REP, LINE, "ANSWER")
            .bridge("x", LINE, REP)
            .wait(9)
            .hang_up(LINE, REP)
            .new(LINE, number=LEAD, context="from-trunk", rings=True)
        )
    )
    .wait(30)
    .hang_up(LINE, REP)
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_missing_or_comes_twice_no_call_is_told_twice_and_nothing_breaks(data: DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(range(len(BUSY_FLOOR.messages))), max_size=60))
    script = Script()
    script.messages = [BUSY_FLOOR.messages[one] for one in sorted(kept)]
    ends = read_bytes("asterisk-ami", script.raw()).of_type("call.ended")
    assert len({one["id"] for one in ends}) == len(ends)


def test_no_name_and_no_number_of_a_rep_gets_into_an_event() -> None:
    script = in_queue(a_caller()).new(SPARE, LINE)
    script.tell("AgentConnect", LINE, Queue="sales", Interface="Local/0639980009@mobiles/n", MemberName="Ann Person")
    call = read(script.hang_up(LINE, SPARE)).call()
    assert call["rep"] == "+0639980009"  # admission replaces what has this form
    assert E164 not in str(call)
