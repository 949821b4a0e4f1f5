"""KPIs by hour of the week: as the plain reference counts them, in any zone, and as the metrics have them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from stream.clock import FixedClock
from stream.kpi.hours import WeekHour, week_hour
from stream.simulate.play import history
from tests.engine_in_memory import EngineInMemory
from tests.floor_in_memory import FloorInMemory
from tests.prometheus.scraping import samples, scrape
from tests.reference.calls import rates
from tests.reference.config import HOUR
from tests.reference.histories import random_history
from tests.reference.kpis import Reading
from tests.reference.windows import window_of
from tests.unit.agents.pages.conftest import NOW, a_floor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.reference.calls import Attempt
    from tests.unit.agents.pages.conftest import Client, Serve

ZONES = ("Europe/Paris", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns")


async def asked(client: Client, **params: str) -> dict[str, Any]:
    response = await client.get("/api/v1/heatmap", params=params)
    answer: dict[str, Any] = await response.json()
    assert response.status == 200, answer
    return answer


def of_reference(moment: int, zone: str) -> tuple[int, int]:
    """The weekday and hour by the clock, when the hour of UTC in which `moment` lies began."""
    begun = datetime.fromtimestamp(moment // HOUR * HOUR / 1000, ZoneInfo(zone))
    return begun.weekday() + 1, begun.hour


def rates_by_hour(attempts: Iterable[Attempt], zone: str) -> dict[tuple[int, int], Any]:
    found: defaultdict[tuple[int, int], list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        found[of_reference(attempt.placed_at, zone)].append(attempt)
    return {hour: rates(of_hour) for hour, of_hour in found.items()}


@pytest.mark.parametrize("zone", ZONES)
async def test_each_hour_of_the_week_has_what_the_reference_counts_in_it(zone: str, serve: Serve) -> None:
    told = random_history(11, 1_500)
    config = replace(told.config, zone=zone)
    floor = FloorInMemory.like(config, told.as_of).feed(told.events)
    client = await serve(floor)
    reading = Reading(told.events, as_of=told.as_of, config=config)
    span = window_of("30d", told.as_of, zone)
    for filters in ({}, {"campaign": "solar"}, {"team": "north", "rep": "ana"}):
        ours = [a for a in reading.attempts if all(getattr(a, name) == one for name, one in filters.items())]
        right = rates_by_hour((a for a in ours if span.has(a.placed_at)), zone)
        for kpi in ("contact_rate", "answer_rate"):
            answer = await asked(client, kpi=kpi, **filters)
            cells = {(cell["day"], cell["hour"]): cell for cell in answer["cells"]}
            assert len(cells) == len(answer["cells"]) == 168
            assert sum(cell["hours"] for cell in answer["cells"]) == 720
            for place, cell in cells.items():
                wanted = right[place][kpi] if place in right else {"numerator": 0, "denominator": 0, "value": None}
                assert (cell["numerator"], cell["denominator"]) == (wanted["numerator"], wanted["denominator"])
                assert cell["value"] == (None if wanted["value"] is None else pytest.approx(float(wanted["value"])))
                assert cell["enough"] is (cell["denominator"] >= answer["at_least"])
        assert right or filters
    kept = await asked(client, kpi="follow_up_rate")
    limits = [of_reference(due.limit, zone) for due in reading.follow_ups if span.decides(due.limit)]
    states = [due.state for due in reading.follow_ups if span.decides(due.limit)]
    assert limits
    for cell in kept["cells"]:
        here = [s for at, s in zip(limits, states, strict=True) if at == (cell["day"], cell["hour"])]
        assert (cell["numerator"], cell["denominator"]) == (
            here.count("kept"),
            here.count("kept") + here.count("missed"),
        )


@pytest.mark.parametrize(
    ("zone", "moment", "place"),
    [
        ("UTC", "2026-03-29T01:00+00:00", (7, 1)),
        ("Europe/Paris", "2026-03-29T00:00+00:00", (7, 1)),
        ("Europe/Paris", "2026-03-29T01:00+00:00", (7, 3)),  # from two to three o'clock there was nothing
        ("Europe/Paris", "2026-10-25T00:00+00:00", (7, 2)),
        ("Europe/Paris", "2026-10-25T01:00+00:00", (7, 2)),  # the same hour once more
        ("Asia/Kolkata", "2026-03-29T18:00+00:00", (7, 23)),  # 23:30 to 0:30
        ("Asia/Kolkata", "2026-03-29T19:00+00:00", (1, 0)),
        ("Asia/Kathmandu", "2026-03-29T18:00+00:00", (7, 23)),  # 23:45 to 0:45
        ("Pacific/Auckland", "2026-03-29T12:00+00:00", (1, 1)),
    ],
)
def test_an_hour_of_utc_is_of_the_hour_of_the_clock_in_which_it_begins(
    zone: str, moment: str, place: tuple[int, int]
) -> None:
    hour = round(datetime.fromisoformat(moment).timestamp() * 1000) // HOUR
    assert week_hour(hour, ZoneInfo(zone)) == WeekHour(*place)


@pytest.mark.parametrize(
    ("zone", "minutes"), [("Europe/Paris", [0]), ("Asia/Kolkata", [30]), ("Australia/Lord_Howe", [0, 30])]
)
async def test_the_answer_says_at_which_minute_its_hours_begin(zone: str, minutes: list[int], serve: Serve) -> None:
    # On Lord Howe the clock goes by half an hour, on 5 April 2026.
    clock = FixedClock(round(datetime.fromisoformat("2026-04-15T12:00+00:00").timestamp() * 1000))
    client = await serve(FloorInMemory(clock=clock, settings={"timezone": zone}))
    answer = await asked(client)
    assert answer["minutes_past"] == minutes
    assert {cell["value"] for cell in answer["cells"]} == {None}


async def test_while_a_part_of_the_floor_is_missing_there_are_no_numbers(serve: Serve) -> None:
    floor = a_floor()
    engine = EngineInMemory(floor)
    engine.state_of["events", 1] = "recovering"
    answer = await asked(await serve(floor, engine))
    assert answer["complete"] is False
    parts = ("value", "numerator", "denominator", "enough")
    assert {cell[part] for cell in answer["cells"] for part in parts} == {None}


@pytest.mark.parametrize("kpi", ["cost_per_lead", "leads_requested", "fast_response_uplift", "nothing", "a,b"])
async def test_what_has_no_map_is_refused_in_one_line(kpi: str, serve: Serve) -> None:
    response = await (await serve(a_floor())).get("/api/v1/heatmap", params={"kpi": kpi})
    assert response.status == 400
    error = (await response.json())["error"]
    assert error.startswith("kpi: ")
    assert "answer_rate" in error
    assert "\n" not in error


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Kathmandu"])
async def test_the_metrics_have_the_attempts_contacts_and_answers_of_the_api(zone: str, serve: Serve) -> None:
    floor = FloorInMemory(clock=FixedClock(NOW), settings={"timezone": zone})
    events = [event for _, event in history(5, 9, NOW)]
    client = await serve(floor)
    for begin, end in ((0, 60_000), (60_000, None)):  # once as it was found, once as it has changed
        floor.feed(events[begin:end])
        sums: Counter[tuple[str | None, str, int, int]] = Counter()
        for s in samples(await scrape(floor)):
            if s.name.startswith("ringboard_hour_of_week_"):
                what, day, hour = s.name.rpartition("_")[2], int(s.labels["day"]), int(s.labels["hour"])
                sums[None, what, day, hour] += int(s.value)
                sums[s.labels["campaign"], what, day, hour] += int(s.value)
        for campaign in (None, "solar-home"):
            for kpi, above in (("contact_rate", "contacts"), ("answer_rate", "answered")):
                answer = await asked(client, kpi=kpi, **({} if campaign is None else {"campaign": campaign}))
                for cell in answer["cells"]:
                    day, hour = cell["day"], cell["hour"]
                    scraped = [sums[campaign, what, day, hour] for what in (above, "attempts")]
                    assert scraped == [cell["numerator"], cell["denominator"]], (day, hour)
                assert sum(cell["denominator"] for cell in answer["cells"]) > 100
