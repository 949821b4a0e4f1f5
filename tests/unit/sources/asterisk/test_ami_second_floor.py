"""A second recorded floor, where it is there: live as from a capture, and each call once; its kinds stand beside."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest

from stream.configuration import load_settings
from stream.sources.asterisk.ami.machine import Machine
from stream.sources.asterisk.ami.messages import Splitter, read
from stream.sources.asterisk.plan import directions_of
from stream.sources.opening import opened
from tests.scoring.comparing import scores, strangers
from tests.scoring.setup import SETUPS
from tests.scoring.told import told_by
from tests.shared_data import SHARED

if TYPE_CHECKING:
    from stream.sources.asterisk.ami.messages import Message

FLOOR: Final = SHARED / "asterisk_recorded2"
LONG: Final = 8
pytestmark = pytest.mark.skipif(not FLOOR.exists(), reason="the recording is beside the repository, and not here")


@cache
def truth() -> dict[str, dict[str, Any]]:
    """Return the calls that were played, by their Linkedid, without those that never came to be."""
    played = json.loads((FLOOR / "truth.json").read_text())["calls"]
    return {one["pbx"]["linkedid"]: one for one in played if one.get("pbx")}


@cache
def messages() -> tuple[Message, ...]:
    splitter = Splitter()
    with opened(FLOOR / "ami.txt.gz") as file:
        return tuple(read(block) for block in (*splitter.feed(file.content.read()), *splitter.end()))


def told(*, live: bool = False, **settings: Any) -> tuple[list[dict[str, Any]], Machine]:
    machine = Machine(directions_of(load_settings(**settings)), 4 * 3_600_000)
    events: list[dict[str, Any]] = []
    for message in messages():
        at = round(1000 * float(message.get("timestamp") or 0)) + 35 if live else None
        events += machine.feed(message, at)
    return events, machine


def test_what_is_heard_live_is_what_a_capture_tells() -> None:
    assert told(live=True)[0] == told()[0]


def test_nothing_is_kept_of_what_is_over() -> None:
    machine = told()[1]
    exchange = machine.exchange
    assert not exchange.groups
    assert not exchange.leg_of
    assert not exchange.lines.by_id


def test_each_call_that_somebody_outside_had_is_told_once_and_goes_the_way_it_went() -> None:
    played = truth()
    calls = [one for one in told()[0] if one["type"] == "call.ended"]
    assert len({one["call"] for one in calls}) == len(calls)
    assert {one["call"] for one in calls} == played.keys()
    for one in calls:
        was = played[one["call"]]
        assert one["direction"] == ("outbound" if was["way"] == "outbound" else "inbound")
        if was["outside"] and not was.get("withheld"):
            assert one["number"][-LONG:] == was["outside"][-LONG:]
        assert abs(one["talk_s"] - was["joined_talk"]) < 0.5


def test_whoever_spoke_first_is_the_rep_unless_it_was_at_a_mobile_that_nothing_names() -> None:
    played = truth()
    reps = {"0639980007": "107", **{str(short): f"rep{short}" for short in range(109, 120)}}
    for one in told(asterisk_reps=reps)[0]:
        if one["type"] == "call.ended" and (segments := played[one["call"]]["segments"]):
            assert one["rep"] == segments[0]["rep"]


@pytest.mark.parametrize("setup", SETUPS)
def test_every_call_is_right_in_every_field_that_the_manager_interface_can_tell(setup: str) -> None:
    told_there = told_by(FLOOR, "ami", SETUPS[setup])
    played = json.loads((FLOOR / "truth.json").read_text())
    found = scores(played, told_there, "ami")
    assert len(found) == sum(bool(call.get("pbx")) for call in played["calls"])
    wrong = {(score.scenario, name) for score in found for name in (*score.wrong, *score.absent)}
    # Who is at a mobile, and who an extension is, is named by settings alone.
    assert wrong <= ({("f-forward", "rep"), ("f-oncall-mobile", "rep")} if setup == "none" else set())
    assert not strangers(played, told_there)
    assert not told_there.refused
