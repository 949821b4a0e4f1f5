"""Calls that a rep hands on, and callers whom nobody of the floor speaks to any more: what is told of each."""

from __future__ import annotations

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
from tests.unit.sources.asterisk.ami_script import LEAD, Script

ELSEWHERE = "0639980077"
OUT, RUNS = f"Local/{ELSEWHERE}@from-internal-00000007;1", f"Local/{ELSEWHERE}@from-internal-00000007;2"


def a_talk() -> Script:
    """A rep has dialled a prospect, and has talked for 10 s."""
    script = dialled(a_rep()).wait(4).up(LINE).dial_end(REP, LINE, "ANSWER").up(REP).bridge("b", LINE, REP)
    return script.wait(10)


def sent_outside(script: Script) -> Script:
    """Send who is at LINE on to a number outside, who picks up and talks with them for 20 s."""
    script.unbridge("b", REP, LINE).hang_up(REP).set(LINE, Context="from-internal", Exten=ELSEWHERE)
    script.new(SPARE, LINE, number=ELSEWHERE, context="from-trunk").dial(LINE, SPARE, f"{ELSEWHERE}@backup").wait(3)
    return script.up(SPARE).dial_end(LINE, SPARE, "ANSWER").bridge("c", LINE, SPARE).wait(20).hang_up(LINE, SPARE)


def asks_outside(script: Script) -> Script:
    """Have the rep ask someone outside for 8 s, while who is at LINE waits."""
    script.tell("Hold", REP).wait(1).new(OUT, REP, context="from-internal", exten=ELSEWHERE).new(RUNS, REP)
    script.unbridge("b", REP).bridge("ask", OUT, REP).new(SPARE, REP, number=ELSEWHERE, context="from-trunk")
    script.dial(RUNS, SPARE, f"{ELSEWHERE}@backup").wait(2).up(SPARE).dial_end(RUNS, SPARE, "ANSWER").up(RUNS, OUT)
    return script.bridge("d", SPARE, RUNS).wait(8)


def test_the_talk_ends_when_a_caller_is_sent_on_to_a_number_outside() -> None:
    call = read(sent_outside(connected(in_queue(a_caller())).wait(10))).call()
    assert (call["direction"], call["rep"], call["talk_s"], call["number"]) == ("inbound", "107", 10.0, LEAD)


def test_a_prospect_who_is_sent_on_to_a_number_outside_is_one_attempt() -> None:
    told = read(sent_outside(a_talk()))
    call = told.call()
    assert (call["direction"], call["rep"], call["talk_s"], call["number"]) == ("outbound", "107", 10.0, LEAD)
    assert len(told.of_type("call.started")) == 1


def test_who_is_asked_outside_is_no_attempt_and_takes_the_talk_out_of_the_floor() -> None:
    script = asks_outside(a_talk()).unbridge("ask", OUT, REP).bridge("b", OUT).hang_up(REP).wait(30)
    told = read(script.hang_up(LINE, SPARE, RUNS, OUT))
    call = told.call()
    assert (call["rep"], call["number"], call["talk_s"]) == ("107", LEAD, 10.0)
    assert len(told.of_type("call.started")) == 1


def test_a_rep_who_takes_the_call_back_after_asking_outside_talks_on() -> None:
    script = asks_outside(a_talk()).unbridge("ask", OUT, REP).hang_up(SPARE, RUNS, OUT).bridge("b", REP)
    call = read(script.tell("Unhold", REP).wait(25).hang_up(LINE, REP)).call()
    assert (call["number"], call["talk_s"]) == (LEAD, 35.0)


def test_of_a_caller_whom_a_rep_puts_into_another_queue_the_first_rep_is_told() -> None:
    script = connected(in_queue(a_caller())).wait(10).unbridge("b", REP, LINE).hang_up(REP)
    script.queue("QueueCallerJoin", LINE, "support", Position=1).new(OTHER, LINE)
    script.queue("AgentCalled", LINE, "support", "108").dial(LINE, OTHER, "108").wait(6).up(OTHER)
    script.dial_end(LINE, OTHER, "ANSWER").queue("QueueCallerLeave", LINE, "support")
    script.queue("AgentConnect", LINE, "support", "108", HoldTime=6).bridge("c", OTHER, LINE).wait(20)
    told = read(script.hang_up(LINE, OTHER))
    assert (told.call()["rep"], told.call()["talk_s"]) == ("107", 30.0)
    assert [(one["queue"], one["outcome"], one["wait_s"]) for one in told.of_type("queue.left")] == [
        ("sales", "answered", 12.0),
        ("support", "answered", 6.0),
    ]


