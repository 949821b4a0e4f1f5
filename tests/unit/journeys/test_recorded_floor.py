"""What the KPIs say of a floor's log and of a simulated floor, from the first byte to the ratio."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from stream.simulate import Floor
from stream.sources.asterisk.pbxware_queue_log import PbxwareQueueLog
from stream.sources.opening import opened
from stream.sources.reading import Read
from stream.sources.shift import shifted
from tests.floor_in_memory import FloorInMemory
from tests.shared_data import OURS, OUTSIDE, Recording, each

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = 86_400_000
# Of each log: contacts and answered attempts, of all attempts, and callers who gave up.
COUNTED = {OURS: (3, 5, 8, 1), OUTSIDE: (42, 77, 110, 12)}

Event = dict[str, Any]


def kpis_of(events: Sequence[Event], as_of: int) -> dict[str, dict[str, Any]]:
    floor = FloorInMemory(clock=FixedClock(as_of)).feed(events)
    assert not floor.refused
    return floor.kpis("30d")


def logged(recorded: Recording) -> list[Event]:
    with opened(recorded.path("queue_log.csv")) as file:
        return [dict(item.event) for item in PbxwareQueueLog().read(file.content) if isinstance(item, Read)]  # type: ignore[arg-type]


@each("pbxware_queue_log")
@pytest.mark.parametrize("times", [1, 2])
def test_a_floors_contact_rate_is_that_of_its_log_however_often_it_is_replayed(recorded: Recording, times: int) -> None:
    events = logged(recorded)
    contacts, answered, attempts, gave_up = COUNTED[recorded.place]
    kpis = kpis_of(events * times, max(event["at"] for event in events))
    assert (kpis["contact_rate"]["numerator"], kpis["contact_rate"]["denominator"]) == (contacts, attempts)
    assert (kpis["answer_rate"]["numerator"], kpis["answer_rate"]["denominator"]) == (answered, attempts)
    assert kpis["abandon_rate"]["numerator"] == gave_up


@each("pbxware_queue_log")
def test_a_floor_moved_to_another_day_has_the_same_contact_rate(recorded: Recording) -> None:
    contacts, _, attempts, _ = COUNTED[recorded.place]
    moved = [shifted(event, 2000 * DAY) for event in logged(recorded)]
    kpis = kpis_of(moved, max(event["at"] for event in moved))
    assert (kpis["contact_rate"]["numerator"], kpis["contact_rate"]["denominator"]) == (contacts, attempts)


@pytest.mark.slow
def test_a_simulated_month_has_every_kpi_and_the_articles_benchmarks_are_near() -> None:
    floor = Floor(seed=7, days=30, reps=6, leads_per_day=75, start=date(2026, 1, 5))
    kpis = kpis_of([event for _, event in floor], floor.ends_ms - 1)
    assert 0.34 < kpis["contact_rate"]["value"] < 0.385
    assert 26 < kpis["opportunities_per_1000_calls"]["value"] < 38
    for name in ("follow_up_rate", "lead_response_within_1h_contact", "loss_rate", "lead_to_customer", "penetration"):
        assert 0.02 < kpis[name]["value"] < 0.98, name
    # Whoever is called within the hour talks more often of a deal: the claim that the boards measure.
    assert kpis["fast_response_uplift"]["value"] > 1.3
    assert kpis["pressing_attempts"]["value"] > 20
    assert kpis["early_follow_ups"]["value"] > 100
    assert 10 < float(kpis["cost_per_lead"]["value"]) < 80
    assert 0.5 < kpis["service_level"]["value"] < 0.98
    assert all(kpi["denominator"] != 0 for kpi in kpis.values()), [k for k, v in kpis.items() if v["denominator"] == 0]
