"""Floors of other shapes than the recorded ones: what each call comes to, from the rules of the manager's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.sources.asterisk import names
from tests.read_source import Told, read_bytes
from tests.unit.sources.ami_script import BEGAN, E164, LEAD, Script

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

REP = "PJSIP/107-00000001"
OTHER = "PJSIP/108-00000002"
LINE = "PJSIP/provider-00000003"
SPARE = "PJSIP/backup-00000004"


def read(script: Script, **given: Any) -> Told:
    told = read_bytes("asterisk-ami", script.raw(), **given)
    assert not told.refused
    return told


def dialled(script: Script, line: str = LINE, number: str = LEAD) -> Script:
    """A rep's telephone dials a number outside."""
    script.new(line, REP, context="from-trunk").set(line, CallerIDNum=number)
    return script.set(REP, Exten=number).dial(REP, line, f"{number}@{names.channel(line).peer}")


def a_rep() -> Script:
    return Script().new(REP, number="107", context="from-internal", exten=LEAD, account="solar", rings=True)


def test_a_rep_dials_from_the_telephone_and_they_talk() -> None:
    script = dialled(a_rep().wait(1)).wait(7).up(LINE).dial_end(REP, LINE, "ANSWER").bridge("b", LINE, REP)
    script.wait(45).unbridge("b", LINE).hang_up(LINE).unbridge("b", REP).hang_up(REP)
    call = read(script).call()
    assert call == {
        "id": f"asterisk-ami:{script.call_id(REP)}:call.ended",
        "type": "call.ended",
        "at": 1000 * (BEGAN + 53),
        "source": "asterisk-ami",
        "call": script.call_id(REP),
        "direction": "outbound",
        "placed_at": 1000 * (BEGAN + 1),
        "answered_at": 1000 * (BEGAN + 8),
        "talk_s": 45.0,
        "ring_s": 7.0,
        "rep": "107",
        "campaign": "solar",
        "hangup_cause": "16",
        "number": LEAD,
    }


@pytest.mark.parametrize(
    ("status", "cause", "disposition"),
    [
        ("BUSY", 17, "busy"),
        ("NOANSWER", 19, "no_answer"),
        ("CANCEL", 0, "no_answer"),
        ("CONGESTION", 34, "failed"),
        ("CHANUNAVAIL", 1, "failed"),
        ("CONGESTION", 17, "busy"),
    ],
)
def test_a_dial_that_nobody_answers_says_why(status: str, cause: int, disposition: str) -> None:
    script = dialled(a_rep()).wait(20).dial_end(REP, LINE, status).hang_up(LINE, cause=cause).hang_up(REP)
    call = read(script).call()
    assert (call["disposition"], call["ring_s"], call["talk_s"]) == (disposition, 20.0, 0)
    assert "answered_at" not in call


def test_a_number_dialled_again_on_another_line_is_one_attempt() -> None:
    script = dialled(a_rep()).wait(2).dial_end(REP, LINE, "CONGESTION").hang_up(LINE, cause=34)
    dialled(script, SPARE, "0033639980001").wait(5).dial_end(REP, SPARE, "ANSWER").bridge("b", SPARE, REP).wait(30)
    call = read(script.hang_up(SPARE, REP)).call()
    assert (call["placed_at"], call["talk_s"]) == (1000 * BEGAN, 30.0)
    assert "disposition" not in call


def test_a_rep_who_stays_on_the_line_makes_one_attempt_for_each_prospect() -> None:
    script = dialled(a_rep()).dial_end(REP, LINE, "ANSWER").bridge("b", LINE, REP).wait(31)
    script.unbridge("b", REP).hang_up(LINE).wait(10)
    dialled(script, SPARE, "0639980002").wait(9).dial_end(REP, SPARE, "NOANSWER").hang_up(SPARE).wait(1).hang_up(REP)
    calls = read(script).calls()
    first = script.call_id(REP)
    assert calls.keys() == {first, f"{first}/2"}
    assert (calls[first]["talk_s"], calls[first]["number"]) == (31.0, LEAD)
    second = calls[f"{first}/2"]
    assert (second["number"], second["disposition"], second["rep"]) == ("0639980002", "no_answer", "107")


