"""What bad input may cost: no journey, no number and no clock makes a state grow or stand still without bound."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stream.clock import FixedClock
from stream.journeys import base
from stream.journeys.batch import JOURNEY_BYTES, PASSED_ON_AT_MOST
from stream.journeys.store import header
from stream.kpi.rules import DAY, HOUR, MINUTE
from stream.kpi.slices import HOURS_KEPT, MINUTES, MINUTES_KEPT, TOGETHER, Slices
from stream.simulate import Floor as SimulatedFloor
from tests.floor_in_memory import FloorInMemory

NOW = 1_764_000_000_000
NUMBER = "+33 6 39 98 00 01"
EVENTS = ("events", 0)
A_BATCH = 10_000


def call(name: str, at: int = NOW - 5 * MINUTE, **fields: Any) -> dict[str, Any]:
    ended = {"type": "call.ended", "id": f"e-{name}", "call": f"c-{name}", "direction": "outbound", "campaign": "A"}
    return {**ended, "placed_at": at - 5_000, "at": at, **fields}


def request(lead: str, at: int = NOW - 10 * MINUTE, **fields: Any) -> dict[str, Any]:
    return {"type": "lead.requested", "id": f"r-{lead}", "lead": lead, "campaign": "A", "at": at, **fields}


def floor_now(**settings: Any) -> FloorInMemory:
    return FloorInMemory(clock=FixedClock(NOW), partitions=1, settings=settings)


def counted(floor: FloorInMemory, *name: str) -> int:
    return floor.floor.counts[name]


@pytest.mark.slow
def test_of_a_lead_with_a_hundred_thousand_events_the_first_are_kept_and_the_rest_refused_and_counted() -> None:
    floor = floor_now()
    floor.feed((call(str(number), lead="busy") for number in range(100_000)), batch=A_BATCH)
    floor.feed([call("other", lead="quiet")])
    assert floor.kpis("1h")["contact_rate"]["denominator"] == 5000 + 1
    assert counted(floor, "rejected", "journey_full") == 95_000
    assert len(floor.logs[floor.floor.topics.rejected.name, 0]) == 95_000


def test_a_journey_of_the_longest_texts_is_refused_more_before_it_is_too_large_for_its_changelog() -> None:
    floor = floor_now()
    long = "\N{GRINNING FACE}" * 200
    fields: dict[str, Any] = dict.fromkeys(("campaign", "rep", "team", "disposition", "queue", "source"), long)
    floor.feed((call(f"{number}{'x' * 190}", lead="L", **fields) for number in range(2000)), batch=A_BATCH)
    sizes = [len(value) for _, _, value in floor.changelogs[EVENTS] if value is not None]
    assert JOURNEY_BYTES - 10_000 < max(sizes) <= JOURNEY_BYTES + 100
    kept = floor.kpis("1h")["contact_rate"]["denominator"]
    assert kept > 100
    assert kept + counted(floor, "rejected", "journey_full") == 2000


@pytest.mark.slow
def test_a_party_with_ten_thousand_leads_reaches_every_one_of_them_by_one_call() -> None:
    leads = 10_000
    floor = floor_now()
    floor.feed((request(f"lead-{number}", number=NUMBER) for number in range(leads)), batch=A_BATCH)
    floor.feed([call("1", number=NUMBER)], batch=A_BATCH)
    kpis = floor.kpis("1h")
    assert kpis["contact_rate"]["denominator"] == 1
    assert kpis["lead_response_p50_attempt"]["denominator"] == leads
    assert not floor.snapshot().leads
    assert not [name for name in floor.floor.counts if name[0] == "rejected"]


def test_one_campaign_with_all_the_traffic_takes_one_cell_of_each_slice() -> None:
    calls = 20_000
    floor = floor_now()
    floor.feed((call(str(number), lead=f"lead-{number % 4000}") for number in range(calls)), batch=A_BATCH)
    assert floor.kpis("1h", campaign="A")["contact_rate"]["denominator"] == calls
    [state, _] = journey_states(floor)
    assert state.slices.cells == 3  # a minute, an hour, and the hour in which the follow-ups' time runs out
    assert max(len(cell) for head in state.slices.heads() for cell in state.slices.packed(*head).values()) < 1000


@pytest.mark.slow
def test_a_number_passes_on_so_many_calls_to_so_many_leads_and_no_more() -> None:
    floor = floor_now()
    floor.feed((request(f"lead-{number}", number=NUMBER) for number in range(5000)), batch=A_BATCH)
    floor.feed((call(str(number), number=NUMBER) for number in range(250)), batch=A_BATCH)
    most = PASSED_ON_AT_MOST // 5000
    assert counted(floor, "rejected", "journey_full") == 250 - most
    assert floor.kpis("1h")["contact_rate"]["denominator"] == most


def test_what_is_a_year_old_or_a_day_ahead_leaves_the_numbers_of_now_alone() -> None:
    plain, mixed = floor_now(), floor_now()
    live = [request("L", number=NUMBER), call("1", lead="L"), call("2", number=NUMBER)]
    old = [request("O", NOW - 365 * DAY), call("old", NOW - 365 * DAY, lead="O"), call("older", NOW - 366 * DAY)]
    old[2]["number"] = NUMBER
    ahead = [call("ahead", NOW + DAY - HOUR, lead="L"), request("F", NOW + DAY - HOUR)]
    plain.feed(live)
    mixed.feed([old[0], live[0], ahead[0], old[1], live[1], old[2], ahead[1], live[2]], batch=2)
    mixed.settle()
    for window in ("5m", "1h", "today", "30d"):
        assert mixed.kpis(window) == plain.kpis(window), window
    assert counted(mixed, "beyond_horizon") > 0
    assert b"lO" not in mixed.journeys()


def test_what_is_more_than_a_day_ahead_is_refused_and_counted() -> None:
    floor = floor_now()
    event = call("late", NOW + 2 * DAY, lead="L")
    floor.append(event)
    assert [one.reason for one in floor.refused] == ["time_ahead"]


def test_after_a_clock_has_jumped_there_and_back_the_numbers_are_those_of_one_that_never_did() -> None:
    events = [request(f"L{number}", NOW - HOUR + number * MINUTE) for number in range(40)]
    events += [call(str(number), NOW - number * MINUTE, lead=f"L{number}") for number in range(40)]
    for jump in (365 * DAY, -2 * HOUR, 3 * DAY):
        floor, steady = floor_now(), floor_now()
        for place, event in enumerate(events):
            floor.append(event)
            if place in {20, 60}:
                floor.clock.advance(jump)
                floor.drain(batch=3).settle()
                floor.clock.advance(-jump)
        floor.drain().settle()
        steady.feed(events)
        for window in ("1h", "today", "30d"):
            assert floor.kpis(window) == steady.kpis(window), (jump, window)
        assert floor.journeys() == steady.journeys()


def test_what_comes_due_all_at_once_is_settled_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_SETTLED_AT_ONCE", 50)
    floor = floor_now()
    floor.clock.advance(-HOUR)
    floor.feed(request(f"L{number}", NOW - 10 * MINUTE) for number in range(120))
    floor.clock.advance(HOUR)
    state = floor.states[EVENTS]
    parts = []
    while (staged := state.settle()) is not None:
        assert staged.changes["journeys"]
        parts.append((len(staged.changes["journeys"]), staged.more))
        state.apply(staged)
    assert parts == [(50, True), (50, True), (20, False)]
    assert floor.kpis("1h")["cost_per_lead"]["value"] is None
    assert len(floor.snapshot().leads) == 120


@pytest.mark.slow
def test_weeks_and_weeks_leave_no_more_behind_than_the_last_days_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told as fast as they can be: what has expired by event time is gone from memory and from the changelog."""
    days, kept = 45, 5
    # However much a batch brings: it takes more away than that.
    monkeypatch.setattr(base, "_SWEPT_AT_ONCE", 1)
    monkeypatch.setattr(base, "_EXPIRED_AT_ONCE", 1)
    start = dt.date(2025, 9, 1)
    told = SimulatedFloor(seed=3, start=start, reps=2, campaigns=2, leads_per_day=12.0)
    floor = FloorInMemory(
        clock=FixedClock(NOW), partitions=2, settings={"journey_days": kept, "timezone": "Europe/Paris"}
    )
    begin = round(dt.datetime.combine(start, dt.time(), ZoneInfo("Europe/Paris")).timestamp() * 1000)
    journeys, cells = [], []
    day = begin + DAY
    for arrival, event in told:
        if arrival > day:
            floor.clock.advance(day - floor.clock.now_ms())
            floor.drain(batch=A_BATCH)
            journeys.append(len(floor.journeys()))
            cells.append(sum(state.slices.cells for state in journey_states(floor)))
            day += DAY
            if day > begin + days * DAY:
                break
        floor.append(event)
    monkeypatch.undo()
    settle_all(floor)
    assert sum(journeys[-7:]) <= 1.5 * sum(journeys[14:21])
    assert sum(cells[-7:]) <= 1.5 * sum(cells[32:39])
    for state in journey_states(floor):
        horizon = state.journeys.latest
        limit = (horizon - kept * DAY) // HOUR * HOUR
        assert all(header(packed)[0] >= limit for packed in state.journeys._packed.values())
        for head in state.slices.heads():
            granularity, index = head
            if granularity == MINUTES:
                assert index // TOGETHER >= (horizon // MINUTE - MINUTES_KEPT) // TOGETHER
            else:
                assert index >= horizon // HOUR - HOURS_KEPT
    for group in ("events", "floor"):
        for (name, partition), entries in floor.changelogs.items():
            if name == group:
                last = {(table, key): value for table, key, value in entries}
                assert any(value is None for value in last.values())
                left = {key: value for (_, key), value in last.items() if value is not None}
                state = floor.states[name, partition]
                packed = state.journeys._packed  # type: ignore[attr-defined]
                assert {key: value for key, value in left.items() if key in packed} == packed
                again = Slices()
                for key in left.keys() - packed.keys():
                    again.restore(key, left[key])
                assert cells_of(again) == cells_of(state.slices)  # type: ignore[attr-defined]


