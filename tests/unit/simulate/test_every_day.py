"""A simulated floor that is open every day, in two shifts, with a past: what the demo plays."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stream.demo.floor import PROFILE
from stream.simulate import Floor
from stream.simulate.days import HOUR

PARIS = ZoneInfo("Europe/Paris")
START = dt.date(2026, 10, 24)  # the clocks go back in the night after it

CLOSING = {"lead.qualified", "lead.won", "lead.lost", "lead.merged", "lead.withdrawn"}

Event = dict[str, Any]


@pytest.fixture(scope="module")
def floor() -> Floor:
    return Floor(seed=7, start=START, days=7, profile=PROFILE)


@pytest.fixture(scope="module")
def events(floor: Floor) -> list[Event]:
    return [event for _, event in floor]


def local(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1000, PARIS)


def placed(events: list[Event], floor: Floor) -> list[Event]:
    ended = (event for event in events if event["type"] == "call.ended" and event["at"] > floor.began_ms)
    return [event for event in ended if event["direction"] == "outbound"]


def test_calls_are_placed_on_every_day_of_the_week(events: list[Event], floor: Floor) -> None:
    assert {local(call["placed_at"]).weekday() for call in placed(events, floor)} == set(range(7))


def test_each_rep_has_two_days_off_and_the_shifts_cover_the_day(events: list[Event], floor: Floor) -> None:
    worked: dict[str, set[dt.date]] = defaultdict(set)
    hours: dict[dt.date, set[int]] = defaultdict(set)
    for call in placed(events, floor):
        worked[call["rep"]].add(local(call["placed_at"]).date())
        hours[local(call["placed_at"]).date()].add(local(call["placed_at"]).hour)
    assert max(len(days) for days in worked.values()) <= 5
    assert all(set(range(9, 20)) <= of_the_day for of_the_day in hours.values())


def test_no_request_of_the_day_waits_for_an_hour(events: list[Event], floor: Floor) -> None:
    requested: dict[str, int] = {}
    numbers: dict[str, set[str]] = defaultdict(set)
    ends: dict[str, int] = {}
    for event in events:
        if event["type"] == "lead.requested" and event["at"] > floor.began_ms:
            requested[event["lead"]] = min(event["at"], requested.get(event["lead"], event["at"]))
            numbers[event.get("number", "")].add(event["lead"])
    for event in events:
        at: int = event["placed_at"] if "placed_at" in event else event["at"]
        if event["type"] in {"call.ended", *CLOSING}:
            for lead in {event["lead"]} if "lead" in event else numbers[event["number"]]:
                if at >= requested.get(lead, at + 1):
                    ends[lead] = min(at, ends.get(lead, at))
    by_day = [lead for lead, at in requested.items() if 11 <= local(at).hour < 18]
    assert len(by_day) > 300
    assert [lead for lead in by_day if ends.get(lead, 2**62) - requested[lead] >= HOUR] == []


def test_its_past_has_leads_that_nobody_worked_on_and_risks(events: list[Event], floor: Floor) -> None:
    past = [event for event in events if event["at"] < floor.began_ms - 31 * 24 * HOUR]
    kinds = {event["type"] for event in past}
    assert {"lead.requested", "lead.assigned", "call.ended", "lead.qualified", "customer.at_risk"} <= kinds
    assert all(event["at"] >= floor.began_ms - 41 * 24 * HOUR for event in past)


def test_leads_are_merged_and_withdrawn_and_records_revised(events: list[Event]) -> None:
    requested = {event["lead"] for event in events if event["type"] == "lead.requested"}
    merged = [event for event in events if event["type"] == "lead.merged"]
    withdrawn = [event for event in events if event["type"] == "lead.withdrawn"]
    assert merged
    assert withdrawn
    assert all({event["lead"], event["into"]} <= requested for event in merged)
    assert all(event["lead"] != event["into"] for event in merged)
    assert all(event["lead"] in requested for event in withdrawn)


def test_a_revision_is_the_same_record_with_another_disposition(events: list[Event]) -> None:
    first = {event["id"]: event for event in events if "revision" not in event}
    revised = [event for event in events if "revision" in event and event["id"] in first]
    changed = [{name for name in event if event[name] != first[event["id"]].get(name)} for event in revised]
    assert changed.count({"revision", "disposition"}) > 20
    assert all(names <= {"revision", "disposition"} for names in changed)
    assert {event["revision"] for event in revised} == {1}


def test_reps_pause_and_wrap_up(events: list[Event]) -> None:
    states = [event["state"] for event in events if event["type"] == "rep.state"]
    assert {"available", "ringing", "talking", "wrap_up", "paused", "offline"} == set(states)
    assert states.count("paused") > 35