def test_time_on_hold_is_no_talk() -> None:
    script = dialled(a_rep()).dial_end(REP, LINE, "ANSWER").bridge("b", LINE, REP).wait(20)
    script.tell("Hold", REP).wait(40).tell("Unhold", REP).wait(5)
    call = read(script.hang_up(LINE, REP)).call()
    assert (call["talk_s"], call["hold_s"]) == (25.0, 40.0)


def a_caller(number: str = LEAD, context: str = "from-trunk", timed: bool = True) -> Script:
    return Script(timed=timed).new(LINE, number=number, context=context, exten="0180000000", rings=True)


def in_queue(script: Script, queue: str = "sales") -> Script:
    return script.up(LINE).queue("QueueCallerJoin", LINE, queue, Position=1, Count=1)


def connected(script: Script, wait: float = 12, queue: str = "sales") -> Script:
    script.new(REP, LINE, context="from-queue").queue("AgentCalled", LINE, queue, "107").dial(LINE, REP, "107")
    script.wait(wait).up(REP).dial_end(LINE, REP, "ANSWER").queue("QueueCallerLeave", LINE, queue)
    return script.queue("AgentConnect", LINE, queue, "107", HoldTime=int(wait), RingTime=3).bridge("b", REP, LINE)


def test_a_caller_waits_in_a_queue_and_is_answered() -> None:
    script = connected(in_queue(a_caller().wait(2))).wait(90)
    script.queue("AgentComplete", LINE, "sales", "107", HoldTime=12, TalkTime=90, Reason="agent").hang_up(REP, LINE)
    told = read(script)
    call = told.call()
    assert (call["direction"], call["queue"], call["rep"], call["number"]) == ("inbound", "sales", "107", LEAD)
    assert (call["wait_s"], call["talk_s"], call["answered_at"]) == (12.0, 90.0, 1000 * (BEGAN + 14))
    (left,) = told.of_type("queue.left")
    assert (left["outcome"], left["wait_s"], left["call"]) == ("answered", 12.0, call["call"])


def test_a_withheld_caller_is_inbound_all_the_same() -> None:
    call = read(connected(in_queue(a_caller("anonymous"))).wait(5).hang_up(LINE, REP)).call()
    assert (call["direction"], call["number"]) == ("inbound", "anonymous")


def test_a_caller_who_gives_up_and_one_whom_the_queue_sends_on_are_told_apart() -> None:
    gives_up = in_queue(a_caller()).wait(30).tell("HangupRequest", LINE, Cause=16)
    gives_up.queue("QueueCallerAbandon", LINE, "sales", HoldTime=30).queue("QueueCallerLeave", LINE, "sales")
    sent_on = in_queue(a_caller()).wait(30).queue("QueueCallerAbandon", LINE, "sales", HoldTime=30)
    sent_on.queue("QueueCallerLeave", LINE, "sales")
    requests_are_heard = Script().new(OTHER, number="108").hang_up(OTHER)
    for script, outcome in ((gives_up, "abandoned"), (sent_on, "timeout")):
        script.hang_up(LINE).messages[:0] = requests_are_heard.messages
        told = read(script)
        assert [one["outcome"] for one in told.of_type("queue.left")] == [outcome]
        assert "answered_at" not in told.call()


def test_a_key_pressed_in_the_queue_sends_on_too() -> None:
    script = in_queue(a_caller()).wait(8).queue("QueueCallerLeave", LINE, "sales").wait(40).hang_up(LINE)
    (left,) = read(script).of_type("queue.left")
    assert (left["outcome"], left["wait_s"]) == ("timeout", 8.0)


def test_a_call_that_passes_two_queues_waits_in_each() -> None:
    script = in_queue(a_caller()).wait(20).queue("QueueCallerLeave", LINE, "sales").wait(1)
    connected(in_queue(script, "overflow"), 6, "overflow").wait(40).hang_up(LINE, REP)
    told = read(script)
    assert [(one["queue"], one["outcome"], one["wait_s"]) for one in told.of_type("queue.left")] == [
        ("sales", "timeout", 20.0),
        ("overflow", "answered", 6.0),
    ]
    assert told.call()["queue"] == "overflow"


