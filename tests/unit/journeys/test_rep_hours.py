"""The states of a rep, an hour to a journey: the same time in state and the same floor, however it is told."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from typing import Any

from stream.clock import FixedClock
from stream.journeys.floor_state import FloorState
from stream.journeys.rep_hours import STATES_KEPT, rep_and_hour, rep_of
from stream.kpi.measures import IDLE_MS, ON_CONTACT_MS
from stream.kpi.rules import DAY, HOUR, MINUTE, REP_STATE_LASTS
from tests.floor_in_memory import FloorInMemory

NOW = 1_764_000_000_000
FLOOR = ("floor", 0)
CODES = {"available": IDLE_MS, "talking": ON_CONTACT_MS, "wrap_up": ON_CONTACT_MS}


def state(at: int, is_now: str = "talking", rep: str = "ana", **fields: Any) -> dict[str, Any]:
    told = {"type": "rep.state", "id": f"{rep}-{at}-{is_now}", "rep": rep, "state": is_now, "team": "blue", "at": at}
    return {**told, **fields}


def floor_now() -> FloorInMemory:
    return FloorInMemory(clock=FixedClock(NOW), partitions=1, settings={"journey_days": 30})


def some_states(chance: random.Random, days: float = 1.8) -> list[dict[str, Any]]:
    """States of two reps with breaks of minutes, hours and a night, some at one moment and some on the hour."""
    states = []
    for rep in ("ana", "bob"):
        at = NOW - round(days * DAY)
        while at <= NOW:
            states.append(state(at, chance.choice([*CODES, "paused", "offline"]), rep))
            at += chance.choice([0, 1, 40_000, 7 * MINUTE, HOUR - at % HOUR, 3 * HOUR, 5 * HOUR, 13 * HOUR])
    return list({told["id"]: told for told in states}.values())


def spent(states: list[dict[str, Any]]) -> Counter[tuple[str, int, int]]:
    """Add up by rep, hour and measure what each state that another has followed lasted."""
    sums: Counter[tuple[str, int, int]] = Counter()
    for rep in ("ana", "bob"):
        of_rep = sorted((one["at"], one["id"], one["state"]) for one in states if one["rep"] == rep)
        for (at, _, is_now), (until, _, _) in pairwise(of_rep):
            end = min(until, at + REP_STATE_LASTS)
            for hour in range(at // HOUR, end // HOUR + 1):
                part = min(end, (hour + 1) * HOUR) - max(at, hour * HOUR)
                if is_now in CODES and part:
                    sums[rep, hour, CODES[is_now]] += part
    return sums


def kept(floor: FloorInMemory) -> Counter[tuple[str, int, int]]:
    sums: Counter[tuple[str, int, int]] = Counter()
    for ((granularity, index), (_, _, rep)), cell in floor.cells().items():
        for code, amount in cell.items():
            if granularity == b"h":
                sums[rep or "", index, int(code)] += amount
    return sums


def reps_now(floor: FloorInMemory) -> list[tuple[str, str, int]]:
    return sorted((one.rep, one.state, one.since) for one in floor.snapshot().reps)


def hours_known(floor: FloorInMemory) -> dict[str, list[int]]:
    hours: dict[str, list[int]] = floor.states[FLOOR]._reps._hours  # type: ignore[attr-defined]
    return hours


def test_in_any_order_and_any_batches_the_time_in_state_is_that_of_all_states_in_their_order() -> None:
    for seed in range(30):
        chance = random.Random(seed)
        states = some_states(chance)
        plain = floor_now().feed(states, batch=10_000)
        newest = {one["rep"]: one for one in sorted(states, key=lambda one: (one["at"], one["id"]))}
        now = sorted((one["rep"], one["state"], one["at"]) for one in newest.values())
        told = chance.sample(states, len(states)) + chance.sample(states, 5)  # some of them twice
        for floor in (plain, floor_now().feed(told, batch=chance.choice([1, 3, 20]), chance=chance)):
            assert kept(floor) == spent(states)
            assert reps_now(floor) == now
            assert floor.journeys() == plain.journeys()
            assert reps_now(floor.restart()) == now
            assert kept(floor) == spent(states)


def test_a_restored_floor_goes_on_as_the_one_that_never_stopped() -> None:
    for seed in range(10):
        chance = random.Random(seed)
        states = some_states(chance)
        told = chance.sample(states, len(states))
        steady, stopped = floor_now().feed(told, batch=4), floor_now()
        for begin in range(0, len(told), 4):
            stopped.feed(told[begin : begin + 4], batch=4)
            stopped.restart()
        assert stopped.journeys() == steady.journeys()
        assert stopped.cells() == steady.cells()


def test_each_hour_has_its_states_and_the_first_that_follows_it() -> None:
    hour = NOW // HOUR - 9
    at = [hour * HOUR, hour * HOUR + 5, (hour + 1) * HOUR - 1, (hour + 1) * HOUR, (hour + 7) * HOUR + 9]
    floor = floor_now().feed([state(moment) for moment in at[::-1]], batch=1)
    journeys = {rep_and_hour(key): [fact.at for fact in facts] for key, facts in floor.journeys().items()}
    assert journeys == {
        ("ana", hour): at[:4],
        ("ana", hour + 1): at[3:],
        ("ana", hour + 7): at[4:],
    }


def test_one_more_state_writes_its_hour_and_not_the_days_before_it() -> None:
    floor = floor_now()
    now = NOW - 10 * MINUTE
    floor.feed((state(now - number * MINUTE) for number in range(2000, 0, -1)), batch=10_000)
    before = len(floor.changelogs[FLOOR])
    floor.feed([state(now)])
    written = [(table, key) for table, key, _ in floor.changelogs[FLOOR][before:] if table == "floor-journeys"]
    assert [rep_and_hour(key) for _, key in written] == [("ana", now // HOUR)]
    size = sum(len(value or b"") for _, _, value in floor.changelogs[FLOOR][before:])
    assert size < 60 * 60  # an hour of a state each minute


def test_a_state_ahead_of_the_clock_is_the_reps_from_its_moment_on() -> None:
    floor = floor_now()
    floor.feed([state(NOW - 10 * MINUTE, "available"), state(NOW + 2 * HOUR, "offline"), state(NOW + HOUR, "talking")])
    told = []
    for moment in (0, HOUR - 1, HOUR, 2 * HOUR):
        floor.clock.advance(NOW + moment - floor.clock.now_ms())
        told.append(reps_now(floor))  # also before it is settled
        floor.settle()
        assert told[-1] == reps_now(floor) == reps_now(floor.restart())
    assert [[name for _, name, _ in reps] for reps in told] == [["available"], ["available"], ["talking"], ["offline"]]
    lasted = {"ana": 10 * MINUTE + HOUR}
    assert sum(n for (_, _, code), n in kept(floor).items() if code == IDLE_MS) == lasted["ana"]


def test_states_of_before_the_last_two_days_are_refused_and_what_is_past_is_forgotten_with_its_time_kept() -> None:
    floor = floor_now()
    days = [state(NOW - 5 * DAY + number * HOUR // 2, "talking") for number in range(5 * 48)]
    floor.feed(days, batch=20)
    oldest = min(rep_and_hour(key)[1] for key in floor.journeys())
    latest = days[-1]["at"]
    assert oldest == (latest - STATES_KEPT - REP_STATE_LASTS) // HOUR
    assert hours_known(floor) == {"ana": sorted(rep_and_hour(key)[1] for key in floor.journeys())}
    assert kept(floor) == spent(days)
    last = {key: value for table, key, value in floor.changelogs[FLOOR] if table == "floor-journeys"}
    assert {key for key, value in last.items() if value is not None} == floor.journeys().keys()
    counts = floor.floor.counts
    floor.feed([state(latest - STATES_KEPT - 1, "offline"), state(latest - 4 * DAY, "offline")])
    assert counts["beyond_horizon",] == 2
    late = state(latest - STATES_KEPT, "paused")
    floor.feed([late])
    assert counts["beyond_horizon",] == 2
    assert kept(floor) == spent([*days, late])
    assert floor.restart().feed([late]).floor.counts["duplicates",] == 1


def test_a_rep_of_whom_nothing_was_told_for_long_is_forgotten_and_can_come_back() -> None:
    floor = floor_now()
    floor.clock.advance(-40 * DAY)
    floor.feed([state(NOW - 40 * DAY), state(NOW - 40 * DAY, rep="bob")])
    floor.clock.advance(40 * DAY)
    floor.feed([state(NOW)])
    floor.settle().settle()
    assert reps_now(floor) == [("ana", "talking", NOW)]
    assert hours_known(floor) == {"ana": [NOW // HOUR]}
    floor.feed([state(NOW - 3 * DAY, rep="bob")])  # nothing of his is later
    assert [rep for rep, _, _ in reps_now(floor)] == ["ana", "bob"]


def test_a_key_that_somebody_else_wrote_ends_no_worker_when_it_goes() -> None:
    floor = floor_now().feed([state(NOW - HOUR)])
    on_the_floor = floor.states[FLOOR]
    assert isinstance(on_the_floor, FloorState)
    on_the_floor._index([(b"r\xff\xf0", None), (b"rbob", None)])
    floor.feed([state(NOW - MINUTE, "paused")])
    assert reps_now(floor) == [("ana", "paused", NOW - MINUTE)]


def test_of_a_key_that_a_stranger_wrote_the_rep_is_read_and_nothing_is_raised() -> None:
    assert rep_of(b"rana\x00123") == rep_of(b'rana\x00"8') == "ana"
    assert rep_of(b"r\xff") == ""
