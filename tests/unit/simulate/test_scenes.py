"""The scenes on a simulated floor: the same each time, apart from it, and ended where they are to end."""

from __future__ import annotations

import itertools
from collections import defaultdict

from stream.simulate import Floor, Story
from stream.simulate.days import HOUR, MINUTE
from stream.simulate.story import DENSE, EVERY, LATER

FLOOR = Floor(seed=7, days=1)
LOOKED_AT = FLOOR.began_ms + 15 * HOUR
STORY = Story(FLOOR, LOOKED_AT, LOOKED_AT + HOUR)


def test_equal_stories_have_equal_events_in_the_order_of_arrival() -> None:
    events = list(STORY)
    assert events == list(STORY)
    assert [arrival for arrival, _ in events] == sorted(arrival for arrival, _ in events)
    assert all(arrival > event["at"] for arrival, event in events)


def test_one_that_ends_begins_as_one_without_an_end_does() -> None:
    shared = [pair for pair in STORY if pair[0] < LOOKED_AT - HOUR]
    endless = itertools.takewhile(lambda pair: pair[0] < LOOKED_AT + HOUR, Story(FLOOR, LOOKED_AT))
    assert {event["id"] for _, event in shared} <= {event["id"] for _, event in endless}


def test_it_shares_no_id_and_no_rep_with_its_floor_or_another_story() -> None:
    floor = [event for _, event in FLOOR]
    story = [event for _, event in STORY]
    other = {event["id"] for _, event in Story(FLOOR, LOOKED_AT + 2 * HOUR, LOOKED_AT + 3 * HOUR)}
    assert {event["id"] for event in story}.isdisjoint({event["id"] for event in floor} | other)
    assert {event.get("rep") for event in story}.isdisjoint(event["rep"] for event in floor if "rep" in event)


def test_each_lead_that_is_requested_is_called_and_decided() -> None:
    by_lead: dict[str, list[str]] = defaultdict(list)
    for _, event in sorted(STORY, key=lambda pair: pair[1]["at"]):
        if "lead" in event:
            by_lead[event["lead"]].append(event["type"])
    assert by_lead
    for kinds in by_lead.values():
        assert kinds[:2] == ["lead.requested", "lead.assigned"]
        assert "call.ended" in kinds
        assert kinds[-1] in {"lead.qualified", "lead.won", "lead.lost"}


def test_no_rep_of_its_crew_is_on_two_calls_at_once() -> None:
    calls: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for _, event in Story(FLOOR, LOOKED_AT, LOOKED_AT + 12 * HOUR):
        if event["type"] == "call.ended" and "rep" in event:
            calls[event["rep"]].append((event.get("answered_at", event["placed_at"]), event["at"]))
    assert len(calls) == 4
    for spans in calls.values():
        assert all(ended <= begun for (_, ended), (begun, _) in itertools.pairwise(sorted(spans)))


def test_its_crew_reaches_as_many_as_reps_do() -> None:
    story = [event for _, event in Story(FLOOR, LOOKED_AT, LOOKED_AT + 24 * HOUR)]
    placed = [event for event in story if event["type"] == "call.ended" and event["direction"] == "outbound"]
    for rep in {event["rep"] for event in placed}:
        reached = [event["disposition"] != "no_answer" for event in placed if event["rep"] == rep]
        assert 0.25 < sum(reached) / len(reached) < 0.55, rep


def test_scenes_are_close_at_first_and_minutes_apart_later() -> None:
    won = sorted(e["at"] for _, e in Story(FLOOR, LOOKED_AT, LOOKED_AT + 2 * HOUR) if e["type"].startswith("lead.won"))
    gaps = [after - before for before, after in itertools.pairwise(won)]
    assert gaps[: DENSE // 2] == [2 * EVERY] * (DENSE // 2)
    assert set(gaps[DENSE // 2 :]) == {2 * LATER}
    assert EVERY < 2 * MINUTE < LATER