def test_everyone_whom_the_queue_has_rung_is_free_again_when_one_takes_the_call() -> None:
    script = in_queue(a_caller()).new(OTHER, LINE).queue("AgentCalled", LINE, "sales", "108").dial(LINE, OTHER)
    connected(script).dial_end(LINE, OTHER, "CANCEL").hang_up(OTHER).wait(30).hang_up(LINE, REP)
    states: dict[str, list[str]] = {}
    for one in read(script).of_type("rep.state"):
        states.setdefault(one["rep"], []).append(one["state"])
    assert states == {"107": ["ringing", "talking", "available"], "108": ["ringing", "available"]}


def test_a_rep_whom_the_queue_rings_in_vain_is_free_when_the_caller_gives_up() -> None:
    script = in_queue(a_caller()).queue("AgentCalled", LINE, "sales", "108").wait(9).hang_up(LINE)
    assert [one["state"] for one in read(script).of_type("rep.state")] == ["ringing", "available"]


def test_a_caller_who_is_parked_talks_to_nobody() -> None:
    script = a_caller().new(REP, LINE).dial(LINE, REP).dial_end(LINE, REP, "ANSWER").bridge("b", REP, LINE).wait(10)
    script.unbridge("b", LINE, REP).hang_up(REP).new(SPARE, number="0639980005", context="from-trunk", rings=True)
    for parked in (SPARE, LINE):
        script.tell("BridgeEnter", parked, BridgeUniqueid="lot", BridgeTechnology="holding_bridge")
    script.wait(60).unbridge("lot", LINE).new(OTHER, LINE).bridge("c", OTHER, LINE).wait(20)
    call = read(script.hang_up(LINE, OTHER, SPARE)).calls()[script.call_id(LINE)]
    assert call["talk_s"] == 30.0


def test_who_announces_and_who_listens_in_is_nobody() -> None:
    script = a_caller().new("CBAnn/sales-00000007;2", LINE).up(LINE).bridge("b", LINE, "CBAnn/sales-00000007;2")
    call = read(script.wait(40).hang_up(LINE, "CBAnn/sales-00000007;2")).call()
    assert "answered_at" not in call


def test_wrap_up_lasts_as_long_as_the_queue_gives() -> None:
    script = Script().tell("QueueMemberStatus", Interface="PJSIP/107", Queue="sales", Wrapuptime=15, Paused=0)
    script.new(LINE, number=LEAD, context="from-trunk", rings=True)
    connected(in_queue(script)).wait(60).queue("AgentComplete", LINE, "sales", "107", TalkTime=60).hang_up(LINE, REP)
    told = read(script)
    assert told.call()["wrap_s"] == 15.0
    end = told.call()["at"]
    assert [(one["state"], one["at"]) for one in told.of_type("rep.state")][-2:] == [
        ("wrap_up", end),
        ("available", end + 15_000),
    ]


def test_reps_come_pause_and_go() -> None:
    script = Script().tell("QueueMemberAdded", Interface="PJSIP/107", MemberName="Ann", Paused=0).wait(1)
    script.tell("QueueMemberPause", Interface="PJSIP/107", MemberName="Ann", Paused=1, PausedReason="lunch").wait(1)
    script.tell("QueueMemberPause", Interface="PJSIP/107", MemberName="Ann", Paused=0).wait(1)
    script.tell("QueueMemberRemoved", Interface="PJSIP/107", MemberName="Ann")
    states = read(script).of_type("rep.state")
    assert [one["state"] for one in states] == ["available", "paused", "available", "offline"]
    assert {one["rep"] for one in states} == {"107"}
    assert states[1]["reason"] == "lunch"


def test_a_caller_who_is_transferred_goes_on_talking() -> None:
    script = a_caller().new(REP, LINE).dial(LINE, REP).wait(4).up(REP).dial_end(LINE, REP, "ANSWER")
    script.bridge("b", REP, LINE).wait(20).unbridge("b", REP, LINE).hang_up(REP).wait(6)
    script.new(OTHER, LINE).dial(LINE, OTHER).up(OTHER).dial_end(LINE, OTHER, "ANSWER").bridge("c", OTHER, LINE)
    call = read(script.wait(15).hang_up(LINE, OTHER)).call()
    assert (call["talk_s"], call["rep"], call["wait_s"]) == (35.0, "107", 4.0)


