"""A floor of which a part is missing: nobody is shown a part as the whole, nor a zero for what is not known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine_in_memory import EngineInMemory
from tests.unit.agents.pages.test_stream_and_page import next_message

if TYPE_CHECKING:
    from tests.floor_in_memory import FloorInMemory
    from tests.unit.agents.pages.conftest import Serve

ALL = {("events", 0), ("events", 1), ("events", 2), ("floor", 0), ("spend", 0)}


def numbers(told: Any) -> list[Any]:
    """List all numbers in an object, wherever they stand."""
    if isinstance(told, dict):
        return [number for one in told.values() for number in numbers(one)]
    if isinstance(told, list):
        return [number for one in told for number in numbers(one)]
    return [told] if isinstance(told, int | float) and not isinstance(told, bool) else []


@pytest.mark.parametrize("gone", [ALL, {("events", 1)}, {("spend", 0)}, {("floor", 0)}])
@pytest.mark.parametrize("state", ["recovering", "lost", None])
@pytest.mark.parametrize("query", ["", "?window=5m", "?campaign=Spring", "?rep=nobody"])
async def test_no_kpi_has_a_number_while_a_part_is_missing(
    gone: set[tuple[str, int]], state: str | None, query: str, floor: FloorInMemory, serve: Serve
) -> None:
    engine = EngineInMemory(floor)
    client = await serve(floor, engine)
    whole = await (await client.get(f"/api/v1/kpis{query}")).json()
    assert "recovering" not in whole
    for place in gone:
        if state is None:
            del engine.state_of[place]
        else:
            engine.state_of[place] = state
    answer = await (await client.get(f"/api/v1/kpis{query}")).json()
    assert answer["complete"] is False
    assert answer["kpis"].keys() == whole["kpis"].keys()
    for name, kpi in answer["kpis"].items():
        assert whole["kpis"][name].keys() - {"by_currency"} <= kpi.keys()
        assert kpi["unit"] == whole["kpis"][name]["unit"]
        assert numbers(kpi) == [], name
        assert not any(kpi[field] for field in kpi if field not in {"unit", "decided_by"}), name
    why = "recovering" if state == "recovering" else "missing"
    assert answer["recovering"] == {
        "ready": len(ALL) - len(gone),
        "of": len(ALL),
        "restored": 0.25 if state == "recovering" else None,
        "partitions": [{"group": group, "partition": partition, "state": why} for group, partition in sorted(gone)],
    }


async def test_targets_stay_but_nothing_meets_or_misses_them(serve: Serve) -> None:
    from tests.unit.agents.pages.conftest import a_floor  # noqa: PLC0415

    floor = a_floor(targets={"contact_rate": 0.3})
    engine = EngineInMemory(floor)
    engine.state_of["events", 0] = "recovering"
    answer = await (await (await serve(floor, engine)).get("/api/v1/kpis")).json()
    assert (answer["kpis"]["contact_rate"]["target"], answer["kpis"]["contact_rate"]["met"]) == (0.3, None)


async def test_of_the_leads_those_that_are_known_are_listed_and_none_is_counted(
    floor: FloorInMemory, serve: Serve
) -> None:
    engine = EngineInMemory(floor)
    client = await serve(floor, engine)
    before = await (await client.get("/api/v1/leads/waiting")).json()
    engine.state_of["spend", 0] = "recovering"
    answer = await (await client.get("/api/v1/leads/waiting")).json()
    assert answer["leads"] == before["leads"]
    assert answer["waiting"] == dict.fromkeys(before["waiting"])
    assert answer["complete"] is False
    assert answer["recovering"]["ready"] == len(ALL) - 1
    for partition in range(3):
        engine.state_of["events", partition] = "recovering"
    assert (await (await client.get("/api/v1/leads/waiting")).json())["leads"] == []


async def test_the_stream_tells_of_a_recovery_and_of_its_end(floor: FloorInMemory, serve: Serve) -> None:
    engine = EngineInMemory(floor)
    engine.state_of["events", 1] = "recovering"
    async with (await serve(floor, engine)).get("/api/v1/stream?leads=5") as response:
        first = await next_message(response)
        assert first["recovering"]["ready"] == len(ALL) - 1
        assert first["kpis"]["contact_rate"]["value"] is None
        engine.state_of["events", 1] = "ready"
        second = await next_message(response)
        assert second["complete"] is True
        assert "recovering" not in second
        assert second["kpis"]["contact_rate"]["value"] == 0.5


async def test_metrics_have_no_series_of_what_is_not_ready_here(floor: FloorInMemory, serve: Serve) -> None:
    engine = EngineInMemory(floor)
    client = await serve(floor, engine)
    assert "ringboard_window_attempts{" in await (await client.get("/metrics")).text()
    engine.state_of = dict.fromkeys(engine.state_of, "recovering")
    told = (await (await client.get("/metrics")).text()).splitlines()
    floor_s = ("ringboard_window_", "ringboard_rep_", "ringboard_leads_waiting", "ringboard_oldest", "ringboard_queue_")
    assert [line for line in told if line.startswith(floor_s)] == []
    assert [line for line in told if line.startswith(("ringboard_reps{", "ringboard_journeys{", "ringboard_lag"))] == []
    assert 'ringboard_partitions_ready{group="events"} 0.0' in told
    assert 'ringboard_partitions_expected{group="events"} 3.0' in told
    assert 'ringboard_partition_restored_ratio{group="events",partition="1"} 0.25' in told


async def test_a_restart_is_told_on_the_readiness_page_until_all_is_there(floor: FloorInMemory, serve: Serve) -> None:
    engine = EngineInMemory(floor)
    engine.state_of = dict.fromkeys(engine.state_of, "recovering")
    client = await serve(floor, engine)
    told = await client.get("/readyz")
    assert told.status == 503
    assert len(json.loads(await told.text())["recovering"]) == len(ALL)
    engine.state_of = dict.fromkeys(engine.state_of, "ready")
    assert (await client.get("/readyz")).status == 200
