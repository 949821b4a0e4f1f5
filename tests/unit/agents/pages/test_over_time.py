"""KPIs over time and by part: the steps and the parts come to the whole, and a spreadsheet runs none of it."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from stream.kpi.catalogue import CATALOGUE
from stream.kpi.slices import MINUTES
from stream.kpi.steps import steps_for
from stream.kpi.windows import WINDOWS
from stream.privacy.identity import Identity
from stream.simulate.play import history
from tests.engine_in_memory import EngineInMemory
from tests.floor_in_memory import FloorInMemory
from tests.unit.agents.pages.conftest import MINUTE, NOW, a_floor

if TYPE_CHECKING:
    from tests.unit.agents.pages.conftest import Client, Serve

ADDED_UP = [
    kpi.id
    for kpi in CATALOGUE
    if kpi.unit in {"ratio", "per_1000"} or kpi.id in {"pressing_attempts", "leads_requested", "leads_lost"}
]


@pytest.fixture(scope="module")
def busy() -> FloorInMemory:
    """Two simulated days of a floor."""
    return FloorInMemory(clock=FixedClock(NOW), partitions=3).feed(event for _, event in history(5, 2, NOW))


async def asked(client: Client, path: str, **params: Any) -> Any:
    response = await client.get(path, params=params)
    assert response.status == 200, await response.text()
    return await response.json()


@pytest.mark.slow
async def test_every_kpi_over_every_window_comes_to_what_the_window_has(busy: FloorInMemory, serve: Serve) -> None:
    client = await serve(busy)
    for window in WINDOWS:
        whole = (await asked(client, "/api/v1/kpis", window=window))["kpis"]
        for step in steps_for(window):
            for some in (ADDED_UP[:9], ADDED_UP[9:18], ADDED_UP[18:]):
                answer = await asked(client, "/api/v1/history", window=window, step=step, kpi=",".join(some))
                assert (answer["window"], answer["step"], answer["complete"]) == (window, step, True)
                for name in some:
                    points = answer["kpis"][name]["points"]
                    for field in ("numerator", "denominator"):
                        if whole[name][field] is not None:
                            got = sum(point[field] for point in points)
                            assert got == pytest.approx(whole[name][field], abs=1e-6), (window, step, name)


@pytest.mark.slow
async def test_each_hour_is_what_a_floor_that_had_only_that_hour_would_say(busy: FloorInMemory, serve: Serve) -> None:
    client = await serve(busy)
    answer = await asked(client, "/api/v1/history", window="1h", step="1m", kpi="contact_rate", team="north")
    cells_of_all = busy.cells()
    for back, point in zip(range(59, -1, -1), answer["kpis"]["contact_rate"]["points"], strict=True):
        minute = (NOW // MINUTE - back) * MINUTE
        begins = round(datetime.fromisoformat(point["from"]).timestamp() * 1000)
        assert begins == minute
        cells = [
            cell
            for (head, owner), cell in cells_of_all.items()
            if head == (MINUTES, minute // MINUTE) and owner[1] == "north"
        ]
        assert point["denominator"] == sum(cell.get(1, 0) for cell in cells)
        assert point["numerator"] == sum(cell.get(3, 0) for cell in cells)
    assert any(point["numerator"] for point in answer["kpis"]["contact_rate"]["points"])


async def test_spend_over_time_adds_up_to_the_cent(serve: Serve) -> None:
    client = await serve(a_floor())
    for step in ("1m", "5m", "1h", "1d"):
        answer = await asked(client, "/api/v1/history", window="today", step=step, kpi="cost_per_lead")
        points = answer["kpis"]["cost_per_lead"]["points"]
        assert sum(Decimal(point["numerator"] or 0) for point in points) == Decimal(300)
    by_team = await asked(client, "/api/v1/history", window="today", kpi="cost_per_lead", team="north")
    assert {point["value"] for point in by_team["kpis"]["cost_per_lead"]["points"]} == {None}


async def test_the_time_of_a_state_that_lasts_is_spread_over_its_steps(serve: Serve) -> None:
    client = await serve(a_floor())
    answer = await asked(client, "/api/v1/history", window="today", step="1h", kpi="occupancy")
    spent = [point["denominator"] for point in answer["kpis"]["occupancy"]["points"]]
    assert spent[-2:] == [(3_600_000 - 30_250) / 3_600_000, 30_250 / 3_600_000]  # hours
    assert not any(spent[:-2])


async def test_what_has_just_come_due_counts_before_it_is_settled(serve: Serve) -> None:
    floor = a_floor()
    early = {"id": "r9", "type": "lead.requested", "at": NOW + 2 * MINUTE, "lead": "L9", "campaign": "Spring"}
    floor.feed([early])
    client = await serve(floor)
    before = await asked(client, "/api/v1/history", window="15m", kpi="leads_requested")
    floor.clock.advance(3 * MINUTE)
    after = await asked(client, "/api/v1/history", window="15m", kpi="leads_requested")
    counts = [[p["value"] for p in one["kpis"]["leads_requested"]["points"]] for one in (before, after)]
    assert (sum(counts[0]), sum(counts[1])) == (0, 1)
    assert counts[1][-2] == 1


async def test_the_parts_are_what_each_filter_alone_says(busy: FloorInMemory, serve: Serve) -> None:
    client = await serve(busy)
    kpis = ["contact_rate", "cost_per_lead", "lead_to_customer", "lead_response_p90_contact"]
    for by in ("campaign", "team", "rep"):
        for window in ("1h", "today", "30d"):
            answer = await asked(client, "/api/v1/breakdown", by=by, window=window, kpi=",".join(kpis))
            names = [row[by] for row in answer["rows"]]
            assert names == sorted(names)
            assert names
            for row in answer["rows"]:
                alone = await asked(client, "/api/v1/kpis", **{"window": window, by: row[by]})
                assert row["kpis"] == {kpi: alone["kpis"][kpi] for kpi in kpis}


async def test_the_parts_are_cut_off_at_the_limit_and_it_says_how_many(busy: FloorInMemory, serve: Serve) -> None:
    client = await serve(busy)
    whole = await asked(client, "/api/v1/breakdown", by="rep", window="30d")
    few = await asked(client, "/api/v1/breakdown", by="rep", window="30d", limit=2)
    assert few["rows"] == whole["rows"][:2]
    assert few["left_out"] == len(whole["rows"]) - 2


async def test_while_a_part_of_the_floor_is_missing_there_is_no_number(busy: FloorInMemory, serve: Serve) -> None:
    engine = EngineInMemory(busy)
    engine.state_of["events", 1] = "recovering"
    client = await serve(busy, engine)
    over_time = await asked(client, "/api/v1/history", window="today")
    assert over_time["complete"] is False
    assert over_time["recovering"]["ready"] == 4
    points = [point for kpi in over_time["kpis"].values() for point in kpi["points"]]
    assert points
    assert {point[field] for point in points for field in ("value", "numerator", "denominator")} == {None}
    parts = await asked(client, "/api/v1/breakdown", by="campaign", window="today")
    assert parts["complete"] is False
    assert {kpi["value"] for row in parts["rows"] for kpi in row["kpis"].values()} == {None}
    sheet = await (await client.get("/api/v1/history?window=today&format=csv")).text()
    assert {(row["value"], row["complete"]) for row in csv.DictReader(io.StringIO(sheet))} == {("", "false")}


async def test_csv_says_what_json_says(busy: FloorInMemory, serve: Serve) -> None:
    client = await serve(busy)
    params = {"window": "7d", "kpi": "contact_rate,cost_per_lead", "campaign": "solar-home"}
    answer = await asked(client, "/api/v1/history", **params)
    response = await client.get("/api/v1/history", params={**params, "format": "csv"})
    assert response.content_type == "text/csv"
    assert "ringboard-history-7d.csv" in response.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(await response.text())))
    told = [(name, point) for name, kpi in answer["kpis"].items() for point in kpi["points"]]
    assert len(rows) == len(told)
    for row, (name, point) in zip(rows, told, strict=True):
        assert (row["kpi"], row["from"], row["to"], row["campaign"]) == (name, point["from"], point["to"], "solar-home")
        for field in ("value", "numerator", "denominator"):
            assert row[field] == ("" if point[field] is None else str(point[field]))
        assert row["complete"] == "true"


@pytest.mark.parametrize("campaign", ['=HYPERLINK("//x")', "+1", "-1", "@x", '"}{<script>', "🌞" * 50, "a,b;c"])
async def test_no_campaign_is_a_formula_or_another_cell(campaign: str, serve: Serve) -> None:
    floor = a_floor()
    floor.feed([{"id": "x1", "type": "lead.requested", "at": NOW - MINUTE, "lead": "L8", "campaign": campaign}])
    client = await serve(floor)
    text = await (await client.get("/api/v1/breakdown?by=campaign&window=1h&kpi=leads_requested&format=csv")).text()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    named = [row for row in rows if row["value"] == "1" and row["campaign"] != "Autumn"]
    shown = "'" + campaign if campaign[0] in "=+-@" else campaign
    assert [row["campaign"] for row in named] == [shown]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("history?window=7d&step=5m", "step: a string of 2 characters shorter than what is kept of 7d; use one of 1h"),
        ("history?step=2h", "step: a string of 2 characters that is no step; use one of 1m, 5m, 15m, 1h, 1d"),
        ("history?kpi=contact", "kpi: a string of 7 characters that names no KPI"),
        ("history?format=xls", "format: a string of 3 characters that is none of them; use one of json, csv"),
        ("breakdown?by=queue", "by: a string of 5 characters that is none of them; use one of campaign, team, rep"),
    ],
)
async def test_a_wrong_question_is_refused_by_its_name(query: str, told: str, serve: Serve) -> None:
    response = await (await serve(a_floor())).get(f"/api/v1/{query}")
    assert response.status == 400
    assert (await response.json())["error"].startswith(told)


async def test_two_workers_over_time_are_one_floor(busy: FloorInMemory, serve: Serve) -> None:
    """Each worker's snapshot over time has its own partitions; together they are the whole."""
    import msgspec  # noqa: PLC0415

    from agents.peers.claims import Part  # noqa: PLC0415
    from agents.peers.tokens import Tokens  # noqa: PLC0415
    from stream.journeys.reader import combine  # noqa: PLC0415

    places = set(busy.states)
    first = {("events", 0), ("floor", 0)}
    params = {"as_of": str(NOW), "window": "today", "step": "1h", "kpi": "contact_rate,occupancy", "team": "north"}
    tokens = Tokens("one", Identity(b"a key of the tests, and of nothing else", "FR"), busy.clock)
    headers = {"Authorization": tokens.token("one", params.items())}
    parts = []
    for owned in (first, places - first, places):
        client = await serve(busy, EngineInMemory(busy, owned), tokens)
        body = await (await client.get("/api/v1/snapshot", params=params, headers=headers)).read()
        assert len(body) < 100_000
        parts.append(msgspec.msgpack.decode(body, type=Part).snapshot)
    one, two, whole = parts
    assert one.steps != whole.steps
    assert combine([one, two]).steps == whole.steps
