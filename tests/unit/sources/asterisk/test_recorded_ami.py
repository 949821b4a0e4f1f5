"""A floor recorded on a real Asterisk, beside what was played there: from the manager's events, call by call."""

from __future__ import annotations

import gzip
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
from tests.shared_data import recording

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWERS, BUSY, CONGESTED, SILENT, MACHINE = range(5)


@cache
def events() -> tuple[dict[str, Any], ...]:
    source = AmiCapture(load_settings())
    with opened(recording("asterisk_recorded", "ami.txt.gz")) as file:
        told = list(source.read(file.content))
    assert source.left_open == 0
    assert all(isinstance(one, Read) for one in told)
    return tuple(dict(one.event) for one in told if isinstance(one, Read) and not isinstance(one.event, bytes))


def truth(way: str) -> list[dict[str, Any]]:
    played: list[dict[str, Any]] = json.loads(recording("asterisk_recorded", "truth.json").read_text())
    return [one for one in played if one["way"] == way]


def ended(direction: str) -> dict[str, dict[str, Any]]:
    return {one["number"]: one for one in events() if one["type"] == "call.ended" and one["direction"] == direction}


def queue_log() -> dict[str, dict[str, list[str]]]:
    calls: dict[str, dict[str, list[str]]] = {}
    for line in recording("asterisk_recorded", "queue_log").read_text().splitlines():
        at, call, queue, _, verb, *more = line.split("|")
        calls.setdefault(call, {})[verb] = [at, queue, *more]
    return calls


def test_the_recording_is_recognised() -> None:
    assert recognise(recording("asterisk_recorded", "ami.txt.gz")) == "asterisk-ami"


def test_every_call_that_was_played_is_told_once_and_nothing_else() -> None:
    told = [one for one in events() if one["type"] == "call.ended"]
    assert len(told) == 100
    assert ended("outbound").keys() == {one["number"] for one in truth("out")}
    assert ended("inbound").keys() == {one["number"] for one in truth("in")}
    assert len({one["id"] for one in events()}) == len(events())


def test_each_attempt_is_what_was_played() -> None:
    for played in truth("out"):
        told = ended("outbound")[played["number"]]
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


def test_each_caller_in_a_queue_is_told_as_the_queue_log_has_them() -> None:
    logged = queue_log()
    joined = {one["call"]: one for one in events() if one["type"] == "queue.joined"}
    left = {one["call"]: one for one in events() if one["type"] == "queue.left"}
    calls = {one["call"]: one for one in ended("inbound").values()}
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


def test_the_floor_counts_what_was_played() -> None:
    last = max(one["at"] for one in events())
    floor = FloorInMemory(clock=FixedClock(last + 1000))
    floor.feed([*events(), *events()])  # told twice, it counts once
    assert not floor.refused
    kpis = floor.kpis("1h")
    contacts = [one for one in truth("out") if one["kind"] == ANSWERS and one["talk"] >= 30]
    assert (kpis["contact_rate"]["numerator"], kpis["contact_rate"]["denominator"]) == (len(contacts), 70) == (13, 70)
    answered = [one for one in truth("out") if one["kind"] in {ANSWERS, MACHINE}]
    assert kpis["answer_rate"]["numerator"] == len(answered)
    abandoned = sum("ABANDON" in verbs for verbs in queue_log().values())
    assert (kpis["abandon_rate"]["numerator"], kpis["abandon_rate"]["denominator"]) == (abandoned, 30)
    for campaign in ("alpha", "beta"):
        of_it = [one for one in truth("out") if one["campaign"] == campaign]
        rate = floor.kpis("1h", campaign=campaign)["contact_rate"]
        assert (rate["numerator"], rate["denominator"]) == (
            sum(one["kind"] == ANSWERS and one["talk"] >= 30 for one in of_it),
            len(of_it),
        )


def test_no_number_gets_past_the_door() -> None:
    floor = FloorInMemory(clock=FixedClock(max(one["at"] for one in events()) + 1000)).feed(events())
    kept = b"\n".join(record.value or b"" for log in floor.logs.values() for record in log)
    assert kept
    for played in (*truth("out"), *truth("in")):
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


@pytest.mark.parametrize("what", OTHER_FLOORS)
def test_a_floor_that_is_set_up_otherwise_is_read_alike(what: str) -> None:
    data = gzip.decompress(recording("asterisk_recorded", "ami.txt.gz").read_bytes())
    calls = read_bytes("asterisk-ami", OTHER_FLOORS[what](data)).of_type("call.ended")
    here = [one for one in events() if one["type"] == "call.ended"]
    assert sorted(map(as_it_was, calls), key=str) == sorted(map(as_it_was, here), key=str)
    reps = {one["rep"].removeprefix("desk") for one in calls if "rep" in one}
    assert reps == {one["rep"] for one in here if "rep" in one}


def test_a_floor_of_withheld_callers_has_as_many_calls() -> None:
    data = gzip.decompress(recording("asterisk_recorded", "ami.txt.gz").read_bytes())
    calls = read_bytes("asterisk-ami", data.replace(b"CallerIDNum: +33", b"CallerIDNum: anonymous\r\nX: "))
    assert Counter(one["direction"] for one in calls.of_type("call.ended")) == {"outbound": 70, "inbound": 30}


def test_without_times_it_is_told_who_answered_and_not_for_how_long() -> None:
    data = gzip.decompress(recording("asterisk_recorded", "ami.txt.gz").read_bytes())
    told = read_bytes("asterisk-ami", re.sub(rb"Timestamp: [0-9.]+\r?\n", b"", data))
    attempts = [one for one in told.of_type("call.ended") if one["direction"] == "outbound"]
    played = [one for one in truth("out") if one["kind"] in {ANSWERS, MACHINE}]
    assert len(attempts) == 70
    assert sum("answered_at" in one for one in attempts) == len(played)
    assert not any(one.get("talk_s") for one in attempts)
    assert "timestampevents=yes" in told.source.remarks[0]
