"""A bug of ours in the taking, folding or settling of a record puts that record aside, and nothing else is lost."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from stream.intake.rejected import Rejected, read_rejected
from stream.journeys.events import EventsState
from stream.journeys.floor_state import FloorState
from stream.journeys.passing import messages
from stream.journeys.spend import SpendState
from stream.journeys.store import facts_of
from stream.kpi.facts import Link
from stream.kpi.windows import Windows
from tests.floor_in_memory import FloorInMemory

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_795_967_462_196
HOUR = 3_600_000
BAD = "bad"


def request(name: str, at: int = NOW - HOUR, **fields: Any) -> dict[str, Any]:
    return {"id": f"r-{name}", "type": "lead.requested", "at": at, "lead": name, "campaign": "spring", **fields}


def ended(name: str, at: int = NOW - HOUR // 2, **fields: Any) -> dict[str, Any]:
    about = {"call": f"c-{name}", "direction": "outbound", "placed_at": at - 60_000, "answered_at": at - 50_000}
    return {"id": f"e-{name}", "type": "call.ended", "at": at, "lead": name, "talk_s": 50, **about, **fields}


def a_floor(now: int = NOW) -> FloorInMemory:
    return FloorInMemory(clock=FixedClock(now), partitions=1)


def rejected(floor: FloorInMemory) -> list[Rejected]:
    found = [read_rejected(record.value or b"") for record in floor.logs[floor.floor.topics.rejected.name, 0]]
    assert all(isinstance(one, Rejected) for one in found)
    return [one for one in found if isinstance(one, Rejected)]


def same(one: FloorInMemory, other: FloorInMemory) -> bool:
    return (one.journeys(), one.cells(), one.kpis("today")) == (other.journeys(), other.cells(), other.kpis("today"))


def broken_for(
    monkeypatch: pytest.MonkeyPatch, cls: type, name: str, wrong: Callable[..., bool], error: Exception | None = None
) -> None:
    """Put a bug into a method of a state: it does its work, and raises then, where `wrong` says so of its arguments."""
    right = getattr(cls, name)

    def buggy(self: Any, *args: Any) -> Any:
        done = right(self, *args)
        if wrong(*args):
            raise error or ZeroDivisionError("of bad@example.com")
        return done

    monkeypatch.setattr(cls, name, buggy)


def of_a_bad_journey(key: bytes, *_: Any) -> bool:
    return BAD.encode() in key


def events_among(bad: int, of: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give the events of `of` leads, of which each `bad`th is bad; and those of the others alone."""
    names = [f"{BAD}{i}" if i % bad == bad - 1 else f"L{i}" for i in range(of)]
    every = [event for name in names for event in (request(name), ended(name))]
    return every, [event for event in every if not event["lead"].startswith(BAD)]


@pytest.mark.parametrize(("bad", "of"), [(1000, 1000), (7, 300), (1, 40)])
@pytest.mark.parametrize("where", ["_take", "_differ", "_pass_on"])
def test_a_record_that_a_bug_of_ours_cannot_take_is_put_aside_and_the_others_count(
    monkeypatch: pytest.MonkeyPatch, where: str, bad: int, of: int
) -> None:
    every, sound = events_among(bad, of)
    without = a_floor().feed(sound)
    wrong = {
        "_take": lambda _topic, record, _batch: BAD.encode() in record.value,
        "_differ": of_a_bad_journey,
        "_pass_on": lambda draft, *_: of_a_bad_journey(draft.key),
    }[where]
    broken_for(monkeypatch, EventsState, where, wrong)

    floor = a_floor().feed(every, batch=1000)

    assert same(floor, without)
    aside = rejected(floor)
    log = floor.logs[floor.floor.topics.events.name, 0]
    assert [one.offset for one in aside] == [one.offset for one in log if BAD.encode() in (one.value or b"")]
    for one in aside:
        assert (one.reason, one.topic, one.partition) == ("internal", floor.floor.topics.events.name, 0)
        assert one.message.startswith("ZeroDivisionError at ")
        assert json.loads(one.content)["lead"].startswith(BAD)
    assert floor.floor.counts["rejected", "internal"] == len(aside) == len(every) - len(sound)
    assert floor.floor.counts["events", "call.ended"] == without.floor.counts["events", "call.ended"]
    assert same(floor.restart(), without)


def test_a_record_is_put_aside_only_if_it_raises_after_all_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    broken_for(monkeypatch, EventsState, "_differ", lambda _key, _before, after, _deltas: len(after) >= 2)
    floor = a_floor().feed([request("L"), ended("L"), request("L", NOW - 2 * HOUR, id="again"), request("M")])
    assert [one.offset for one in rejected(floor)] == [1, 2]
    assert {key: [fact.id for fact in facts] for key, facts in floor.journeys().items()} == {
        b"lL": ["r-L"],
        b"lM": ["r-M"],
    }


def test_a_fault_in_the_sums_of_a_whole_batch_is_found_in_one_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(batch: Any) -> bool:
        return any(of_a_bad_journey(key) for key in batch.drafts)

    broken_for(monkeypatch, EventsState, "_close", wrong)
    every, sound = events_among(50, 100)
    assert same(a_floor().feed(every), a_floor().feed(sound))


