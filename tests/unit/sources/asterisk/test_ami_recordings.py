"""Whole calls from recorded events of the manager interface: each call as it was, whatever way it took."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from stream.configuration import load_settings
from stream.sources.asterisk.ami.machine import Machine
from stream.sources.asterisk.ami.messages import Splitter, read
from stream.sources.asterisk.plan import directions_of
from stream.sources.dial_plan import names
from tests.read_source import read_bytes
from tests.shared_data import OURS, OUTSIDE, Recording, each
from tests.unit.sources.asterisk import ami_scenarios
from tests.unit.sources.asterisk.ami_played import PLAYED
from tests.unit.sources.asterisk.ami_scenarios import FOLDER, ExpectedCall

if TYPE_CHECKING:
    from stream.sources.asterisk.ami.calls import Call


def raw(messages: list[dict[str, str]]) -> bytes:
    """Write recorded messages as they went over the wire."""
    return b"".join(
        "".join(f"{name}: {value}\r\n" for name, value in message.items() if name != "content").encode() + b"\r\n"
        for message in messages
    )


def told_by(data: bytes, **settings: Any) -> tuple[list[dict[str, Any]], list[Call], Machine]:
    machine = Machine(directions_of(load_settings(**settings)), 4 * 3_600_000)
    calls: list[Call] = []
    machine.exchange.ended = calls.append
    splitter = Splitter()
    events = [event for block in (*splitter.feed(data), *splitter.end()) for event in machine.feed(read(block))]
    return events, calls, machine


def test_no_scenario_is_left_out() -> None:
    assert len(PLAYED) == 50
    assert set(ami_scenarios.names()) >= PLAYED.keys()
    if FOLDER.exists():
        recorded = {str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.json")}
        assert recorded == ami_scenarios.recorded().keys()
        assert len(recorded) == 51


@pytest.mark.parametrize("name", ami_scenarios.names())
def test_a_scenario_comes_to_what_happened_in_it(name: str) -> None:
    messages, scenario = ami_scenarios.scenario(name)
    channels = {m["Uniqueid"]: m["Channel"] for m in messages if m["Event"] == "Newchannel"}
    events, calls, machine = told_by(raw(messages))

    def who(call: Call) -> tuple[str, ...]:
        peers = [names.channel(channels[unique]).peer for unique in call.met]
        return tuple(sorted({peer if peer.isdigit() else "outside" for peer in peers}))

    def spoke(call: Call) -> str:
        return "yes" if call.talked else "no"

    told = [
        ExpectedCall(
            call.kind,
            call.number if call.kind != "internal" else "-",
            "no" if call.answered_ms is None else "yes",
            spoke(call),
            who(call),
        )
        for call in sorted(calls, key=lambda call: int(call.group.rpartition(".")[2]))
    ]
    assert told == scenario
    outside = [call for call in calls if call.kind != "internal"]
    ended = [event for event in events if event["type"] == "call.ended"]
    assert len(ended) == len(outside)
    assert not machine.exchange.groups
    assert not machine.exchange.lines.by_id
    for event in ended:
        # How long anyone spoke is not told by recordings without times.
        assert ("talk_s" in event) == (not next(c for c in outside if c.id == event["call"]).talked)


def _of_a_telephone(rep: str) -> dict[tuple[str, str, str], int]:
    """Return the states of a rep whose telephone dials something of the telephone system's own."""
    return {("rep.state", rep, state): 1 for state in ("ringing", "talking", "available")}


# What can be told of each recording of an old Asterisk (1.8 to 11), whose events have no Linkedid.
OLD = {
    "member-comes": {("rep.state", "seat-3", "available"): 1},
    "member-ends-pause": {("rep.state", "seat-12", "available"): 1, **_of_a_telephone("desk")},
    "originated-call": {**_of_a_telephone("desk"), **_of_a_telephone("shelf")},
    "originate_with_events": {**_of_a_telephone("ddddd"), **_of_a_telephone("uuuuu")},
    "agent_loggued_in": {("rep.state", "id-3", "available"): 1},
    "agent_not_in_pause": {("rep.state", "id-12", "available"): 1, **_of_a_telephone("00000")},
}


@each("asterisk_old", outside="ami_panoramisk")
def test_recordings_of_an_old_asterisk_give_what_can_be_told(recorded: Recording) -> None:
    form, count = {OURS: ("*.txt", 7), OUTSIDE: ("tests/fixtures/*.yaml", 17)}[recorded.place]
    paths = sorted(recorded.folder.glob(form))
    assert len(paths) == count
    for path in paths:
        told = read_bytes("asterisk-ami", path.read_bytes())
        found = Counter((event["type"], event.get("rep"), event.get("state")) for event in told.events)
        assert found == OLD.get(path.stem, {}), path.stem
        assert told.source.left_open == 0