def test_a_prospect_whom_a_rep_puts_into_a_queue_waits_there_as_callers_do() -> None:
    script = a_talk().unbridge("b", REP, LINE).hang_up(REP).queue("QueueCallerJoin", LINE, "support", Position=1)
    told = read(script.wait(9).tell("HangupRequest", LINE).queue("QueueCallerAbandon", LINE, "support").hang_up(LINE))
    (left,) = told.of_type("queue.left")
    assert (left["outcome"], left["wait_s"]) == ("abandoned", 9.0)
    assert (told.call()["direction"], told.call()["talk_s"]) == ("outbound", 10.0)
    assert "queue" not in told.call()


def test_two_bridges_that_become_one_keep_nobody_who_has_left() -> None:
    script = connected(in_queue(a_caller())).wait(10).unbridge("b", REP).new(OTHER, REP).bridge("ask", REP, OTHER)
    script.wait(5).unbridge("ask", OTHER).bridge("b", OTHER)
    script.tell("BridgeMerge", ToBridgeUniqueid="b", FromBridgeUniqueid="ask").unbridge("ask", REP).hang_up(REP)
    call = read(script.wait(20).hang_up(OTHER).wait(9).hang_up(LINE)).call()
    assert call["talk_s"] == 30.0


# forwarded telephones


def forwarded(script: Script, way: str, runs: str) -> Script:
    """Ring `way` for who is at LINE, which leads to a mobile that picks up after 5 s."""
    script.new(way, LINE).new(runs, LINE).dial(LINE, way, way.partition("/")[2].partition("-")[0])
    script.new(SPARE, LINE, number=ELSEWHERE, context="from-trunk").dial(runs, SPARE, f"{ELSEWHERE}@backup").wait(5)
    script.up(SPARE).dial_end(runs, SPARE, "ANSWER").up(runs, way).dial_end(LINE, way, "ANSWER")
    return script.bridge("m", SPARE, runs).bridge("n", way, LINE)


def test_a_telephone_that_is_forwarded_to_a_mobile_is_still_its_reps() -> None:
    script = forwarded(a_caller(), "Local/119@phones-00000001;1", "Local/119@phones-00000001;2")
    call = read(script.wait(15).hang_up(LINE, SPARE)).call()
    assert (call["direction"], call["rep"], call["talk_s"], call["wait_s"]) == ("inbound", "119", 15.0, 5.0)


def test_so_it_is_for_a_caller_who_has_spoken_to_another_rep_before() -> None:
    script = connected(in_queue(a_caller())).wait(10).unbridge("b", REP, LINE).hang_up(REP)
    script = forwarded(script, "Local/119@phones-00000001;1", "Local/119@phones-00000001;2")
    call = read(script.wait(15).hang_up(LINE, SPARE)).call()
    assert (call["rep"], call["talk_s"]) == ("107", 25.0)


def test_a_mobile_that_callers_are_forwarded_to_is_the_reps_whom_a_setting_names_there() -> None:
    script = forwarded(a_caller(), OUT, RUNS).wait(15).hang_up(LINE, SPARE)
    assert "rep" not in read(script).call()
    assert read(script, asterisk_reps={ELSEWHERE: "rep-07"}).call()["rep"] == "rep-07"


# telephones, whatever they are called and show


def test_a_telephone_that_shows_the_number_of_the_house_and_a_line_called_by_its_number_make_an_attempt() -> None:
    desk, line = "SIP/desk-lea-00000001", "SIP/0033170-00000002"
    script = Script().new(desk, number="0199000100", context="floor", exten=f"#31#{LEAD}", rings=True)
    script.new(line, desk, number=LEAD, context="carrier").dial(desk, line, f"0033170/0033{LEAD[1:]}").wait(4)
    script.up(line).dial_end(desk, line, "ANSWER").bridge("b", desk, line).wait(20)
    call = read(script.hang_up(line, desk)).call()
    assert (call["direction"], call["rep"], call["talk_s"], call["number"]) == ("outbound", "desk-lea", 20.0, LEAD)