def test_what_came_due_and_cannot_be_settled_is_put_aside_and_its_journey_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = [request("bad1"), request("L1"), ended("L1", NOW + HOUR)]
    floor, without = a_floor().feed([*sound, ended("bad1", NOW + HOUR)]), a_floor().feed(sound)

    def wrong(key: bytes, _before: Any, after: Any, _deltas: Any) -> bool:
        return of_a_bad_journey(key) and any(fact.id == "e-bad1" for fact in after)

    broken_for(monkeypatch, EventsState, "_differ", wrong)
    for one in (floor, without):
        one.clock.advance(2 * HOUR)
    assert floor.kpis("today") == without.kpis("today")  # also before it is settled
    floor.settle()
    without.settle()

    assert same(floor, without)
    (aside,) = rejected(floor)
    assert (aside.reason, aside.source) == ("internal", "what came due in journeys[0]")
    assert b"e-bad1" in aside.content
    assert floor.floor.counts["rejected", "internal"] == 1
    for one in (floor, without):
        one.settle().feed([ended("bad1", NOW + HOUR + 1, id="later")])
    assert same(floor, without)
    assert len(rejected(floor)) == 1


def test_a_sound_record_of_a_journey_with_a_due_fact_that_cannot_be_settled_is_folded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    floor, without = a_floor().feed([request("bad1"), ended("bad1", NOW + HOUR)]), a_floor().feed([request("bad1")])
    broken_for(
        monkeypatch, EventsState, "_differ", lambda _key, _before, after, _: any(fact.id == "e-bad1" for fact in after)
    )
    for one in (floor, without):
        one.clock.advance(2 * HOUR)
        one.feed([ended("bad1", NOW + HOUR + 1, id="later")])
    assert same(floor, without)
    assert len(rejected(floor)) == 1


def test_a_journey_that_cannot_be_unpacked_stands_in_the_way_of_its_own_records_alone() -> None:
    floor = a_floor().feed([request("L1"), ended("L1", NOW + HOUR), request("L2")])
    state = floor.states["events", 0]
    assert isinstance(state, EventsState)
    table = state.tables[0]
    packed = state.journeys.get(b"lL1")
    assert packed is not None
    floor.changelogs["events", 0] += [
        (table, b"lL1", packed[:-3]),
        (table, b"lL3", b"short"),
        (state.tables[1], b"x", b""),
    ]
    floor.restart()
    floor.clock.advance(2 * HOUR)
    floor.settle().feed([ended("L1", NOW, id="more"), ended("L2")])
    restored = floor.states["events", 0]
    assert isinstance(restored, EventsState)
    assert restored.settle() is None
    assert [one.source for one in rejected(floor)] == ["what came due in journeys[0]", "topic"]
    assert {fact.id for fact in facts_of(restored.journeys.get(b"lL2") or b"")} == {"r-L2", "e-L2"}


def test_a_live_view_that_cannot_be_made_keeps_no_worker_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    floor = a_floor().feed([request("bad1"), request("L1")])
    broken_for(monkeypatch, EventsState, "_view", of_a_bad_journey)
    floor.restart()
    assert [lead.lead for lead in floor.snapshot().leads] == ["L1"]
    assert floor.floor.counts["rejected", "internal"] == 1


def test_sums_that_cannot_be_kept_up_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    floor = a_floor().feed([request("L1")])
    floor.kpis("today")
    with monkeypatch.context() as patch:
        broken_for(patch, Windows, "keep_up", lambda: True)
        floor.feed([ended("L1")])
    assert same(floor, a_floor().feed([request("L1"), ended("L1")]))


def test_the_floor_and_spend_put_aside_what_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def states(*reps: str) -> list[dict[str, Any]]:
        return [
            {"id": f"{rep}{i}", "type": "rep.state", "at": NOW - HOUR + i, "rep": rep, "state": state}
            for rep in reps
            for i, state in enumerate(["available", "talking"])
        ]

    def spends(*names: str) -> list[dict[str, Any]]:
        about = {"type": "spend.recorded", "at": NOW, "from": NOW - HOUR, "to": NOW, "amount": "1", "currency": "EUR"}
        return [{"id": name, "campaign": "c", **about} for name in names]

    without = a_floor().feed([*states("a"), *spends("s", "t")])
    broken_for(monkeypatch, FloorState, "_differ", of_a_bad_journey)
    broken_for(monkeypatch, SpendState, "_read", lambda record: BAD.encode() in record.value)
    floor = a_floor().feed([*states("bad", "a"), *spends("s", "bad", "t")])
    assert same(floor, without)
    assert sorted((one.reason, one.topic) for one in rejected(floor)) == [
        ("internal", floor.floor.topics.floor.name),
        ("internal", floor.floor.topics.floor.name),
        ("internal", floor.floor.topics.spend.name),
    ]


def test_what_only_a_bug_or_a_stranger_writes_to_the_links_is_refused_as_no_link() -> None:
    floor = a_floor()
    links = floor.floor.topics.links.name
    ahead, wrong_kind = Link(2**63, "L", NOW, "r", "c"), Link(NOW, "L", NOW, "r", "c")
    for kind, fact in ((b"n", ahead), (b"n", Link(NOW, "L", -5, "r", "c")), (b"l", wrong_kind)):
        for topic, key, value, _ in messages(links, kind, "x", [fact]):
            floor.send(topic, key, value)
    floor.send(links, b"x", b"\x92\xc4\x01n\x91" + b"\x91" * 5000)
    floor.drain().feed([request("L1")])
    assert [one.reason for one in rejected(floor)] == ["malformed_link"] * 4
    assert set(floor.journeys()) == {b"lL1"}


def test_a_fault_is_logged_once_for_its_place_in_the_code_and_without_what_the_record_held(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    error = ArithmeticError("of 0639980001")
    broken_for(monkeypatch, EventsState, "_differ", lambda key, *_: key.endswith(b"0639980001"), error)
    with caplog.at_level(logging.ERROR):
        floor = a_floor().feed([request("0639980001"), request("L1"), ended("0639980001")])
    assert len(rejected(floor)) == 2
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("ringboard.events.v1[0] at offset 0: ArithmeticError at stream/journeys/base.py:")
    assert "0639980001" not in line
    assert not any(record.exc_info for record in caplog.records)
