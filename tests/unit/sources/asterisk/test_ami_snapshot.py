"""All channels as they are when a connection is made again: who sits in a conference that has no bridge."""

from __future__ import annotations

from typing import Any

from stream.configuration import load_settings
from stream.sources.asterisk.ami.machine import Machine
from stream.sources.asterisk.ami.messages import Message
from stream.sources.asterisk.ami.snapshot import Snapshot
from stream.sources.asterisk.plan import directions_of
from tests.unit.sources.asterisk.test_ami_conferences import CARRIER, DESK, MEETME, ONE, TWO, Floor


def message(headers: dict[str, str]) -> Message:
    return Message(headers["Event"].casefold(), {name.casefold(): value for name, value in headers.items()}, {})


def of(floor: Floor, machine: Machine, since: int = 0) -> list[dict[str, Any]]:
    return [event for one in floor.messages[since:] for event in machine.feed(message(one))]


def shown(floor: Floor, channel: str, application: str, data: str = "", bridge: str = "") -> Message:
    known = next(one for one in reversed(floor.messages) if one.get("Channel") == channel)
    running = {"Application": application, "ApplicationData": data, "BridgeId": bridge, "ChannelState": "6"}
    return message({**known, "Event": "CoreShowChannel", **running})


def new_machine() -> Machine:
    return Machine(directions_of(load_settings()), 4 * 3_600_000)


def test_a_talk_in_a_conference_goes_on_over_a_lost_connection() -> None:
    machine, floor = new_machine(), Floor(MEETME).logs_in().puts_through()
    of(floor, machine)
    channels = [
        shown(floor, DESK, "MeetMe", "8600051,F"),
        shown(floor, ONE, "MeetMe", "8600051,F"),
        shown(floor, TWO, "Dial", "PJSIP/x@carrier", "out"),
        shown(floor, CARRIER, "AppDial", "(Outgoing Line)", "out"),
    ]
    snapshot = Snapshot(machine, channels)
    snapshot.take_in(1000 * int(floor.now) + 5000)
    snapshot.end_others(1000 * int(floor.now) + 5000)
    heard = len(floor.messages)
    (call,) = [one for one in of(floor.wait(50).ends(), machine, heard) if one["type"] == "call.ended"]
    assert (call["rep"], call["talk_s"], call["source"]) == ("desk12", 50.0, "asterisk-ami")


def test_a_rep_who_is_found_in_a_conference_has_not_called() -> None:
    machine, floor = new_machine(), Floor(MEETME).logs_in()
    snapshot = Snapshot(machine, [shown(floor, DESK, "MeetMe", "8600051,F")])
    snapshot.take_in(1000 * int(floor.now))
    heard = len(floor.messages)
    floor.wait(60).puts_through().wait(20).ends()
    floor.hang_up(DESK)
    events = of(floor, machine, heard)
    calls = [one for one in events if one["type"] == "call.ended"]
    assert [(one["direction"], one["talk_s"]) for one in calls] == [("outbound", 20.0)]