def test_a_caller_sent_on_to_a_mobile_stays_one_inbound_call() -> None:
    script = a_caller().up(LINE).new(SPARE, LINE).set(SPARE, CallerIDNum="0639980009")
    script.dial(LINE, SPARE, "0639980009@backup").dial_end(LINE, SPARE, "ANSWER").bridge("b", LINE, SPARE)
    call = read(script.wait(12).hang_up(LINE, SPARE)).call()
    assert (call["direction"], call["talk_s"], call["number"]) == ("inbound", 12.0, LEAD)
    assert "rep" not in call


def test_voicemail_is_no_answer() -> None:
    script = a_caller().up(LINE).tell("Newexten", LINE, Application="VoiceMail", AppData="107,u").wait(40).hang_up(LINE)
    call = read(script).call()
    assert "answered_at" not in call
    assert call["talk_s"] == 0


def originated(caller_id: str = "<unknown>") -> Script:
    """A dialler calls the prospect first."""
    script = Script().new(LINE, number=caller_id, context="dialler", account="solar")
    return script.dial(None, LINE, f"{LEAD}@provider")


def test_a_dialler_calls_first_and_gives_the_call_to_a_queue() -> None:
    script = originated().wait(6).up(LINE).dial_end(None, LINE, "ANSWER")
    script.tell("VarSet", LINE, Variable="AMDSTATUS", Value="HUMAN").queue("QueueCallerJoin", LINE, "agents")
    connected(script, 1, "agents").wait(50).hang_up(LINE, REP)
    told = read(script)
    call = told.call()
    assert (call["direction"], call["number"], call["rep"], call["amd"]) == ("outbound", LEAD, "107", "human")
    assert (call["talk_s"], call["campaign"], call["answered_at"]) == (50.0, "solar", 1000 * (BEGAN + 6))
    assert not told.of_type("queue.joined")


def test_a_dialler_whose_call_nobody_answers_has_made_an_attempt() -> None:
    call = read(originated().wait(25).dial_end(None, LINE, "NOANSWER").hang_up(LINE, cause=19)).call()
    assert (call["direction"], call["disposition"], call["ring_s"]) == ("outbound", "no_answer", 25.0)


def test_an_answered_call_that_no_rep_takes_is_answered_without_talk() -> None:
    call = read(originated().wait(5).up(LINE).dial_end(None, LINE, "ANSWER").wait(2).hang_up(LINE)).call()
    assert (call["talk_s"], call["answered_at"]) == (0, 1000 * (BEGAN + 5))


def test_a_machine_is_told_by_an_event_of_the_users_own() -> None:
    script = dialled(a_rep()).dial_end(REP, LINE, "ANSWER").bridge("b", LINE, REP).wait(2)
    script.tell("UserEvent", LINE, UserEvent="Detected", AMDSTATUS="MACHINE").wait(40).hang_up(LINE, REP)
    assert read(script).call()["amd"] == "machine"


def test_an_event_called_after_the_detection_may_call_its_answer_as_it_likes() -> None:
    script = dialled(a_rep()).dial_end(REP, LINE, "ANSWER").bridge("b", LINE, REP).wait(2)
    script.tell("UserEvent", LINE, UserEvent="AMD", Result="machine").wait(40).hang_up(LINE, REP)
    assert read(script).call()["amd"] == "machine"


def test_a_telephone_with_a_name_is_a_reps_all_the_same() -> None:
    phone, end, lead = (
        "Local/alice@phones-00000001;1",
        "Local/alice@phones-00000001;2",
        "Local/0639980001@out-00000002;1",
    )
    answers = "Local/0639980001@out-00000002;2"
    script = Script().new(phone, context="phones", exten="alice").new(end, phone).dial(None, phone, "alice@phones/n")
    script.up(end, phone).dial_end(None, phone, "ANSWER").new(lead, phone).new(answers, phone).dial(phone, lead)
    script.wait(3).up(answers, lead).dial_end(phone, lead, "ANSWER").bridge("b", phone, lead).wait(20)
    call = read(script.hang_up(answers, lead, phone, end)).call()
    assert (call["direction"], call["rep"], call["talk_s"], call["number"]) == ("outbound", "alice", 20.0, LEAD)


