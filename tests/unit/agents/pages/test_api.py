"""What the API answers, and how it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agents.pages.answers import moment
from stream.kpi.catalogue import CATALOGUE
from tests.engine_in_memory import EngineInMemory
from tests.unit.agents.pages.conftest import NOON, NOW, a_floor

if TYPE_CHECKING:
    from tests.floor_in_memory import FloorInMemory
    from tests.unit.agents.pages.conftest import Serve


async def test_the_kpis_are_answered_as_the_design_says(floor: FloorInMemory, serve: Serve) -> None:
    response = await (await serve(floor)).get("/api/v1/kpis", params={"window": "today"})
    assert response.status == 200
    assert response.content_type == "application/json"
    answer = await response.json()
    assert list(answer) == ["window", "as_of", "complete", "behind", "empty", "simulated", "filters", "kpis"]
    assert answer["window"] == "today"
    assert answer["as_of"] == "2026-03-18T12:00:30.250+01:00"
    assert answer["complete"] is True
    assert answer["behind"] == 0
    assert answer["empty"] is answer["simulated"] is False
    assert answer["filters"] == {"campaign": None, "team": None, "rep": None}
    assert set(answer["kpis"]) == {kpi.id for kpi in CATALOGUE}
    assert answer["kpis"]["contact_rate"] == {
        "value": 0.5,
        "numerator": 2,
        "denominator": 4,
        "unit": "ratio",
        "target": None,
        "met": None,
        "verdict": None,
        "decided_by": "placed_at",
    }
    assert answer["kpis"]["cost_per_lead"]["value"] == "100.0000"
    assert answer["kpis"]["cost_per_lead"]["currency"] == "EUR"


async def test_every_window_and_filter_agrees_with_the_floor_read_directly(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor)
    for window in ("5m", "15m", "1h", "today", "7d", "30d"):
        for field, value in (("", ""), ("campaign", "Spring"), ("team", "north"), ("rep", "ada"), ("campaign", "none")):
            filters: dict[str, Any] = {field: value} if field else {}
            answer = await (await client.get("/api/v1/kpis", params={"window": window, **filters})).json()
            for name, expected in floor.kpis(window, **filters).items():
                got = {
                    key: one
                    for key, one in answer["kpis"][name].items()
                    if key not in {"target", "met", "verdict", "decided_by"}
                }
                assert got == expected, (window, filters, name)


async def test_today_is_the_window_where_none_is_asked_for(floor: FloorInMemory, serve: Serve) -> None:
    assert (await (await (await serve(floor)).get("/api/v1/kpis")).json())["window"] == "today"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("window=2h", "window: a string of 2 characters that is no window; use one of 5m, 15m, 1h, today, 7d, 30d"),
        ("window=1h&window=5m", "window: given twice; give it once"),
        ("windw=1h", "windw: no such parameter; use window, campaign, team, rep"),
        ("%2B33639980000=1", "(a string of 12 characters): no such parameter; use window, campaign, team, rep"),
        ("rep=a%00b", "rep: a string of 3 characters that cannot be one; use up to 200 printable characters"),
        (f"team={'x' * 201}", "team: a string of 201 characters that cannot be one; use up to 200 printable"),
    ],
)
async def test_a_wrong_parameter_is_refused_by_its_name(
    query: str, told: str, floor: FloorInMemory, serve: Serve
) -> None:
    response = await (await serve(floor)).get(f"/api/v1/kpis?{query}")
    assert response.status == 400
    error = (await response.json())["error"]
    assert error.startswith(told)
    assert "\n" not in error


async def test_the_catalogue_says_what_a_kpi_counts_and_what_its_target_is_for(serve: Serve) -> None:
    client = await serve(a_floor(service_level_s=30, service_level_formula=2))
    kpis = {kpi["id"]: kpi for kpi in (await (await client.get("/api/v1/catalogue")).json())["kpis"]}
    assert kpis["contact_rate"]["counts"] == {
        "numerator": {"en": "contacts", "fr": "contacts"},
        "denominator": {"en": "attempts", "fr": "tentatives"},
    }
    assert kpis["service_level"]["counts"]["numerator"]["en"] == "calls answered within 30 s"
    assert kpis["leads_requested"]["counts"]["denominator"] is None
    assert (kpis["contact_rate"]["target_for"], kpis["leads_requested"]["target_for"]) == ("window", "day")


def test_a_moment_is_written_to_the_millisecond_in_the_floor_s_zone() -> None:
    zone = NOON.tzinfo
    assert zone is not None
    assert moment(NOW, zone) == "2026-03-18T12:00:30.250+01:00"
    assert moment(1_700_000_000_123, zone) == "2023-11-14T23:13:20.123+01:00"


async def test_the_catalogue_names_every_kpi_in_both_languages(floor: FloorInMemory, serve: Serve) -> None:
    answer = await (await (await serve(floor)).get("/api/v1/catalogue")).json()
    assert [kpi["id"] for kpi in answer["kpis"]] == [kpi.id for kpi in CATALOGUE]
    for kpi in answer["kpis"]:
        assert set(kpi["name"]) == set(kpi["meaning"]) == {"en", "fr"}
    assert answer["seen"] == {"campaign": ["Autumn", "Spring"], "team": ["north"], "rep": ["ada"]}


async def test_numbers_are_behind_until_everything_in_the_log_is_applied(floor: FloorInMemory, serve: Serve) -> None:
    engine = EngineInMemory(floor)
    client = await serve(floor, engine)
    floor.append({"id": "r9", "type": "lead.requested", "at": NOW, "lead": "L9", "campaign": "Spring"})
    engine.more_at_the_broker = 2
    assert (await (await client.get("/api/v1/kpis")).json())["behind"] == 3
    floor.drain()
    engine.more_at_the_broker = 0
    assert (await (await client.get("/api/v1/kpis")).json())["behind"] == 0


async def test_a_partition_that_recovers_or_is_nobody_s_leaves_the_floor_incomplete(
    floor: FloorInMemory, serve: Serve
) -> None:
    engine = EngineInMemory(floor)
    client = await serve(floor, engine)
    engine.state_of["events", 1] = "recovering"
    assert (await (await client.get("/api/v1/kpis")).json())["complete"] is False
    told = await client.get("/readyz")
    assert told.status == 503
    assert (await told.json()) == {
        "ready": False,
        "recovering": [{"group": "events", "partition": 1, "restored": 3, "total": 12}],
        "lost": [],
        "missing": [],
    }
    del engine.state_of["events", 1]
    assert (await (await client.get("/api/v1/kpis")).json())["complete"] is False
    assert (await (await client.get("/readyz")).json())["missing"] == [{"group": "events", "partition": 1}]
    engine.state_of["events", 1] = "lost"
    lost = await client.get("/readyz")
    assert lost.status == 503
    assert (await lost.json())["lost"] == [{"group": "events", "partition": 1}]
    engine.state_of["events", 1] = "ready"
    assert (await (await client.get("/api/v1/kpis")).json())["complete"] is True
    assert (await client.get("/readyz")).status == 200


async def test_a_worker_without_any_partition_is_not_ready(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor, EngineInMemory(floor, set()))
    assert (await client.get("/readyz")).status == 503
    assert (await client.get("/healthz")).status == 200


async def test_a_broker_that_does_not_answer_leaves_the_numbers_incomplete_and_unsure(
    floor: FloorInMemory, serve: Serve
) -> None:
    class Deaf(EngineInMemory):
        async def behind(self, applied: object = None) -> int:  # noqa: ARG002
            raise OSError("no route")

    answer = await (await (await serve(floor, Deaf(floor))).get("/api/v1/kpis")).json()
    assert answer["behind"] is None
    assert answer["complete"] is False
    assert answer["kpis"]["contact_rate"]["value"] == 0.5


async def test_no_page_shows_a_stack_trace(floor: FloorInMemory, serve: Serve) -> None:
    class Broken(EngineInMemory):
        async def behind(self, applied: object = None) -> int:  # noqa: ARG002
            raise ZeroDivisionError("a secret")

    client = await serve(floor, Broken(floor))
    response = await client.get("/api/v1/kpis")
    assert response.status == 500
    assert (await response.json()) == {"error": "this worker failed to answer; its log says why"}
    nowhere = await client.get("/api/v2/kpis")
    assert nowhere.status == 404
    assert (await nowhere.json())["error"].startswith("Not Found; the pages are ")
    assert (await client.post("/api/v1/kpis")).status == 405


async def test_a_worker_with_work_that_does_not_move_for_two_minutes_is_stuck(floor: FloorInMemory) -> None:
    from agents.pages.health import Health  # noqa: PLC0415
    from agents.peers.floor_view import Alone, FloorView  # noqa: PLC0415

    now = [0.0]
    engine = EngineInMemory(floor)
    health = Health(FloorView("w", engine, Alone(), floor.clock, floor.settings.zone), None, lambda: now[0])
    now[0] = 1000
    assert health.liveness() == {"alive": True}
    floor.append({"id": "r9", "type": "lead.requested", "at": NOW, "lead": "L9", "campaign": "Spring"})
    assert health.liveness() == {"alive": True}
    now[0] = 1119.9
    assert health.liveness() == {"alive": True}
    now[0] = 1120
    assert health.liveness() == {"alive": False, "stuck_s": 120}
    floor.drain()
    assert health.liveness() == {"alive": True}
