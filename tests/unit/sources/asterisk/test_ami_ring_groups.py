"""What stands for a queue by a setting, live: ring groups, direct numbers, contexts, and the callers who wait there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.read_source import read_bytes
from tests.scoring.setup import SETUPS
from tests.scoring.told import FILES
from tests.shared_data import SHARED, Recording
from tests.unit.sources.asterisk.ami_calls import LINE, OTHER, REP, connected, in_queue, read
from tests.unit.sources.asterisk.ami_script import BEGAN, LEAD, Script

RICHER = Recording("outside", SHARED / "asterisk_recorded2")
NUMBER, GROUP = "0199000200", "600"


def came(exten: str = GROUP, context: str = "from-trunk") -> Script:
    """Someone who calls the house, and is at an extension two seconds later."""
    script = Script().new(LINE, number=LEAD, context=context, exten=NUMBER, rings=True).wait(2)
    return script.set(LINE, Exten=exten, Context="groups" if exten == GROUP else context)


def rung(script: Script, *members: str) -> Script:
    for member in members:
        script.new(member, LINE).dial(LINE, member)
    return script


def stays(script: Script, **named: str) -> list[tuple[Any, ...]]:
    told = read(script, asterisk_ring_groups=named or {GROUP: "front desk"}, asterisk_inbound_contexts=["from-trunk"])
    joined = {one["queue"]: one["at"] for one in told.of_type("queue.joined")}
    call = told.call()
    lefts = told.of_type("queue.left")
    assert call["direction"] == "inbound"
    assert {one["call"] for one in lefts} <= {call["call"]}
    if lefts:
        assert (call["queue"], call["wait_s"]) in {(one["queue"], one["wait_s"]) for one in lefts}
    return [
        (one["queue"], (joined[one["queue"]] - 1000 * BEGAN) / 1000, one["outcome"], one["wait_s"]) for one in lefts
    ]


def test_whoever_of_a_ring_group_picks_up_has_ended_the_wait() -> None:
    script = rung(came(), REP, OTHER).wait(6).up(REP).dial_end(LINE, REP, "ANSWER").dial_end(LINE, OTHER, "CANCEL")
    script.hang_up(OTHER).bridge("b", REP, LINE).wait(40).hang_up(REP, LINE)
    assert stays(script) == [("front desk", 2.0, "answered", 6.0)]


def test_who_hangs_up_while_it_rings_has_given_up() -> None:
    script = rung(came(), REP, OTHER).wait(3).dial_end(LINE, OTHER, "BUSY").hang_up(OTHER).wait(6)
    script.dial_end(LINE, REP, "CANCEL").hang_up(REP, LINE)
    assert stays(script) == [("front desk", 2.0, "abandoned", 9.0)]


def test_who_is_sent_on_because_nobody_came_has_not() -> None:
    script = rung(came(), REP).wait(12).dial_end(LINE, REP, "NOANSWER").hang_up(REP)
    script.set(LINE, Exten="vm", Context="voicemail").up(LINE).wait(20).hang_up(LINE)
    assert stays(script) == [("front desk", 2.0, "timeout", 12.0)]


def test_members_who_are_rung_one_after_the_other_are_one_stay() -> None:
    script = rung(came(), REP).wait(5).dial_end(LINE, REP, "NOANSWER").hang_up(REP)
    rung(script, OTHER).wait(4).up(OTHER).dial_end(LINE, OTHER, "ANSWER").bridge("b", OTHER, LINE).wait(30)
    assert stays(script.hang_up(OTHER, LINE)) == [("front desk", 2.0, "answered", 9.0)]


def test_after_a_ring_group_comes_a_queue() -> None:
    script = rung(came(), REP).wait(5).dial_end(LINE, REP, "NOANSWER").hang_up(REP)
    connected(in_queue(script), 6).wait(40).hang_up(LINE, REP)
    assert stays(script) == [("front desk", 2.0, "timeout", 5.0), ("sales", 7.0, "answered", 6.0)]


@pytest.mark.parametrize("named", [NUMBER, "+33199000200", "from-trunk"])
def test_a_direct_number_or_a_context_stands_for_a_queue_too(named: str) -> None:
    script = rung(came(exten="107"), REP).wait(4).up(REP).dial_end(LINE, REP, "ANSWER").bridge("b", REP, LINE).wait(9)
    assert stays(script.hang_up(REP, LINE), **{named: "the house"}) == [("the house", 2.0, "answered", 4.0)]


def test_who_has_gone_before_anybody_was_rung_has_given_up() -> None:
    assert stays(came().wait(5).hang_up(LINE)) == [("front desk", 0.0, "abandoned", 7.0)]


def test_without_the_setting_nothing_stands_for_a_queue() -> None:
    script = rung(came(), REP).wait(6).up(REP).dial_end(LINE, REP, "ANSWER").bridge("b", REP, LINE).wait(40)
    assert stays(script.hang_up(REP, LINE), elsewhere="x") == []


@pytest.mark.skipif(not RICHER.folder.exists(), reason="the recording is not beside the repository")
def test_on_a_recorded_floor_the_manager_interface_and_cel_tell_the_same_waits() -> None:
    setup = {**SETUPS["yes"], "asterisk_ring_groups": {"600": "desk", "601": "hunt", "602": "late"}}
    told = {}
    for form in ("ami", "cel"):
        name, reads = FILES[form]
        lefts = read_bytes(reads, RICHER.read_bytes(name.removesuffix(".gz")), **setup).of_type("queue.left")
        told[form] = {one["call"]: one for one in lefts if one["queue"] in {"desk", "hunt", "late"}}
    assert len(told["ami"]) == 22
    assert told["ami"].keys() == told["cel"].keys()
    for call, left in told["ami"].items():
        assert (left["queue"], left["outcome"]) == (told["cel"][call]["queue"], told["cel"][call]["outcome"])
        assert left["wait_s"] == pytest.approx(told["cel"][call]["wait_s"], abs=0.1)