def test_a_caller_at_a_local_channel_is_inbound_without_a_queue_too() -> None:
    caller, end, phone = "Local/s@callers-00000001;1", "Local/s@callers-00000001;2", "Local/107@phones-00000002;1"
    script = Script().new(caller, number=LEAD, context="reception").new(end, caller, number=LEAD)
    script.dial(None, caller, "s@callers/n").up(end, caller).dial_end(None, caller, "ANSWER")
    script.new(phone, caller).new("Local/107@phones-00000002;2", caller).dial(caller, phone, "107@phones/n").wait(4)
    script.up("Local/107@phones-00000002;2", phone).dial_end(caller, phone, "ANSWER").bridge("b", caller, phone)
    call = read(script.wait(25).hang_up(end, caller, phone, "Local/107@phones-00000002;2")).call()
    assert (call["direction"], call["rep"], call["talk_s"], call["number"]) == ("inbound", "107", 25.0, LEAD)


def test_a_telephone_dialled_in_an_outbound_context_is_not_the_prospect() -> None:
    script = (
        Script().new("Local/s@start-00000001;1", context="outbound").dial(None, "Local/s@start-00000001;1", "s@start")
    )
    script.new(REP, "Local/s@start-00000001;1").set(REP, CallerIDNum="107").dial("Local/s@start-00000001;1", REP, "107")
    script.wait(9).dial_end("Local/s@start-00000001;1", REP, "NOANSWER").hang_up(REP, "Local/s@start-00000001;1")
    assert not read(script).of_type("call.ended")


def test_click_to_dial_shows_the_rep_whom_the_call_is_for_and_is_no_inbound_call() -> None:
    phone = "PJSIP/alice-00000001"
    script = Script().new(phone, number=LEAD, context="click").dial(None, phone, "alice").wait(3).up(phone)
    script.dial_end(None, phone, "ANSWER").new(LINE, phone, context="from-trunk").set(LINE, CallerIDNum=LEAD)
    script.dial(phone, LINE, f"{LEAD}@provider").wait(5).dial_end(phone, LINE, "ANSWER").bridge("b", LINE, phone)
    call = read(script.wait(33).hang_up(LINE, phone), asterisk_phones=["alice"]).call()
    assert (call["direction"], call["talk_s"], call["ring_s"], call["rep"]) == ("outbound", 33.0, 5.0, "alice")


def test_calls_between_telephones_are_told_to_nobody_and_counted() -> None:
    script = Script().new(REP, number="107", rings=True).new(OTHER, REP).set(OTHER, CallerIDNum="108")
    script.dial(REP, OTHER, "108").dial_end(REP, OTHER, "ANSWER").bridge("b", REP, OTHER).wait(60).hang_up(REP, OTHER)
    told = read(script)
    assert not told.events
    assert told.source.unused["internal calls"] == 1


def test_contexts_say_the_way_of_what_has_no_number() -> None:
    lead = "PJSIP/softphone-of-a-lead-00000009"
    script = Script().new(REP, number="107", context="dial-out", exten="lead-7", rings=True).new(lead, REP)
    script.dial(REP, lead, "softphone-of-a-lead").dial_end(REP, lead, "ANSWER").bridge("b", REP, lead).wait(30)
    call = read(script.hang_up(lead, REP), asterisk_outbound_contexts=["dial-*"]).call()
    assert (call["direction"], call["talk_s"]) == ("outbound", 30.0)


@pytest.mark.parametrize(
    "tell",
    [
        lambda script: script.tell("VarSet", REP, Variable="CAMPAIGN", Value="roof"),
        lambda script: script.tell("Newexten", REP, ChanVariable="CAMPAIGN=roof"),
        lambda script: script.tell("UserEvent", REP, UserEvent="Lead", Campaign="roof"),
    ],
)
def test_a_variable_names_the_campaign_and_the_lead(tell: Any) -> None:
    script = tell(a_rep()).tell("VarSet", REP, Variable="LEAD_ID", Value="L-7")
    dialled(script).dial_end(REP, LINE, "BUSY").hang_up(LINE, REP)
    call = read(
        script,
        asterisk_campaign_from="variable",
        asterisk_campaign_variable="CAMPAIGN",
        asterisk_lead_variable="LEAD_ID",
    ).call()
    assert (call["campaign"], call["lead"]) == ("roof", "L-7")


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
    assert call["rep"] == "+0639980009"  # the door replaces what has this form
    assert E164 not in str(call)
