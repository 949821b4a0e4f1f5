"""Callers, queues and reps of other shapes than the recorded ones, and whose way is told by what."""

from __future__ import annotations

from stream.sources.signs import signs_of
from tests.unit.sources.asterisk.ami_calls import LINE, OTHER, REP, SPARE, a_caller, connected, in_queue, read
from tests.unit.sources.asterisk.ami_script import BEGAN, LEAD, Script


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
    assert {event["type"] for event in told.events} == {"rep.state"}
    assert told.source.unused["internal calls"] == 1
    assert told.source.unused["call of no known direction"] == 0
    assert signs_of(told.source).of("house") == 1


def test_a_call_of_which_nothing_says_where_it_went_is_of_no_known_direction() -> None:
    other = "PJSIP/softphone-of-somebody-00000009"
    script = Script().new(REP, number="107", context="own", exten="lead-7", rings=True).new(other, REP)
    script.dial(REP, other, "").bridge("b", REP, other).wait(60).hang_up(REP, other)
    unsaid = Script().new(other, number="<unknown>", context="own", exten="s").wait(5).hang_up(other)
    for some in (script, unsaid):
        told = read(some)
        assert {event["type"] for event in told.events} <= {"rep.state"}
        assert told.source.unused["call of no known direction"] == 1
        assert told.source.unused["internal calls"] == 0
        assert signs_of(told.source).names("context", 3) == ["own"]


def test_contexts_say_the_way_of_what_has_no_number() -> None:
    lead = "PJSIP/softphone-of-a-lead-00000009"
    script = Script().new(REP, number="107", context="dial-out", exten="lead-7", rings=True).new(lead, REP)
    script.dial(REP, lead, "softphone-of-a-lead").dial_end(REP, lead, "ANSWER").bridge("b", REP, lead).wait(30)
    call = read(script.hang_up(lead, REP), asterisk_outbound_contexts=["dial-*"]).call()
    assert (call["direction"], call["talk_s"]) == ("outbound", 30.0)
