"""A floor recorded on a real Asterisk, beside what was played there: from the manager's events, call by call."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.sources.asterisk.ami.capture import AmiCapture
from stream.sources.opening import opened, recognise
from stream.sources.reading import Read
from tests.floor_in_memory import FloorInMemory
from tests.read_source import read_bytes
from tests.shared_data import Recording, each
from tests.unit.sources.asterisk.recorded_totals import FLOOR, TOTALS

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWERS, BUSY, CONGESTED, SILENT, MACHINE = range(5)


each_floor = each(FLOOR)


@cache
def events(recorded: Recording) -> tuple[dict[str, Any], ...]:
    source = AmiCapture(load_settings())
    with opened(recorded.path("ami.txt")) as file:
        told = list(source.read(file.content))
    assert source.left_open == 0
    assert all(isinstance(one, Read) for one in told)
    return tuple(dict(one.event) for one in told if isinstance(one, Read) and not isinstance(one.event, bytes))


def truth(recorded: Recording, way: str) -> list[dict[str, Any]]:
    played: list[dict[str, Any]] = json.loads(recorded.read_text("truth.json"))
    return [one for one in played if one["way"] == way]


def ended(recorded: Recording, direction: str) -> dict[str, dict[str, Any]]:
    calls = [one for one in events(recorded) if one["type"] == "call.ended"]
    return {one["number"]: one for one in calls if one["direction"] == direction}


def queue_log(recorded: Recording) -> dict[str, dict[str, list[str]]]:
    calls: dict[str, dict[str, list[str]]] = {}
    for line in recorded.read_text("queue_log").splitlines():
        at, call, queue, _, verb, *more = line.split("|")
        calls.setdefault(call, {})[verb] = [at, queue, *more]
    return calls


@each_floor
def test_the_recording_is_recognised(recorded: Recording) -> None:
    assert recognise(recorded.path("ami.txt")) == "asterisk-ami"


@each_floor
def test_every_call_that_was_played_is_told_once_and_nothing_else(recorded: Recording) -> None:
    totals = TOTALS[recorded.place]
    told = [one for one in events(recorded) if one["type"] == "call.ended"]
    assert len(told) == totals.attempts + totals.callers
    assert ended(recorded, "outbound").keys() == {one["number"] for one in truth(recorded, "out")}
    assert ended(recorded, "inbound").keys() == {one["number"] for one in truth(recorded, "in")}
    assert len({one["id"] for one in events(recorded)}) == len(events(recorded))


@each_floor
def test_each_attempt_is_what_was_played(recorded: Recording) -> None:
    for played in truth(recorded, "out"):
        told = ended(recorded, "outbound")[played["number"]]
        assert (told["rep"], told["campaign"]) == (played["rep"], played["campaign"])
        assert abs(told["placed_at"] / 1000 - played["started"]) < 0.5
        assert ("answered_at" in told) == (played["kind"] in {ANSWERS, MACHINE})
        assert told.get("amd") == ("machine" if played["kind"] == MACHINE else None)
        if played["kind"] in {ANSWERS, MACHINE}:
            assert told["talk_s"] == pytest.approx(played["talk"], abs=0.8)
            assert told["ring_s"] == pytest.approx(played["ring"], abs=1.1)
        else:
            disposition = {BUSY: "busy", CONGESTED: "failed", SILENT: "no_answer"}[played["kind"]]
            assert (told["talk_s"], told["disposition"]) == (0, disposition)


@each_floor
def test_each_caller_in_a_queue_is_told_as_the_queue_log_has_them(recorded: Recording) -> None:
    logged = queue_log(recorded)
    joined = {one["call"]: one for one in events(recorded) if one["type"] == "queue.joined"}
    left = {one["call"]: one for one in events(recorded) if one["type"] == "queue.left"}
    calls = {one["call"]: one for one in ended(recorded, "inbound").values()}
    assert joined.keys() == left.keys() == calls.keys() == logged.keys()
    for call, verbs in logged.items():
        at, queue, _, number, _ = verbs["ENTERQUEUE"]
        assert (calls[call]["number"], calls[call]["queue"], joined[call]["queue"]) == (number, queue, queue)
        assert abs(joined[call]["at"] / 1000 - int(at)) <= 1
        gone = verbs.get("ABANDON") or verbs.get("EXITWITHTIMEOUT")
        if gone:
            assert left[call]["outcome"] == ("abandoned" if "ABANDON" in verbs else "timeout")
            assert left[call]["wait_s"] == pytest.approx(int(gone[4]), abs=1)
            assert "answered_at" not in calls[call]
        else:
            complete = verbs.get("COMPLETECALLER") or verbs["COMPLETEAGENT"]
            assert left[call]["outcome"] == "answered"
            assert calls[call]["talk_s"] == pytest.approx(int(complete[3]), abs=1)
            assert calls[call]["wait_s"] == pytest.approx(int(complete[2]), abs=1)


@each_floor
def test_the_floor_counts_what_was_played(recorded: Recording) -> None:
    totals = TOTALS[recorded.place]
    last = max(one["at"] for one in events(recorded))
    floor = FloorInMemory(clock=FixedClock(last + 1000))
    floor.feed([*events(recorded), *events(recorded)])  # told twice, it counts once
    assert not floor.refused
    kpis = floor.kpis("1h")
    contacts = [one for one in truth(recorded, "out") if one["kind"] == ANSWERS and one["talk"] >= 30]
    of_all = (kpis["contact_rate"]["numerator"], kpis["contact_rate"]["denominator"])
    assert of_all == (len(contacts), totals.attempts) == (totals.people, totals.attempts)
    answered = [one for one in truth(recorded, "out") if one["kind"] in {ANSWERS, MACHINE}]
    assert kpis["answer_rate"]["numerator"] == len(answered) == totals.answered
    abandoned = sum("ABANDON" in verbs for verbs in queue_log(recorded).values())
    assert (kpis["abandon_rate"]["numerator"], kpis["abandon_rate"]["denominator"]) == (abandoned, totals.callers)
    for campaign in ("alpha", "beta"):
        of_it = [one for one in truth(recorded, "out") if one["campaign"] == campaign]
        rate = floor.kpis("1h", campaign=campaign)["contact_rate"]
        assert (rate["numerator"], rate["denominator"]) == (
            sum(one["kind"] == ANSWERS and one["talk"] >= 30 for one in of_it),
            len(of_it),
        )


@each_floor
def test_no_number_gets_past_the_door(recorded: Recording) -> None:
    floor = FloorInMemory(clock=FixedClock(max(one["at"] for one in events(recorded)) + 1000)).feed(events(recorded))
    kept = b"\n".join(record.value or b"" for log in floor.logs.values() for record in log)
    assert kept
    for played in (*truth(recorded, "out"), *truth(recorded, "in")):
        assert played["number"].removeprefix("+33").encode() not in kept


def as_it_was(one: dict[str, Any]) -> tuple[Any, ...]:
    return (one["direction"], one["talk_s"], "answered_at" in one, one.get("disposition"), one.get("amd"))


def renamed(data: bytes) -> bytes:
    names = {b"outbound": b"sortant", b"inbound_hard": b"standard", b"inbound": b"accueil", b"prospects": b"clients"}
    return re.sub(rb"(?<=@)(%s)\b|(?<=Context: )(%s)\b" % ((b"|".join(names),) * 2), lambda m: names[m[0]], data)


OTHER_FLOORS: dict[str, Callable[[bytes], bytes]] = {
    "contexts of other names": renamed,
    "national numbers": lambda data: re.sub(rb"\+33([0-9]{9})", rb"0\1", data),
    "no name of the system": lambda data: data.replace(b"pbx1-", b""),
    "telephones with names": lambda data: re.sub(rb"\b1(0[0-9])\b", rb"desk1\1", data),
    "other ends of lines": lambda data: data.replace(b"\r\n", b"\n"),
}


@each_floor
@pytest.mark.parametrize("what", OTHER_FLOORS)
def test_a_floor_that_is_set_up_otherwise_is_read_alike(what: str, recorded: Recording) -> None:
    data = recorded.read_bytes("ami.txt")
    other = OTHER_FLOORS[what](data)
    assert other != data
    calls = read_bytes("asterisk-ami", other).of_type("call.ended")
    here = [one for one in events(recorded) if one["type"] == "call.ended"]
    assert sorted(map(as_it_was, calls), key=str) == sorted(map(as_it_was, here), key=str)
    reps = {one["rep"].removeprefix("desk") for one in calls if "rep" in one}
    assert reps == {one["rep"] for one in here if "rep" in one}


@each_floor
def test_a_floor_of_withheld_callers_has_as_many_calls(recorded: Recording) -> None:
    totals = TOTALS[recorded.place]
    data = recorded.read_bytes("ami.txt")
    calls = read_bytes("asterisk-ami", data.replace(b"CallerIDNum: +33", b"CallerIDNum: anonymous\r\nX: "))
    assert Counter(one["direction"] for one in calls.of_type("call.ended")) == {
        "outbound": totals.attempts,
        "inbound": totals.callers,
    }


@each_floor
def test_without_times_it_is_told_who_answered_and_not_for_how_long(recorded: Recording) -> None:
    data = recorded.read_bytes("ami.txt")
    told = read_bytes("asterisk-ami", re.sub(rb"Timestamp: [0-9.]+\r?\n", b"", data))
    attempts = [one for one in told.of_type("call.ended") if one["direction"] == "outbound"]
    played = [one for one in truth(recorded, "out") if one["kind"] in {ANSWERS, MACHINE}]
    assert len(attempts) == TOTALS[recorded.place].attempts
    assert sum("answered_at" in one for one in attempts) == len(played)
    assert not any(one.get("talk_s") for one in attempts)
    assert "timestampevents=yes" in told.source.remarks[0]
