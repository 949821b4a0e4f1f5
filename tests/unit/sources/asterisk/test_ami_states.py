"""What reps do over the manager interface: each by their own channels, queues and wrap-up, whatever a call becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream.sources.asterisk.ami.reps import CONFIRMED_MS, LASTS_S
from tests.read_source import read_bytes
from tests.scoring import states as scored
from tests.shared_data import SHARED, Recording
from tests.unit.sources.asterisk.ami_calls import LINE, OTHER, REP, SPARE, a_caller, a_rep, connected, dialled, in_queue
from tests.unit.sources.asterisk.ami_script import BEGAN, Script

FIELD = SHARED / "field" / "asterisk"
GROUP = ("PJSIP/105-00000005", "PJSIP/106-00000006")
Step = tuple[float, str]


def states(data: Script | bytes, **given: Any) -> dict[str, list[Step]]:
    """Return what each rep did, from which second of the script on; without what is only said again."""
    raw = data.raw() if isinstance(data, Script) else data
    told = read_bytes("asterisk-ami", raw, **given)
    assert not told.refused
    found: dict[str, list[Step]] = {}
    for event in sorted(told.of_type("rep.state"), key=lambda event: event["at"]):
        steps = found.setdefault(event["rep"], [])
        if not steps or steps[-1][1] != event["state"]:
            steps.append((round(event["at"] / 1000 - BEGAN, 1), event["state"]))
    return found


def joins(script: Script, queue: str, paused: int = 0, event: str = "QueueMemberAdded", rep: str = "107") -> Script:
    return script.tell(event, Queue=queue, Interface=f"PJSIP/{rep}", MemberName=f"Rep {rep}", Paused=paused, Status=1)


def leaves(script: Script, queue: str) -> Script:
    return joins(script, queue, event="QueueMemberRemoved")


def handed_to_other(script: Script) -> Script:
    """The caller of 107 rings at 108 for 5 s, and is answered there."""
    script.new(OTHER, LINE).dial(LINE, OTHER, "108").wait(5).up(OTHER).dial_end(LINE, OTHER, "ANSWER")
    return script.bridge("c", OTHER, LINE)


def test_who_sends_a_call_on_is_free_at_once_and_who_takes_it_talks() -> None:
    script = connected(in_queue(a_caller()), 10).wait(30).unbridge("b", REP, LINE).hang_up(REP)
    found = states(handed_to_other(script).wait(20).hang_up(LINE, OTHER))
    assert found["107"] == [(0, "ringing"), (10, "talking"), (40, "available")]
    assert found["108"] == [(40, "ringing"), (45, "talking"), (65, "available")]


def test_a_rep_who_hands_on_and_dials_again_is_talking_when_the_first_call_ends_elsewhere() -> None:
    script = connected(in_queue(a_caller()), 10).wait(30).unbridge("b", REP, LINE).hang_up(REP)
    handed_to_other(script)
    again = "PJSIP/107-00000009"
    script.new(again, number="107", exten="0639980002", rings=True).new(SPARE, again).set(
        SPARE, CallerIDNum="0639980002"
    )
    script.dial(again, SPARE, "0639980002@backup").wait(4).up(SPARE, again).dial_end(again, SPARE, "ANSWER")
    script.bridge("d", again, SPARE).wait(10).hang_up(LINE, OTHER).wait(25).hang_up(SPARE, again)
    assert states(script)["107"][2:] == [(40, "available"), (45, "ringing"), (49, "talking"), (84, "available")]


def test_a_rep_who_consults_a_colleague_talks_on_and_so_does_the_colleague() -> None:
    script = connected(in_queue(a_caller()), 10).wait(20).unbridge("b", REP)
    script.new(OTHER, REP).dial(REP, OTHER, "108").wait(3).up(OTHER).dial_end(REP, OTHER, "ANSWER")
    script.bridge("c", REP, OTHER).wait(7).unbridge("c", REP).hang_up(REP).unbridge("c", OTHER).bridge("b", OTHER)
    found = states(script.wait(10).hang_up(LINE, OTHER))
    assert found == {
        "107": [(0, "ringing"), (10, "talking"), (40, "available")],
        "108": [(30, "ringing"), (33, "talking"), (50, "available")],
    }


@pytest.mark.parametrize("hangs_up", [0, 1])
def test_all_of_a_ring_group_ring_and_one_talks(hangs_up: int) -> None:
    script = a_caller()
    for phone, number in zip(GROUP, ("105", "106"), strict=True):
        script.new(phone, LINE).dial(LINE, phone, number)
    script.wait(6).up(GROUP[0]).dial_end(LINE, GROUP[0], "ANSWER").dial_end(LINE, GROUP[1], "CANCEL")
    script.hang_up(GROUP[1]).bridge("b", GROUP[0], LINE).wait(9).hang_up(*((LINE, GROUP[0])[:: 1 - 2 * hangs_up]))
    assert states(script) == {
        "105": [(0, "ringing"), (6, "talking"), (15, "available")],
        "106": [(0, "ringing"), (6, "available")],
    }


def test_a_hunt_group_rings_one_after_the_other() -> None:
    script = a_caller()
    for phone, number in zip(GROUP, ("105", "106"), strict=True):
        script.new(phone, LINE).dial(LINE, phone, number).wait(5).dial_end(LINE, phone, "NOANSWER").hang_up(phone)
    assert states(script.hang_up(LINE)) == {
        "105": [(0, "ringing"), (5, "available")],
        "106": [(5, "ringing"), (10, "available")],
    }


def test_a_rep_who_dials_is_ringing_until_somebody_answers() -> None:
    script = dialled(a_rep()).wait(7).up(LINE, REP).dial_end(REP, LINE, "ANSWER").bridge("b", REP, LINE)
    assert states(script.wait(31).hang_up(LINE, REP)) == {"107": [(0, "ringing"), (7, "talking"), (38, "available")]}


def test_a_rep_with_two_calls_talks_until_the_last_is_over() -> None:
    script = dialled(a_rep()).wait(7).up(LINE, REP).dial_end(REP, LINE, "ANSWER").bridge("b", REP, LINE).wait(10)
    second = "PJSIP/107-0000000a"
    script.new(SPARE, number="0639980002", context="from-trunk", rings=True).new(second, SPARE)
    script.dial(SPARE, second, "107").wait(3).up(second).dial_end(SPARE, second, "ANSWER").bridge("c", second, SPARE)
    script.wait(5).hang_up(LINE, REP).wait(5).hang_up(SPARE, second)
    assert states(script) == {"107": [(0, "ringing"), (7, "talking"), (30, "available")]}


def test_a_caller_who_goes_on_to_a_survey_keeps_no_rep() -> None:
    script = connected(in_queue(a_caller()), 10).wait(30).unbridge("b", REP, LINE).hang_up(REP).wait(240)
    assert states(script.hang_up(LINE))["107"][-1] == (40, "available")


def test_a_rep_at_a_mobile_rings_and_talks_by_the_local_channel_that_the_queue_rings() -> None:
    one, two = "Local/119@from-queue-00000005;1", "Local/119@from-queue-00000005;2"
    script = in_queue(a_caller()).new(one, LINE).new(two, LINE)
    script.tell("AgentCalled", LINE, dest=one, Queue="sales", Interface="Local/119@from-queue/n", MemberName="On call")
    script.dial(LINE, one, "Local/119@from-queue/n").new(SPARE, LINE).set(SPARE, CallerIDNum="0639980019")
    script.dial(two, SPARE, "0639980019@backup").wait(4).up(SPARE).dial_end(two, SPARE, "ANSWER").up(two, one)
    script.dial_end(LINE, one, "ANSWER").bridge("m", SPARE, two).bridge("q", one, LINE).wait(30)
    found = states(script.hang_up(LINE, one, two, SPARE), asterisk_reps={"Local/119@from-queue": "on-call"})
    assert found == {"on-call": [(0, "ringing"), (4, "talking"), (34, "available")]}


def test_what_answers_for_a_rep_whose_telephone_refuses_is_not_that_rep() -> None:
    one, two = "Local/107@from-internal-00000005;1", "Local/107@from-internal-00000005;2"
    script = a_caller().up(LINE).new(one, LINE).new(two, LINE).dial(LINE, one, "107@from-internal/n")
    script.new(REP, LINE).dial(two, REP, "107").wait(4).dial_end(two, REP, "BUSY").hang_up(REP).up(two, one)
    script.dial_end(LINE, one, "ANSWER").bridge("v", one, LINE).wait(30).hang_up(LINE, one, two)
    assert states(script, asterisk_reps={"107": "107"}) == {"107": [(0, "ringing"), (4, "available")]}


def test_a_rep_in_a_conference_talks_while_somebody_else_is_there() -> None:
    script = Script().new(REP, number="107").dial(None, REP, "107").wait(2).up(REP).dial_end(None, REP, "ANSWER")
    conference = {"BridgeUniqueid": "conf", "BridgeType": "base", "BridgeTechnology": "softmix"}
    script.tell("BridgeEnter", REP, **conference).wait(60)
    script.new(LINE, number="anonymous").dial(None, LINE, "0639980001@provider").up(LINE)
    script.tell("BridgeEnter", LINE, **conference).wait(25).unbridge("conf", LINE).hang_up(LINE).wait(40)
    assert states(script.unbridge("conf", REP).hang_up(REP)) == {
        "107": [(0, "ringing"), (2, "talking"), (2, "available"), (62, "talking"), (87, "available"), (127, "offline")]
    }


# queues


def test_who_leaves_one_of_two_queues_is_available_and_who_leaves_both_offline() -> None:
    script = joins(joins(Script(), "sales"), "support").wait(10)
    leaves(leaves(script, "sales").wait(10), "support")
    assert states(script) == {"107": [(0, "available"), (20, "offline")]}


def test_who_is_paused_in_all_of_their_queues_is_paused() -> None:
    script = joins(joins(Script(), "sales"), "support").wait(10)
    joins(script, "sales", 1, "QueueMemberPause").wait(10)
    joins(joins(script, "support", 1, "QueueMemberPause").wait(10), "sales", 0, "QueueMemberPause")
    assert states(script) == {"107": [(0, "available"), (20, "paused"), (30, "available")]}


def test_who_joins_paused_is_paused_and_the_reason_is_kept() -> None:
    script = joins(Script(), "sales", 1).wait(10)
    script.tell("QueueMemberPause", Queue="sales", Interface="PJSIP/107", Paused=1, Reason="lunch")
    events = read_bytes("asterisk-ami", script.raw()).of_type("rep.state")
    assert [(event["state"], event.get("reason")) for event in events] == [("paused", None), ("paused", "lunch")]


def test_a_pause_that_only_a_device_tells_is_one() -> None:
    script = Script().tell("DeviceStateChange", Device="Queue:sales_pause_PJSIP/107", State="NOT_INUSE").wait(9)
    script.tell("DeviceStateChange", Device="Queue:sales_pause_PJSIP/107", State="INUSE").wait(9)
    script.tell("DeviceStateChange", Device="Queue:sales_avail", State="INUSE")
    script.tell("DeviceStateChange", Device="Queue:sales_pause_PJSIP/107", State="NOT_INUSE")
    assert states(script) == {"107": [(0, "available"), (9, "paused"), (18, "available")]}


def test_who_is_rung_while_in_no_queue_is_offline_again_afterwards() -> None:
    script = leaves(joins(Script(), "sales").wait(5), "sales").wait(5)
    script.new(LINE, number="0639980001", context="from-trunk", rings=True).new(REP, LINE).dial(LINE, REP, "107").wait(
        3
    )
    assert states(script.hang_up(REP, LINE))["107"][1:] == [(5, "offline"), (10, "ringing"), (13, "offline")]


def test_a_telephone_that_cannot_be_reached_has_its_rep_offline_until_it_can() -> None:
    script = joins(Script(), "sales").wait(5)
    script.tell("QueueMemberStatus", Queue="sales", Interface="PJSIP/107", Paused=0, Status=5).wait(5)
    script.tell("QueueMemberStatus", Queue="sales", Interface="PJSIP/107", Paused=0, Status=1)
    assert states(script) == {"107": [(0, "available"), (5, "offline"), (10, "available")]}


def test_a_member_on_the_line_of_whom_nothing_else_was_heard_is_not_said_to_be_free() -> None:
    script = Script().tell("QueueMemberStatus", Queue="sales", Interface="PJSIP/107", Paused=0, Status=2).wait(8)
    script.tell("QueueMemberStatus", Queue="sales", Interface="PJSIP/107", Paused=0, Status=1)
    assert states(script) == {"107": [(8, "available")]}


# wrap-up

WRAP_UP = {"asterisk_queue_wrapup_s": {"sales": 15, "support": 4}}


def answered(queue: str = "sales") -> Script:
    """107 takes a call of a queue, which ends after 40 s."""
    return connected(in_queue(a_caller(), queue), 10, queue).wait(30).hang_up(LINE, REP)


@pytest.mark.parametrize(("queue", "seconds"), [("sales", 15), ("support", 4), ("other", 0)])
def test_the_wrap_up_is_that_of_the_queue_that_gave_the_call(queue: str, seconds: int) -> None:
    ends = [(40, "wrap_up"), (40 + seconds, "available")] if seconds else [(40, "available")]
    assert states(answered(queue), **WRAP_UP)["107"][2:] == ends


def test_a_call_within_the_wrap_up_is_one_and_its_end_does_not_come_from_before() -> None:
    script = answered().wait(5)
    again = "PJSIP/107-00000009"
    script.new(again, number="107", exten="0639980002", rings=True).new(SPARE, again).set(
        SPARE, CallerIDNum="0639980002"
    )
    script.dial(again, SPARE, "0639980002@backup").wait(4).up(SPARE, again).dial_end(again, SPARE, "ANSWER")
    script.bridge("d", again, SPARE).wait(60).hang_up(SPARE, again)
    steps = [(40, "wrap_up"), (45, "ringing"), (49, "talking"), (109, "available")]
    assert states(script, **WRAP_UP)["107"][2:] == steps


def test_a_wrap_up_goes_on_after_a_ringing_that_was_shorter() -> None:
    script = answered().wait(5).new(SPARE, number="0639980002", context="from-trunk", rings=True)
    again = "PJSIP/107-00000009"
    script.new(again, SPARE).dial(SPARE, again, "107").wait(3).hang_up(again, SPARE)
    steps = [(40, "wrap_up"), (45, "ringing"), (48, "wrap_up"), (55, "available")]
    assert states(script, **WRAP_UP)["107"][2:] == steps


def test_who_rings_in_vain_has_no_wrap_up() -> None:
    script = in_queue(a_caller()).new(REP, LINE).queue("AgentCalled", LINE, "sales", "107").dial(LINE, REP, "107")
    script.wait(9).dial_end(LINE, REP, "NOANSWER").hang_up(REP).wait(3).hang_up(LINE)
    assert states(script, **WRAP_UP) == {"107": [(0, "ringing"), (9, "available")]}


def test_a_pause_within_a_call_shows_after_its_wrap_up() -> None:
    script = joins(Script(), "sales").new(LINE, number="0639980001", context="from-trunk", rings=True)
    connected(in_queue(script), 10).wait(5)
    joins(script, "sales", 1, "QueueMemberPause").wait(5).hang_up(LINE, REP)
    assert states(script, **WRAP_UP)["107"][3:] == [(20, "wrap_up"), (35, "paused")]


# for how long a state holds


def test_a_state_that_goes_on_is_said_again_before_it_would_be_unknown() -> None:
    script = dialled(a_rep()).up(LINE, REP).dial_end(REP, LINE, "ANSWER").bridge("b", REP, LINE).wait(1000)
    events = read_bytes("asterisk-ami", script.hang_up(LINE, REP).raw()).of_type("rep.state")
    talking = [event for event in events if event["state"] == "talking"]
    assert [event["at"] - talking[0]["at"] for event in talking] == [CONFIRMED_MS * n for n in range(5)]
    assert {event["lasts_s"] for event in events} == {LASTS_S}
    assert CONFIRMED_MS < 1000 * LASTS_S


def test_nobody_is_said_to_be_free_for_a_night_that_nothing_was_heard_of() -> None:
    script = joins(Script(), "sales").wait(40 * 3600)
    joins(script, "sales", rep="108")
    events = [one for one in read_bytes("asterisk-ami", script.raw()).of_type("rep.state") if one["rep"] == "107"]
    assert len(events) == 4 * 3600 * 1000 // CONFIRMED_MS
    assert events[-1]["at"] < 1000 * (BEGAN + 4 * 3600)


def test_who_is_offline_stays_so_without_a_word() -> None:
    script = leaves(joins(Script(), "sales").wait(1), "sales").wait(1000)
    joins(script, "sales", rep="108")
    offline = [
        one for one in read_bytes("asterisk-ami", script.raw()).of_type("rep.state") if one["state"] == "offline"
    ]
    assert len(offline) == 1
    assert "lasts_s" not in offline[0]


# a whole floor, against the truth of what was played

SECOND = SHARED / "asterisk_recorded2"
SET_UP: dict[str, Any] = {
    "asterisk_trunks": ["0033170", "gsm1"],
    "asterisk_outbound_queues": ["campagne"],
    "asterisk_outbound_contexts": ["from-internal", "macro-dialout-trunk", "numeroteur"],
    "asterisk_phones": ["10?", "rep1??"],
    "asterisk_reps": {"Local/119@from-queue": "rep119", "Local/0639980007@renvois": "107"},
    "asterisk_queue_wrapup_s": {"ventes": 6, "support": 4, "campagne": 3},
}


@pytest.mark.skipif(not SECOND.exists(), reason="that floor is not beside this repository")
def test_each_state_of_a_floor_is_within_a_second_of_what_was_played() -> None:
    recorded = Recording("", SECOND)
    told = scored.told(read_bytes("asterisk-ami", recorded.read_bytes("ami.txt"), **SET_UP).events)
    result = scored.score(told, json.loads(recorded.read_text("truth.json")))
    assert {state: result.share(state) > 0.999 for state in scored.STATES} == dict.fromkeys(scored.STATES, True)
    assert set(told) == set(json.loads(recorded.read_text("truth.json"))["reps"])


# as people met them

MET: dict[str, dict[str, list[Step]]] = {
    "ami_blind_transfer": {
        "201": [(0, "available"), (11, "ringing"), (15, "talking"), (55, "available")],
        "202": [(0, "available"), (56, "ringing"), (63, "talking"), (363, "available")],
    },
    "ami_call_in_wrapup": {
        "201": [
            (0, "available"),
            (11, "ringing"),
            (15, "talking"),
            (45, "wrap_up"),
            (55, "ringing"),
            (60, "talking"),
            (660, "available"),
        ]
    },
    "ami_removed_from_one_queue": {"201": [(0, "available"), (121, "ringing"), (125, "talking"), (185, "available")]},
    "ami_survey_after_the_call": {"201": [(0, "available"), (11, "ringing"), (15, "talking"), (55, "available")]},
}


@pytest.mark.skipif(not FIELD.exists(), reason="what people met is not beside this repository")
@pytest.mark.parametrize("name", MET)
def test_what_people_met_is_right_now(name: str) -> None:
    found = states((FIELD / f"{name}.txt").read_bytes())
    began = 1_796_000_000 - BEGAN
    assert {rep: [(at - began, state) for at, state in steps] for rep, steps in found.items()} == MET[name]
