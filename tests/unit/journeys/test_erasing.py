"""A person is erased: nothing of them is left in a journey, and all that they counted for is, whatever follows."""

from __future__ import annotations

import random
from datetime import UTC
from typing import Any

import pytest

from stream.clock import FixedClock
from stream.journeys.due import customers_at_risk, follow_ups_due
from stream.journeys.erasing import Erasure, encode_erasure
from stream.journeys.store import facts_of, pack
from stream.kpi.codes import ripe_of
from stream.kpi.facts import Erased
from stream.kpi.slices import LIMITS
from tests.floor_in_memory import FloorInMemory

NOW = 1_764_000_000_000
MINUTE = 60_000
ASKED = NOW - 60 * MINUTE


def name_of(number: str, floor: FloorInMemory) -> str:
    admitted = floor.admission.admit(call(1, number=number))
    assert admitted is not None
    return admitted.key.decode()


def call(minutes_ago: int, **fields: Any) -> dict[str, Any]:
    at = NOW - minutes_ago * MINUTE
    ended = {"type": "call.ended", "id": f"e{minutes_ago}", "call": f"c{minutes_ago}", "direction": "outbound"}
    talk = {"answered_at": at - 50_000, "talk_s": 45, "rep": "1001"} if minutes_ago % 2 else {}
    return {**ended, "placed_at": at - 60_000, "at": at, **talk, **fields}


def of(kind: str, minutes_ago: int, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "id": f"{kind}{minutes_ago}", "at": NOW - minutes_ago * MINUTE, **fields}


NUMBER, OTHER = "+33639980001", "+33639980002"
PERSON = [
    of("lead.requested", 5000, lead="L1", campaign="Spring", number=NUMBER),
    call(4990, number=NUMBER), call(4000, lead="L1"), call(3001, number=NUMBER), call(2000, lead="L2"),
    of("lead.requested", 3500, lead="L2", campaign="Web", number=NUMBER),
    of("call.disposed", 2990, call="c3001", number=NUMBER, disposition="refused"),
    of("lead.qualified", 1500, lead="L1", rep="1002"), of("lead.won", 1400, lead="L1"),
    of("lead.requested", 130, lead="L3", campaign="Web", number=OTHER), of("lead.assigned", 120, lead="L3", rep="1001"),
    of("lead.requested", 110, lead="L3", campaign="Web", number=NUMBER),
    of("customer.at_risk", 100, customer="L1", rep="1001"),
]  # fmt: skip
SOMEBODY = [
    of("lead.requested", 4000, lead="M", campaign="Web", number="+33639980009"),
    call(999, number="+33639980009"), call(998, lead="M"), of("lead.requested", 9, lead="W", campaign="Web"),
]  # fmt: skip


def a_floor(clock: int = NOW) -> FloorInMemory:
    return FloorInMemory(clock=FixedClock(clock))


def erase(floor: FloorInMemory, *, at: int = ASKED, history: bool = False) -> None:
    """Write what `ringboard person erase` writes for the person."""
    names = floor.floor.topics
    topics = (names.events.name, names.events_history.name) if history else (names.events.name,)
    numbers = tuple(name_of(number, floor) for number in (NUMBER, OTHER))
    leads = ("L1", "L2", "L3")
    journeys = [("lead", one, numbers) for one in leads] + [("number", one, leads) for one in numbers]
    for kind, name, others in [*journeys, ("customer", "L1", ())]:
        record = Erasure(id=f"erased-{at}", at=at, kind=kind, name=name, others=others, topics=topics)  # type: ignore[arg-type]
        for topic in topics:
            floor.send(topic, name.encode(), encode_erasure(record))


Cells = dict[tuple[tuple[bytes, int], Any], dict[int | str, int]]


