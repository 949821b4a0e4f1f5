"""One call that its sources call by different names: it counts once."""

from __future__ import annotations

import itertools
from typing import Any

from stream.clock import FixedClock
from stream.kpi.rules import HOUR, MINUTE
from tests.floor_in_memory import FloorInMemory

NOW = 1_712_345_678_000
BEGAN = NOW - HOUR

Event = dict[str, Any]


def floor_of(events: Any) -> FloorInMemory:
    floor = FloorInMemory(clock=FixedClock(NOW)).feed(events, batch=1)
    assert not floor.refused
    return floor


def parts(floor: FloorInMemory, kpi: str) -> tuple[Any, Any]:
    found = floor.kpis("today")[kpi]
    return found["numerator"], found["denominator"]


def stay(call: str, **fields: Any) -> list[Event]:
    known = {"call": call, "queue": "support", **fields}
    return [
        {"id": f"j-{call}", "type": "queue.joined", "at": BEGAN, **known},
        {"id": f"l-{call}", "type": "queue.left", "at": BEGAN + 9000, "outcome": "answered", "wait_s": 9, **known},
    ]


def ended(name: str, **fields: Any) -> Event:
    told = {"direction": "inbound", "placed_at": BEGAN - MINUTE, "answered_at": BEGAN, "number": "06 39 98 00 01"}
    return {"id": name, "type": "call.ended", "at": BEGAN + MINUTE, "call": "pbx-1.1", "talk_s": 50, **told, **fields}


def test_a_caller_whom_a_rep_put_into_a_queue_is_the_one_who_waits_there() -> None:
    told = [*stay("pbx-1.1", queued_as="pbx-1.7"), ended("e", queue="support", queued_as="pbx-1.7")]
    for events in itertools.permutations([*told, stay("pbx-1.7")[1]]):
        floor = floor_of(events)
        assert parts(floor, "abandon_rate") == (0, 1)
        assert parts(floor, "average_handle_time") == (50, 1)


def test_of_a_caller_in_two_queues_one_stay_has_the_calls_length() -> None:
    first = [{**one, "id": f"s-{one['id']}", "queue": "sales"} for one in stay("pbx-1.1")]
    floor = floor_of([*first, *stay("pbx-1.1", queued_as="pbx-1.7"), ended("e", queue="sales")])
    assert parts(floor, "abandon_rate") == (0, 2)
    assert parts(floor, "average_handle_time") == (50, 1)


def attempt(name: str, **fields: Any) -> Event:
    return ended(name, direction="outbound", **fields)


NUMBERED = attempt("numbered", also_withheld=True)
WITHHELD = attempt("withheld", number="anonymous", at=BEGAN + 2 * MINUTE)


def test_a_call_that_others_tell_without_its_number_counts_once_with_it() -> None:
    for events in itertools.permutations([NUMBERED, WITHHELD, attempt("log", number="anonymous")]):
        assert parts(floor_of(events), "contact_rate") == (1, 1)


def test_it_counts_for_its_lead_where_that_is_named() -> None:
    for events in itertools.permutations([NUMBERED | {"lead": "L"}, WITHHELD]):
        floor = floor_of(events)
        assert parts(floor, "contact_rate") == (1, 1)
        assert parts(floor.restart(), "contact_rate") == (1, 1)


def test_a_call_of_no_known_number_counts_however_it_is_told() -> None:
    assert parts(floor_of([WITHHELD]), "contact_rate") == (1, 1)
    assert parts(floor_of([WITHHELD | {"also_withheld": True}]), "contact_rate") == (1, 1)


def test_another_call_without_a_number_counts_beside_it() -> None:
    assert parts(floor_of([NUMBERED, WITHHELD | {"call": "pbx-1.2"}]), "contact_rate") == (2, 2)


def test_a_revised_call_is_still_the_one_that_others_tell_without_its_number() -> None:
    revised = {**NUMBERED, "also_withheld": False, "talk_s": 60, "revision": 1}
    for events in itertools.permutations([NUMBERED, revised, WITHHELD]):
        assert parts(floor_of(events), "contact_rate") == (1, 1)