def test_how_far_a_share_has_come_is_the_same_once_it_is_restored_whatever_moved_it() -> None:
    """What is passed on and what lies ahead move it too: else one worker forgets slices that another still has."""
    floor = FloorInMemory(clock=FixedClock(NOW), partitions=8)
    floor.feed([request("old", NOW - 9 * DAY), request("linked", number=NUMBER), request("ahead", NOW + HOUR)])
    come = [state.journeys.latest for state in journey_states(floor)]
    assert {NOW - 10 * MINUTE, NOW + HOUR} <= set(come)
    assert [state.journeys.latest for state in journey_states(floor.restart())] == come


def test_spend_past_every_window_is_forgotten_whatever_batch_it_came_in() -> None:
    def spent(name: str, days_ago: int) -> dict[str, Any]:
        at = NOW - days_ago * DAY
        of = {"type": "spend.recorded", "campaign": "A", "amount": "10.00", "currency": "EUR"}
        return {"id": name, "at": at, "from": at - DAY, "to": at, **of}

    told = [spent("old", 40), spent("new", 1), spent("late", 50)]
    floors = [floor_now().feed(told, batch=batch) for batch in (1, 2, 3)]
    for floor in floors:
        assert list(floor.states["spend", 0].spends) == [b"new"]  # type: ignore[attr-defined]
        assert sorted(floor.restart().states["spend", 0].spends) == [b"new"]  # type: ignore[attr-defined]
    assert [counted(floor, "beyond_horizon") for floor in floors] == [1, 2, 2]


def journey_states(floor: FloorInMemory) -> list[Any]:
    return [state for (group, _), state in floor.states.items() if group != "spend"]


def settle_all(floor: FloorInMemory) -> None:
    """Give every state its turn until it has looked at all that it holds."""
    for _ in range(10 + len(floor.journeys()) // 500):
        floor.settle()


def cells_of(slices: Slices) -> dict[Any, Any]:
    return {(head, owner): cell for head in slices.heads() for owner, cell in slices.slice(*head)}