def test_someone_outside_who_is_never_put_through_has_called() -> None:
    call = read(a_caller(context="welcome").up(LINE).wait(9).hang_up(LINE)).call()
    assert (call["direction"], call["number"], call["disposition"]) == ("inbound", LEAD, "abandoned")


def test_a_voice_after_a_dial_that_nobody_answered_is_no_rep() -> None:
    script = dialled(a_rep()).wait(20).dial_end(REP, LINE, "NOANSWER").hang_up(LINE, cause=19).up(REP).wait(30)
    call = read(script.hang_up(REP)).call()
    assert (call["disposition"], call["talk_s"]) == ("no_answer", 0.0)
    assert "answered_at" not in call


def test_a_telephone_of_the_floor_that_calls_a_queue_counts_as_its_callers_do() -> None:
    script = Script().new(OTHER, number="108", exten="500", rings=True).up(OTHER)
    script.queue("QueueCallerJoin", OTHER, "sales", Position=1).new(REP, OTHER)
    script.queue("AgentCalled", OTHER, "sales", "107").dial(OTHER, REP, "107").wait(8).up(REP)
    script.dial_end(OTHER, REP, "ANSWER").queue("QueueCallerLeave", OTHER, "sales")
    script.queue("AgentConnect", OTHER, "sales", "107", HoldTime=8).bridge("b", REP, OTHER).wait(30)
    told = read(script.hang_up(OTHER, REP))
    call = told.call()
    assert (call["direction"], call["queue"], call["rep"], call["talk_s"]) == ("inbound", "sales", "107", 30.0)
    assert (call["number"], [one["wait_s"] for one in told.of_type("queue.left")]) == ("108", [8.0])


# diallers, and why nobody answered


def test_a_line_that_a_dialler_rings_is_outbound_although_lines_belong_to_a_context_of_callers() -> None:
    line = "SIP/0033170-00000001"
    script = Script().new(line, context="default").set(line, Context="from-trunk", ChannelState="5")
    script.tell("Newstate", line).dial(None, line, f"0033170/0033{LEAD[1:]}").wait(3).up(line)
    script.dial_end(None, line, "ANSWER").queue("QueueCallerJoin", line, "campaign", Position=1).new(REP, line)
    script.queue("AgentCalled", line, "campaign", "107").dial(line, REP, "107").wait(2).up(REP)
    script.dial_end(line, REP, "ANSWER").queue("QueueCallerLeave", line, "campaign")
    script.queue("AgentConnect", line, "campaign", "107", HoldTime=2).bridge("b", line, REP).wait(40)
    told = read(script.hang_up(REP, line))
    call = told.call()
    assert (call["direction"], call["rep"], call["talk_s"], call["ring_s"]) == ("outbound", "107", 40.0, 3.0)
    assert call["number"].endswith(LEAD[1:])
    assert not told.of_type("queue.joined")


def test_a_dialler_that_gives_up_ringing_tells_so_by_the_line_that_its_channel_leads_through() -> None:
    one, two = f"Local/{LEAD}@dialler-00000001;1", f"Local/{LEAD}@dialler-00000001;2"
    script = Script().new(one, context="dialler").new(two, one).dial(None, one, f"{LEAD}@dialler/n")
    script.new(LINE, one, number=LEAD).dial(two, LINE, f"{LEAD}@provider").wait(13).hang_up(one, cause=19)
    call = read(script.dial_end(two, LINE, "CANCEL").hang_up(LINE, two, cause=19)).call()
    assert (call["disposition"], call["ring_s"]) == ("no_answer", 13.0)


def test_a_number_that_there_is_not_has_failed_whatever_the_dial_says() -> None:
    for status in ("NOANSWER", "CHANUNAVAIL", "CANCEL"):
        script = dialled(a_rep()).wait(1).dial_end(REP, LINE, status).hang_up(LINE, REP, cause=1)
        assert read(script).call()["disposition"] == "failed"


def test_a_spare_line_after_congestion_is_the_same_attempt() -> None:
    script = dialled(a_rep()).wait(1).dial_end(REP, LINE, "CONGESTION").hang_up(LINE, cause=34)
    script.new(SPARE, REP, number=LEAD).dial(REP, SPARE, f"{LEAD}@backup").wait(5).up(SPARE)
    script.dial_end(REP, SPARE, "ANSWER").bridge("b", SPARE, REP).wait(12)
    told = read(script.hang_up(SPARE, REP))
    assert (told.call()["talk_s"], told.call()["ring_s"]) == (12.0, 6.0)
