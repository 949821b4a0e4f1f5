"""Spend counts by its period, whatever moment a mapping gives it."""

from __future__ import annotations

from datetime import datetime

import pytest

from stream.clock import FixedClock
from tests.floor_in_memory import FloorInMemory
from tests.unit.mapping.writing import mapping

SPEND = """
    name = "ads"
    timezone = "Europe/Paris"
    time = "day-first"
    [[events]]
    type = "spend.recorded"
    at = {at}
    from = "{{From}}"
    to = {{ from = "To", day_end = true }}
    campaign = "{{Campaign}}"
    amount = "{{Cost}}"
    currency = "EUR"
"""
NOON = round(datetime.fromisoformat("2026-01-15T12:00:00+01:00").timestamp() * 1000)


LEAD = {"id": "l", "type": "lead.requested", "at": NOON - 60_000, "lead": "L", "campaign": "Search"}


@pytest.mark.parametrize("at", ['{ from = "To", day_end = true }', '"{From}"'])
@pytest.mark.parametrize(("to", "days"), [("15/01/2026", 1), ("31/01/2026", 17)])
def test_spend_of_a_period_that_is_under_way_counts_at_once(at: str, to: str, days: int) -> None:
    row = {"From": "15/01/2026", "To": to, "Campaign": "Search", "Cost": f"{days * 1440}"}
    floor = FloorInMemory(clock=FixedClock(NOON)).feed([*mapping(SPEND.format(at=at)).events(row), LEAD])
    assert not floor.refused
    # A euro a minute, and the minute that runs counts to its end.
    assert float(floor.kpis("today")["cost_per_lead"]["numerator"]) == pytest.approx(721)
