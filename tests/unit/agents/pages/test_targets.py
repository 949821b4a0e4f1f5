"""Which target the API gives with a KPI, and how the KPI stands to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.metrics.targets import is_met, verdict_of
from tests.unit.agents.pages.conftest import a_floor

if TYPE_CHECKING:
    from tests.unit.agents.pages.conftest import Serve


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


async def test_a_kpi_says_by_which_moment_it_counts_and_how_it_stands(serve: Serve) -> None:
    client = await serve(a_floor(targets={"contact_rate": 0.6, "lead_to_customer": 0.5}))
    kpis = (await (await client.get("/api/v1/kpis?window=30d")).json())["kpis"]
    assert kpis["follow_up_rate"]["decided_by"] == "limit"
    assert kpis["conversion_rate"]["decided_by"] == "decision"
    assert kpis["contact_rate"]["verdict"] in {"good", "close", "bad"}
    assert kpis["lead_to_customer"]["pending"] >= 1
    assert (kpis["lead_to_customer"]["met"], kpis["lead_to_customer"]["verdict"]) == (None, None)
    assert "pending" not in kpis["contact_rate"]


def test_a_value_near_its_target_is_close() -> None:
    verdicts = [verdict_of("contact_rate", value, 0.5) for value in (0.5, 0.45, 0.4499, None)]
    assert verdicts == ["good", "close", "bad", None]
    assert [verdict_of("loss_rate", value, 0.1) for value in (0.1, 0.11, 0.1101)] == ["good", "close", "bad"]
    assert verdict_of("occupancy", 0.5, 0.5) is verdict_of("lead_to_customer", 0.5, 0.5) is None


def test_a_target_is_met_by_what_reaches_it_on_the_better_side() -> None:
    assert is_met("contact_rate", 0.25, 0.25) is True
    assert is_met("contact_rate", 0.2499, 0.25) is False
    assert is_met("cost_per_lead", "40.0000", 40) is True
    assert is_met("cost_per_lead", "40.0001", 40) is False
    assert is_met("occupancy", 0.8, 0.7) is None
    assert is_met("loss_rate", None, 0.1) is None


def test_a_target_for_a_day_is_judged_today_alone_and_as_soon_as_nothing_can_change_it() -> None:
    assert [is_met("customers_closed", value, 5) for value in (4, 5, 6)] == [None, True, True]
    assert [is_met("leads_lost", value, 5) for value in (4, 5, 6)] == [None, None, False]
    assert verdict_of("leads_lost", 7, 5) == "bad"
    assert is_met("customers_closed", 5, 5, "30d") is is_met("leads_lost", 6, 5, "1h") is None
    assert is_met("contact_rate", 0.5, 0.4, "1h") is True


async def test_a_target_for_a_day_is_of_the_floor_or_campaign_it_was_set_for_and_of_no_part(serve: Serve) -> None:
    own = {"Spring": {"leads_requested": 2, "contact_rate": 0.3}}
    client = await serve(a_floor(targets={"leads_requested": 3, "contact_rate": 0.4}, targets_by_campaign=own))
    for path, leads, rate in (
        ("kpis?window=today", (3, True), 0.4),
        ("kpis?window=1h", (3, None), 0.4),
        ("kpis?campaign=Spring", (2, True), 0.3),
        ("kpis?campaign=Autumn", (None, None), 0.4),
        ("kpis?team=north", (None, None), 0.4),
        ("kpis?campaign=Spring&rep=ada", (None, None), 0.3),
    ):
        kpis = (await (await client.get(f"/api/v1/{path}")).json())["kpis"]
        assert (kpis["leads_requested"]["target"], kpis["leads_requested"]["met"]) == leads, path
        assert kpis["contact_rate"]["target"] == rate, path
    rows = (await (await client.get("/api/v1/breakdown?kpi=leads_requested&window=today")).json())["rows"]
    assert {row["campaign"]: row["kpis"]["leads_requested"]["target"] for row in rows} == {"Autumn": None, "Spring": 2}
    history = await (await client.get("/api/v1/history?kpi=leads_requested&team=north")).json()
    assert history["kpis"]["leads_requested"]["target"] is None
