"""Attempts of other shapes than the recorded ones: what each comes to, from the rules of the manager's events."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sources.asterisk.ami_calls import (
    LINE,
    REP,
    SPARE,
    a_caller,
    a_rep,
    connected,
    dialled,
    originated,
    read,
)
from tests.unit.sources.asterisk.ami_script import BEGAN, LEAD, Script


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


@pytest.mark.parametrize("prefix", ["9", "0", "7001"])
def test_digits_that_only_ask_for_a_line_are_no_part_of_the_number(prefix: str) -> None:
    script = a_rep().new(LINE, REP, context="from-trunk").set(LINE, CallerIDNum=prefix + LEAD)
    script.set(REP, Exten=prefix + LEAD).dial(REP, LINE, f"{LEAD}@provider").wait(5).hang_up(LINE, REP)
    assert read(script).call()["number"] == LEAD


def test_nor_are_those_of_a_dialler_that_goes_through_a_local_channel() -> None:
    here, there = f"Local/9{LEAD}@default-00000001;1", f"Local/9{LEAD}@default-00000001;2"
    script = Script().new(here, context="default").new(there, here, context="default", exten=f"9{LEAD}")
    script.tell(
        "LocalBridge",
        LocalOneUniqueid=script.call_id(here),
        LocalTwoUniqueid=script.set(there)._channels[there]["Uniqueid"],
    )
    script.dial(None, here, f"9{LEAD}@default").new(LINE, here).dial(there, LINE, f"{LEAD}@provider").wait(5)
    assert read(script.hang_up(LINE, there, here)).call()["number"] == LEAD


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


def test_voicemail_is_no_answer() -> None:
    script = a_caller().up(LINE).tell("Newexten", LINE, Application="VoiceMail", AppData="107,u").wait(40).hang_up(LINE)
    call = read(script).call()
    assert "answered_at" not in call
    assert call["talk_s"] == 0


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


def test_a_telephone_dialled_in_an_outbound_context_is_not_the_prospect() -> None:
    script = (
        Script().new("Local/s@start-00000001;1", context="outbound").dial(None, "Local/s@start-00000001;1", "s@start")
    )
    script.new(REP, "Local/s@start-00000001;1").set(REP, CallerIDNum="107").dial("Local/s@start-00000001;1", REP, "107")
    script.wait(9).dial_end("Local/s@start-00000001;1", REP, "NOANSWER").hang_up(REP, "Local/s@start-00000001;1")
    assert not read(script).of_type("call.ended")


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