def decided(cells: Cells, at: int) -> Cells:
    """Return `cells` without what limits decide in the minute of `at` or later."""
    found = {
        place: {code: n for code, n in cell.items() if place[0][0] != LIMITS or ripe_of(code)[0] < at // MINUTE}
        for place, cell in cells.items()
    }
    return {place: cell for place, cell in found.items() if cell}


def left(floor: FloorInMemory) -> dict[bytes, list[Any]]:
    """Return what is known of the person, but for marks that all is done."""
    numbers = [name_of(number, floor).encode() for number in (NUMBER, OTHER)]
    keys = {b"lL1", b"lL2", b"lL3", b"cL1", *(b"n" + one for one in numbers)}
    found = {}
    for key, facts in floor.journeys().items():
        if key.partition(b"\0")[0] in keys:
            found[key] = [f for f in facts if not (type(f) is Erased and f == Erased(f.at, f.id, said=True, done=True))]
        else:
            assert not any(str(fact).find(one) >= 0 for fact in facts for one in ("L1'", "L2'", "L3'"))
    return {key: facts for key, facts in found.items() if facts or b"\0" in key}


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_left_of_a_person_and_all_that_they_counted_for_is(seed: int) -> None:
    chance = random.Random(seed)
    floor, same = a_floor(), a_floor()
    for one in (floor, same):
        one.feed([*PERSON, *SOMEBODY])
    before = floor.cells()
    assert [lead.lead for lead in floor.snapshot().leads] == ["L3", "W"]
    assert left(floor)
    erase(floor)
    floor.drain(batch=3, chance=chance)
    assert left(floor) == {}
    assert decided(floor.cells(), ASKED) == decided(before, ASKED) == decided(same.cells(), ASKED)
    after = floor.cells()
    assert floor.kpis("30d") == same.kpis("30d")
    assert [lead.lead for lead in floor.snapshot().leads] == ["W"]
    assert floor.floor.counts["journeys_erased",] == 6
    floor.restart()
    assert left(floor) == {}
    assert floor.cells() == after


def test_what_a_limit_had_still_to_decide_of_a_person_is_decided_no_more() -> None:
    floor, same, nobody = a_floor(), a_floor(), a_floor()
    for one in (floor, same):
        one.feed([*PERSON, *SOMEBODY])
    nobody.feed(SOMEBODY)
    erase(floor, at=NOW)
    floor.drain(batch=1)
    assert floor.kpis("30d") == same.kpis("30d")
    decided_by_time = ("follow_up_rate", "conversion_rate", "loss_rate", "lead_response_within_1h_attempt")
    for days in (1, 5, 31):
        for one in (floor, same, nobody):
            one.clock.advance(days * 1440 * MINUTE)
            one.settle()
            if days == 5:
                one.restart()
        now = floor.clock.now_ms()
        mine, theirs = (
            [state for (group, _), state in one.states.items() if group == "events"] for one in (floor, nobody)
        )
        for count in (lambda states: follow_ups_due(now, UTC, states), lambda states: customers_at_risk(now, states)):  # noqa: B023
            assert count(mine) == count(theirs)
        if days == 31:  # all that a limit decides in these days is of somebody else
            assert {n: floor.kpis("7d")[n] for n in decided_by_time} == {
                n: nobody.kpis("7d")[n] for n in decided_by_time
            }
            assert any(same.kpis("30d")[n] != floor.kpis("30d")[n] for n in decided_by_time)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("history", [False, True])
def test_a_rebuild_in_any_order_of_partitions_counts_the_same_and_brings_nothing_back(seed: int, history: bool) -> None:
    chance = random.Random(seed)
    floor = a_floor()
    floor.feed([*PERSON[:6], *SOMEBODY])
    names = floor.floor.topics
    if history:
        for event in PERSON[6:]:
            admitted = floor.admission.admit(event)
            assert admitted is not None
            floor.send(names.events_history.name, admitted.key, admitted.value)
    else:
        floor.feed(PERSON[6:])
    floor.drain()
    before = floor.cells()
    erase(floor, history=history)
    floor.feed([call(30, number=NUMBER), of("lead.requested", 20, lead="L2", campaign="Web", number=NUMBER)])
    floor.feed([call(2000, lead="L2"), call(15, number=NUMBER), call(10, lead="L2"), call(3333, lead="L1")])
    counted = floor.cells()
    assert counted != before
    anew = a_floor()
    for place, records in floor.logs.items():
        if place[0] in {names.events.name, names.events_history.name}:
            anew.logs[place] = list(records)
    anew.drain(batch=chance.choice([1, 3, 500]), chance=chance)
    assert anew.cells() == counted
    assert [lead.lead for lead in anew.snapshot().leads] == [lead.lead for lead in floor.snapshot().leads]
    assert anew.journeys() == floor.journeys()
    assert {key: len(facts) for key, facts in left(anew).items()} == {
        key: len(facts) for key, facts in left(floor).items()
    }
    assert not [key for key in left(anew) if b"\0" in key]


def test_what_comes_after_begins_anew_and_what_is_late_counts_no_more() -> None:
    floor = a_floor()
    floor.feed([*PERSON, *SOMEBODY])
    erase(floor)
    floor.drain()
    before = floor.cells()
    floor.feed([*PERSON, call(61, lead="L1")])
    assert floor.cells() == before
    assert floor.floor.counts["beyond_horizon",] == len(PERSON) + 1
    fresh = a_floor().feed([call(30, number=NUMBER), call(20, lead="L1")])
    floor.feed([call(30, number=NUMBER), call(20, lead="L1")])
    sums = {place: dict(cell) for place, cell in before.items()}
    for place, cell in fresh.cells().items():
        for code, amount in cell.items():
            sums.setdefault(place, {})
            sums[place][code] = sums[place].get(code, 0) + amount
    assert floor.cells() == sums


def test_one_may_be_erased_twice_and_before_the_first_time_is_through() -> None:
    floor = a_floor()
    floor.feed([*PERSON, *SOMEBODY])
    before = floor.cells()
    erase(floor)
    erase(floor, at=ASKED + 1)
    floor.drain(batch=1)
    assert left(floor) == {}
    assert decided(floor.cells(), ASKED) == decided(before, ASKED)
    floor.feed([call(30, number=NUMBER)])
    counted = floor.cells()
    erase(floor, at=NOW)
    floor.drain()
    assert left(floor) == {}
    assert decided(floor.cells(), NOW) == decided(counted, NOW)


def test_what_lies_ahead_of_the_clock_counts_first() -> None:
    clock = FixedClock(NOW - 9 * 60 * MINUTE)
    floor = FloorInMemory(clock=clock)
    events = [of("lead.requested", 8000, lead="L1", campaign="Spring"), call(5, lead="L1")]
    floor.feed(events)
    erase(floor, at=NOW)
    floor.drain()
    assert [key for key in left(floor) if b"\0" in key]
    clock.advance(9 * 60 * MINUTE)
    floor.settle()
    assert left(floor) == {}
    assert decided(floor.cells(), NOW) == decided(a_floor().feed(events).cells(), NOW)


def test_a_mark_goes_when_a_journey_would() -> None:
    clock = FixedClock(NOW)
    floor = FloorInMemory(clock=clock)
    floor.feed(PERSON)
    erase(floor)
    floor.drain()
    clock.advance(100 * 86_400_000)
    floor.feed([call(minutes, lead=f"later {minutes}") for minutes in range(-1440 * 99, -1440 * 99 + 40)])
    floor.settle()
    floor.feed([call(minutes, lead=f"later {minutes}") for minutes in range(-1440 * 99 + 50, -1440 * 99 + 90)])
    assert not [fact for facts in floor.journeys().values() for fact in facts if type(fact) is Erased]


@pytest.mark.parametrize(
    "record",
    [b'{"type":"person.erased"}', b'{"type":"person.erased","id":"x","at":1,"kind":"rep","name":"a","topics":[]}'],
)
def test_a_record_that_is_no_erasure_is_refused(record: bytes) -> None:
    floor = a_floor()
    floor.send(floor.floor.topics.events.name, b"L1", record)
    floor.drain()
    assert floor.floor.counts["rejected", "unknown_type"] == 1


def test_no_source_may_send_one() -> None:
    floor = a_floor()
    floor.append(of("person.erased", 1) | {"kind": "lead", "name": "L1", "topics": ["t"]})
    assert [str(refused.reason) for refused in floor.refused] == ["unknown_type"]


def test_the_form_of_a_mark_and_of_what_it_is_kept_with_stays() -> None:
    floor = a_floor()
    floor.feed([of("lead.requested", 5000, lead="L1", campaign="Spring")])
    names = floor.floor.topics
    record = Erasure(id="erased-1", at=ASKED, kind="lead", name="L1", others=("num_1",), topics=(names.events.name,))
    floor.send(names.events.name, b"L1", encode_erasure(record))
    floor.drain()
    kept = {key: value for log in floor.changelogs.values() for _, key, value in log if b"L1" in key}
    assert (kept[b"lL1"] or b"").hex() == (
        "0000019ab660f98000000000000000000691970fcf0000019ab660f980a86572617365642d3192b40072696e67626f61"
        "72642e6576656e74732e7631a56e756d5f3191b40072696e67626f6172642e6576656e74732e7631c3c2"
    )
    assert kept[b"lL1\0erased-1"] is not None
    floor.restart()
    assert [type(fact) for fact in floor.journeys()[b"lL1"]] == [Erased]
    done = Erased(ASKED, "erased-1", said=True, done=True)
    assert facts_of(pack([done], ASKED, 0, 0)) == [done]
