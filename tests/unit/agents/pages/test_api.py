"""What the API answers, and how it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agents.metrics.bands import band_of
from agents.metrics.targets import is_met
from agents.pages.answers import is_overdue, moment
from stream.kpi.catalogue import CATALOGUE
from tests.engine_in_memory import EngineInMemory
from tests.unit.agents.pages.conftest import MINUTE, NOON, NOW, a_floor

if TYPE_CHECKING:
    from tests.floor_in_memory import FloorInMemory
    from tests.unit.agents.pages.conftest import Serve


async def test_the_kpis_are_answered_as_the_design_says(floor: FloorInMemory, serve: Serve) -> None:
    response = await (await serve(floor)).get("/api/v1/kpis", params={"window": "today"})
    assert response.status == 200
    assert response.content_type == "application/json"
    answer = await response.json()
    assert list(answer) == ["window", "as_of", "complete", "behind", "filters", "kpis"]
    assert answer["window"] == "today"
    assert answer["as_of"] == "2026-03-18T12:00:30.250+01:00"
    assert answer["complete"] is True
    assert answer["behind"] == 0
    assert answer["filters"] == {"campaign": None, "team": None, "rep": None}
    assert set(answer["kpis"]) == {kpi.id for kpi in CATALOGUE}
    assert answer["kpis"]["contact_rate"] == {
        "value": 0.5,
        "numerator": 2,
        "denominator": 4,
        "unit": "ratio",
        "target": None,
        "met": None,
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
                got = {key: one for key, one in answer["kpis"][name].items() if key not in {"target", "met"}}
                assert got == expected, (window, filters, name)


async def test_today_is_the_window_where_none_is_asked_for(floor: FloorInMemory, serve: Serve) -> None:
    assert (await (await (await serve(floor)).get("/api/v1/kpis")).json())["window"] == "today"


async def test_a_campaign_s_own_target_stands_before_the_floor_s(serve: Serve) -> None:
    client = await serve(
        a_floor(
            targets={"contact_rate": 0.6, "loss_rate": 0.1},
            targets_by_campaign={"Spring": {"contact_rate": 0.4}},
        )
    )
    whole = (await (await client.get("/api/v1/kpis")).json())["kpis"]
    spring = (await (await client.get("/api/v1/kpis?campaign=Spring")).json())["kpis"]
    assert (whole["contact_rate"]["target"], whole["contact_rate"]["met"]) == (0.6, False)
    assert (spring["contact_rate"]["target"], spring["contact_rate"]["met"]) == (0.4, True)
    assert (spring["loss_rate"]["target"], spring["loss_rate"]["met"]) == (0.1, None)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("window=2h", "window: a string of 2 characters that is no window; use one of 5m, 15m, 1h, today, 7d, 30d"),
        ("window=1h&window=5m", "window: given twice; give it once"),
        ("windw=1h", "windw: no such parameter; use window, campaign, team, rep"),
        ("%2B33639980000=1", "(a string of 12 characters): no such parameter; use window, campaign, team, rep"),
        ("rep=a%00b", "rep: a string of 3 characters that no rep is called; use up to 200 printable characters"),
        (f"team={'x' * 201}", "team: a string of 201 characters that no team is called; use up to 200 printable"),
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


async def test_the_leads_that_wait_come_oldest_first(floor: FloorInMemory, serve: Serve) -> None:
    floor.feed([{"id": "r4", "type": "lead.requested", "at": NOW - 70 * MINUTE, "lead": "L4", "campaign": "Spring"}])
    client = await serve(floor)
    answer = await (await client.get("/api/v1/leads/waiting")).json()
    assert [lead["lead"] for lead in answer["leads"]] == ["L4", "L3"]
    assert answer["waiting"] == {"0-5m": 0, "5-15m": 0, "15-60m": 1, "60m+": 1}
    assert answer["leads"][0] == {
        "lead": "L4",
        "campaign": "Spring",
        "team": None,
        "rep": None,
        "requested_at": "2026-03-18T10:50:30.250+01:00",
        "waited_s": 4200.0,
        "band": "60m+",
        "overdue": True,
        "limit_s": 3600.0,
        "warn_at": "2026-03-18T11:35:30.250+01:00",
        "limit_at": "2026-03-18T11:50:30.250+01:00",
    }
    one = await (await client.get("/api/v1/leads/waiting?limit=1")).json()
    assert [lead["lead"] for lead in one["leads"]] == ["L4"]
    autumn = await (await client.get("/api/v1/leads/waiting?campaign=Autumn")).json()
    assert [lead["lead"] for lead in autumn["leads"]] == ["L3"]
    for wrong in ("-1", "many", "1001", "9999999"):
        assert (await client.get(f"/api/v1/leads/waiting?limit={wrong}")).status == 400


def test_a_band_begins_at_its_lower_end() -> None:
    assert [band_of(minutes * MINUTE) for minutes in (0, 5, 15, 60)] == ["0-5m", "5-15m", "15-60m", "60m+"]
    assert [band_of(minutes * MINUTE - 1) for minutes in (5, 15, 60)] == ["0-5m", "5-15m", "15-60m"]


def test_a_lead_is_overdue_once_its_deadline_lies_before_the_whole_minute() -> None:
    minute = NOW // MINUTE * MINUTE
    assert not is_overdue(minute - 60 * MINUTE, minute)
    assert is_overdue(minute - 60 * MINUTE - 1, minute)
    assert not is_overdue(minute - 60 * MINUTE, minute + 59_999)


def test_a_target_is_met_by_what_reaches_it_on_the_better_side() -> None:
    assert is_met("contact_rate", 0.25, 0.25) is True
    assert is_met("contact_rate", 0.2499, 0.25) is False
    assert is_met("cost_per_lead", "40.0000", 40) is True
    assert is_met("cost_per_lead", "40.0001", 40) is False
    assert is_met("occupancy", 0.8, 0.7) is None
    assert is_met("loss_rate", None, 0.1) is None


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
