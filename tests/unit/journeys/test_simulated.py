"""Whatever simulated events have led to says so: in each window and filter, in any order, after a restart."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from stream.clock import FixedClock
from stream.journeys.over_time import OverTime, gather
from stream.kpi.measures import SIMULATED
from stream.kpi.reading import Filters
from stream.kpi.rules import DAY, HOUR, MINUTE
from stream.kpi.windows import WINDOWS
from tests.floor_in_memory import FloorInMemory

if TYPE_CHECKING:
    from stream.journeys.base import JourneyState

NOW = 1_767_800_000_000
ANYBODY, SPRING, AUTUMN = Filters(), Filters(campaign="spring"), Filters(campaign="autumn")


def event(id_: str, kind: str, ago: int, *, simulated: bool = True, **fields: Any) -> dict[str, Any]:
    """Return an event of `ago` ms before now."""
    source = {"source": "simulated"} if simulated else {}
    return {"id": id_, "type": kind, "at": NOW - ago, **source, **fields}


def call(id_: str, ago: int, *, simulated: bool = True, **fields: Any) -> dict[str, Any]:
    named = {"call": f"C-{id_}", "direction": "outbound", "placed_at": NOW - ago - 1000, **fields}
    return event(id_, "call.ended", ago, simulated=simulated, **named)


def floor(*events: dict[str, Any], partitions: int = 3) -> FloorInMemory:
    return FloorInMemory(clock=FixedClock(NOW), partitions=partitions).feed(events)


def windows_of(some: FloorInMemory, filters: Filters = ANYBODY) -> list[str]:
    """Return the windows whose numbers are not real alone."""
    shot = some.snapshot()
    return [window for window in WINDOWS if shot.is_simulated(window, filters, some.settings.zone)]


def test_a_window_says_so_where_a_simulated_event_counts_in_it_and_under_its_filters() -> None:
    mixed = floor(
        call("a", 10 * MINUTE, lead="L1", campaign="spring"),
        call("b", MINUTE, simulated=False, lead="L2", campaign="autumn"),
    )
    assert windows_of(mixed) == windows_of(mixed, SPRING) == ["15m", "1h", "today", "7d", "30d"]
    assert windows_of(mixed, AUTUMN) == []
    assert windows_of(floor(call("c", MINUTE, simulated=False, lead="L"))) == []


def test_what_a_limit_decides_later_says_so_when_it_counts() -> None:
    later = floor(event("r", "lead.requested", 60 * MINUTE + 30_000, lead="L", campaign="spring"))
    assert "5m" in windows_of(later)  # its hour has just run out
    cold = floor(event("r", "lead.requested", 32 * DAY, lead="L", campaign="spring"))
    assert windows_of(cold) == ["7d", "30d"]  # it went cold two days ago
    assert windows_of(floor(event("r", "lead.requested", 70 * DAY, lead="L", campaign="spring"))) == []


@pytest.mark.parametrize("simulated", [True, False])
def test_each_kind_of_event_says_so(simulated: bool) -> None:
    for one in (
        event("1", "customer.at_risk", HOUR, simulated=simulated, customer="K"),
        event("2", "queue.joined", HOUR, simulated=simulated, call="C", queue="q"),
        call("3", HOUR, simulated=simulated, direction="inbound", queue="q", number="01 99 00 12 34"),
        call("4", HOUR, simulated=simulated, number="06 39 98 00 01"),
        event("5", "spend.recorded", HOUR, simulated=simulated, campaign="spring", amount="10.00", currency="EUR")
        | {"from": NOW - 2 * HOUR, "to": NOW},
    ):
        events = [one]
        if one["type"] == "customer.at_risk":
            events.append(event("e", "customer.lost", MINUTE, simulated=False, customer="K"))
        assert windows_of(floor(*events))[-1:] == (["30d"] if simulated else []), one
        assert windows_of(floor(*events).restart())[-1:] == (["30d"] if simulated else []), one


def test_spend_says_so_of_its_campaign_alone() -> None:
    some = floor(
        event("s", "spend.recorded", HOUR, campaign="spring", amount="10.00", currency="EUR")
        | {"from": NOW - 2 * HOUR, "to": NOW - HOUR},
        event("t", "spend.recorded", HOUR, simulated=False, campaign="autumn", amount="10.00", currency="EUR")
        | {"from": NOW - 2 * HOUR, "to": NOW},
    )
    assert windows_of(some) == windows_of(some, SPRING) == ["today", "7d", "30d"]
    assert windows_of(some, AUTUMN) == windows_of(some, Filters(rep="r")) == []


def test_steps_over_time_say_so() -> None:
    some = floor(call("a", 3 * HOUR, lead="L1", campaign="spring"))
    for filters, simulated in ((ANYBODY, True), (AUTUMN, False)):
        request = OverTime(("contact_rate",), "today", "1h", filters)
        journeys = [cast("JourneyState", state) for (group, _), state in some.states.items() if group != "spend"]
        steps = gather(request, NOW, some.settings.zone, journeys).add_up()
        shot = msgspec.structs.replace(some.snapshot(), steps=steps)
        assert shot.steps_are_simulated(request, some.settings.zone) is simulated


def test_a_journey_that_becomes_simulated_marks_all_it_counts_in() -> None:
    real = call("a", 2 * HOUR, simulated=False, lead="L", campaign="spring")
    some = floor(real)
    assert windows_of(some) == []
    some.feed([call("b", MINUTE, lead="L", campaign="autumn")])
    assert windows_of(some, SPRING) == ["today", "7d", "30d"]


def test_the_marks_are_those_of_one_clean_pass_in_any_order_with_duplicates_and_after_restarts() -> None:
    events = [
        event(f"r{n}", "lead.requested", n * HOUR, simulated=n % 3 > 0, lead=f"L{n % 7}", campaign=f"c{n % 2}")
        for n in range(40)
    ]
    events += [call(f"c{n}", n * 7 * MINUTE, simulated=n % 5 > 0, lead=f"L{n % 7}", rep=f"r{n % 3}") for n in range(60)]
    events += [event(f"w{n}", "lead.won", n * DAY, simulated=n % 2 > 0, lead=f"L{n}") for n in range(7)]
    events += [
        event(f"s{n}", "rep.state", n * 11 * MINUTE, simulated=n % 4 > 0, rep="r1", state=("talking", "paused")[n % 2])
        for n in range(50)
    ]
    clean = marks(floor(*events, partitions=1))
    assert clean
    chance = random.Random(15)
    for _ in range(5):
        mixed = [*events, *chance.sample(events, 30)]
        chance.shuffle(mixed)
        some = FloorInMemory(clock=FixedClock(NOW), partitions=1)
        for cut in range(0, len(mixed), 60):
            some.feed(mixed[cut : cut + 60], batch=9, chance=chance).restart()
        assert marks(some) == clean


def marks(some: FloorInMemory) -> dict[Any, int]:
    """Return every mark by its slice, owner and code."""
    return {
        (*place, code): amount
        for place, cell in some.cells().items()
        for code, amount in cell.items()
        if isinstance(code, int) and code & 1023 == SIMULATED
    }


def test_a_floor_is_empty_until_anything_has_come() -> None:
    some = floor()
    assert some.snapshot().empty
    assert not some.feed([call("a", HOUR, simulated=False, lead="L")]).snapshot().empty
    assert not some.restart().snapshot().empty
