"""The metrics of a worker have the numbers of the API, and what it does not tell."""

from __future__ import annotations

import math
from collections import defaultdict

import pytest

from agents.metrics import metric_defs
from stream.clock import FixedClock
from stream.kpi.catalogue import CATALOGUE
from stream.kpi.formulas import Ratio, measures_of
from stream.kpi.reading import quantile
from stream.kpi.windows import WINDOWS
from stream.simulate.play import history
from tests.engine_in_memory import EngineInMemory
from tests.floor_in_memory import FloorInMemory
from tests.prometheus.scraping import samples, scrape, summed
from tests.unit.agents.pages.conftest import NOW, a_floor


async def test_a_scrape_has_the_numbers_of_the_api() -> None:
    floor = a_floor()
    text = await scrape(floor)
    for window in WINDOWS:
        for campaign in ("Spring", "Autumn"):
            kpis = floor.kpis(window, campaign=campaign)
            where = {"window": window, "campaign": campaign}
            contacts = summed(text, "ringboard_window_contacts", **where)
            attempts = summed(text, "ringboard_window_attempts", **where)
            assert [contacts, attempts] == [kpis["contact_rate"]["numerator"], kpis["contact_rate"]["denominator"]]
            requested = summed(text, "ringboard_window_leads_requested", **where)
            assert requested == kpis["leads_requested"]["value"]
            for reached in ("attempt", "contact"):
                for clock, suffix in (("wall", ""), ("business", "_business")):
                    for limit in ("5m", "1h"):
                        held = {**where, "reached": reached, "clock": clock, "limit": limit}
                        in_time, late = (
                            summed(text, f"ringboard_window_response_{name}", **held) for name in ("in_time", "late")
                        )
                        kpi = kpis[f"lead_response_within_{limit}_{reached}{suffix}"]
                        assert [in_time, in_time + late] == [kpi["numerator"], kpi["denominator"]]
                        for channel, share in kpi.get("by_channel", {}).items():
                            those = {**where, "limit": limit, "channel": channel}
                            name = "ringboard_window_channel_response"
                            by_outcome = [summed(text, name, **those, outcome=one) for one, _ in metric_defs.OUTCOMES]
                            assert [by_outcome[0], sum(by_outcome)] == [share["numerator"], share["denominator"]]
                    below = [
                        s.value
                        for s in samples(text)
                        if s.name == "ringboard_window_response_delay_seconds_bucket"
                        and {**where, "reached": reached, "clock": clock}.items() <= s.labels.items()
                        and s.labels["team"] == ("north" if campaign == "Spring" else "")
                    ]
                    counts = [int(b - a) for a, b in zip([0, *below], below, strict=False)]
                    assert quantile(0.9, counts) == kpis[f"lead_response_p90_{reached}{suffix}"]["value"]
            spend = [
                s.value
                for s in samples(text)
                if s.name == "ringboard_window_spend" and where.items() <= s.labels.items()
            ]
            assert math.fsum(spend) == float(kpis["cost_per_lead"]["numerator"] or 0)


NAMES = {one.measure: one.metric.name for one in metric_defs.BY_OWNER}
# Each KPI that is a ratio of measures by owner: the metrics whose sums are its two parts.
RATIOS = {
    kpi.id: [[NAMES[measure] for measure in part] for part in (kpi.formula.top, kpi.formula.bottom)]
    for kpi in CATALOGUE
    if isinstance(kpi.formula, Ratio) and measures_of(kpi.formula) <= NAMES.keys()
}
SCALES = {"occupancy": 3600}  # told in hours, exported in seconds


async def test_a_simulated_floor_scrapes_to_the_numbers_of_the_api() -> None:
    floor = FloorInMemory(clock=FixedClock(NOW), partitions=3)
    floor.feed([event for _, event in history(5, 1, NOW)])
    text = await scrape(floor)
    for window in WINDOWS:
        kpis = floor.kpis(window)
        for kpi, parts in RATIOS.items():
            scraped = [math.fsum(summed(text, name, window=window) for name in part) for part in parts]
            assert scraped == pytest.approx(
                [kpis[kpi][part] * SCALES.get(kpi, 1) for part in ("numerator", "denominator")]
            ), (window, kpi)
        early, pressing = (
            summed(text, f"ringboard_window_{name}", window=window)
            for name in ("follow_ups_early", "pressing_attempts")
        )
        assert [early, pressing] == [kpis["early_follow_ups"]["value"], kpis["pressing_attempts"]["value"]]
        within, answered, unanswered, unanswered_within = (
            summed(text, f"ringboard_window_queue_{name}", window=window)
            for name in ("answered_within", "answered_wait_known", "unanswered_wait_known", "unanswered_within")
        )
        judged = answered + unanswered - unanswered_within
        assert [within, judged] == [kpis["service_level"][part] for part in ("numerator", "denominator")]
    assert RATIOS.keys() >= {"contact_rate", "follow_up_rate", "conversion_rate", "loss_rate", "occupancy"}
    assert summed(text, "ringboard_window_attempts", window="30d") > 500


async def test_a_channel_whose_leads_nobody_called_in_time_has_every_outcome() -> None:
    floor = FloorInMemory(clock=FixedClock(NOW))
    asked = {"type": "lead.requested", "campaign": "Spring", "at": NOW - 30 * 60_000}
    floor.feed([{**asked, "id": "r1", "lead": "L1", "channel": "web"}, {**asked, "id": "r2", "lead": "L2"}])
    name = "ringboard_window_channel_response"
    there = [s for s in samples(await scrape(floor)) if s.name == name and s.labels["window"] == "1h"]
    assert {(s.labels["limit"], s.labels["outcome"], s.labels["channel"]): s.value for s in there} == {
        ("5m", "in_time", "web"): 0,
        ("5m", "late", "web"): 1,
    }


async def test_reps_have_metrics_of_their_own_for_two_windows_only() -> None:
    floor = a_floor()
    by_rep = defaultdict(set)
    for s in samples(await scrape(floor)):
        if "rep" in s.labels and "window" in s.labels:
            by_rep[s.name].add(s.labels["window"])
    assert set(by_rep) == {f"ringboard_rep_{name}" for name in ("attempts", "contacts", "qualified", "won")}
    assert all(windows == {"today", "30d"} for windows in by_rep.values())
    text = await scrape(floor)
    assert summed(text, "ringboard_rep_contacts", window="today", rep="ada") == 2
    assert summed(text, "ringboard_rep_attempts", window="today") == summed(
        text, "ringboard_window_attempts", window="today"
    )


async def test_a_campaign_seen_in_any_window_has_its_samples_in_all() -> None:
    text = await scrape(a_floor())
    owners = defaultdict(set)
    for s in samples(text):
        if s.name == "ringboard_window_attempts":
            owners[s.labels["window"]].add((s.labels["campaign"], s.labels["team"]))
    assert set(owners) == set(WINDOWS)
    assert len({frozenset(of_window) for of_window in owners.values()}) == 1
    assert summed(text, "ringboard_window_attempts", window="5m", campaign="Spring") == 0


async def test_a_worker_exports_its_own_partitions_and_two_add_up_to_the_floor() -> None:
    floor = a_floor()
    everything = sorted(floor.states)
    mine, theirs = set(everything[::2]), set(everything[1::2])
    whole = await scrape(floor)
    parts = [await scrape(floor, EngineInMemory(floor, owned)) for owned in (mine, theirs)]
    for name in ("ringboard_window_attempts", "ringboard_window_contacts", "ringboard_window_leads_requested"):
        added = sum(s.value for part in parts for s in samples(part) if s.name == name and s.labels["window"] == "7d")
        assert added == summed(whole, name, window="7d")
    for group, partitions in (("events", 3), ("floor", 1), ("spend", 1)):
        assert sum(summed(part, "ringboard_partitions_ready", group=group) for part in parts) == partitions
        assert {summed(part, "ringboard_partitions_expected", group=group) for part in parts} == {partitions}


async def test_a_series_goes_with_its_partition() -> None:
    floor = a_floor()
    engine = EngineInMemory(floor)
    assert summed(await scrape(floor, engine), "ringboard_window_spend", window="today") == 300
    engine.state_of["spend", 0] = "recovering"
    text = await scrape(floor, engine)
    assert "ringboard_window_spend{" not in text
    assert summed(text, "ringboard_partitions_ready", group="spend") == 0
    assert summed(text, "ringboard_partition_restored_ratio", group="spend") == 0.25


async def test_what_waits_now_is_exported_with_every_band() -> None:
    text = await scrape(a_floor())
    waiting = {
        (s.labels["band"], s.labels["campaign"]): s.value for s in samples(text) if s.name == "ringboard_leads_waiting"
    }
    assert waiting["15-60m", "Autumn"] == 1
    assert sum(waiting.values()) == 1
    assert {band for band, campaign in waiting if campaign == "Spring"} == {"0-5m", "5-15m", "15-60m", "60m+"}
    assert summed(text, "ringboard_oldest_lead_waiting_seconds", campaign="Autumn") == 1200
    assert summed(text, "ringboard_oldest_lead_waiting_seconds", campaign="Spring") == 0
    assert summed(text, "ringboard_queue_calls_waiting", queue="sales") == 1
    assert summed(text, "ringboard_queue_oldest_wait_seconds", queue="sales") == 60
    assert summed(text, "ringboard_reps", state="available", team="north") == 1
    assert summed(text, "ringboard_reps", state="talking", team="north") == 0


async def test_who_is_there_has_a_time_in_state_and_who_is_offline_has_none() -> None:
    floor = a_floor()
    state = {"type": "rep.state", "team": "north", "at": NOW - 90_000}
    floor.feed(
        [
            {"id": "b1", "rep": "bo", "state": "paused", **state},
            {"id": "c1", "rep": "cy", "state": "offline", **state},
        ]
    )
    text = await scrape(floor)
    found = {
        (s.labels["rep"], s.labels["team"], s.labels["state"]): s.value
        for s in samples(text)
        if s.name == "ringboard_rep_state_seconds"
    }
    assert found == {("ada", "north", "available"): 3600, ("bo", "north", "paused"): 90}
    assert summed(text, "ringboard_reps", state="offline") == 1


async def test_leads_past_a_limit_are_counted_by_the_wall_clock_and_by_opening_hours() -> None:
    floor = a_floor(opening_hours={"wed": ["09:00-11:45", "12:00-18:00"]})
    past = {
        (s.labels["limit"], s.labels["clock"], s.labels["campaign"]): s.value
        for s in samples(await scrape(floor))
        if s.name == "ringboard_leads_waiting_past"
    }
    assert {key: value for key, value in past.items() if value} == {("5m", "wall", "Autumn"): 1}
    assert len(past) == 3 * 2 * 2
    assert summed(await scrape(floor), "ringboard_oldest_lead_waiting_business_seconds", campaign="Autumn") == 300
    floor.clock.advance(300_000)
    text = await scrape(floor)
    assert summed(text, "ringboard_leads_waiting_past", limit="5m", clock="business") == 1
    assert summed(text, "ringboard_oldest_lead_waiting_business_seconds", campaign="Spring") == 0


async def test_attempts_that_break_a_rule_of_legal_pacing_are_counted_where_a_profile_is_set() -> None:
    found = {
        (s.labels["rule"], s.labels["campaign"]): s.value
        for s in samples(await scrape(a_floor(legal_pacing="FR")))
        if s.name == "ringboard_window_pacing_breaches" and s.labels["window"] == "today"
    }
    assert found == {("outside_hours", "Spring"): 1}  # the call at 8:50
    assert "pacing_breaches{" not in await scrape(a_floor())


async def test_a_scrape_says_what_time_it_is_and_whether_the_floor_is_open() -> None:
    floor = a_floor(service_level_formula=2)
    text = await scrape(floor)
    assert summed(text, "ringboard_clock_seconds") == NOW / 1000
    assert summed(text, "ringboard_floor_open") == 1
    assert summed(text, "ringboard_service_level_formula") == 2
    floor.clock.advance(6 * 3_600_000)
    assert summed(await scrape(floor), "ringboard_floor_open") == 0


async def test_the_pipeline_counts_what_it_has_handled() -> None:
    floor = a_floor()
    duplicate = {"id": "r3", "type": "lead.requested", "at": NOW - 1_200_000, "lead": "L3", "campaign": "Autumn"}
    floor.feed([duplicate, {**duplicate, "campaign": "Winter"}])
    floor.send(floor.floor.topics.events.name, b"L1", b"{not json")
    floor.drain()
    text = await scrape(floor)
    assert summed(text, "ringboard_events_total", type="call.ended") == 4
    assert summed(text, "ringboard_events_total", type="customer.lost") == 0
    assert summed(text, "ringboard_events_duplicate_total") == 1
    assert summed(text, "ringboard_events_conflicting_total") == 1
    assert summed(text, "ringboard_events_rejected_total", reason="malformed_json") == 1
    assert summed(text, "ringboard_call_attempts_total", campaign="Spring") == 4
    assert summed(text, "ringboard_event_age_seconds_count") == summed(
        text, "ringboard_event_age_seconds_bucket", le="+Inf"
    )
    assert summed(text, "ringboard_lag_records") == 0
    assert summed(text, "ringboard_watermark_seconds", group="floor") == (NOW - 60_000) / 1000


async def test_targets_are_exported_by_campaign_and_unit() -> None:
    floor = a_floor(
        targets={"contact_rate": 0.3, "cost_per_lead": 40}, targets_by_campaign={"Spring": {"contact_rate": 0.35}}
    )
    text = await scrape(floor)
    assert summed(text, "ringboard_kpi_target_ratio", kpi="contact_rate", campaign="") == 0.3
    assert summed(text, "ringboard_kpi_target_ratio", kpi="contact_rate", campaign="Spring") == 0.35
    assert summed(text, "ringboard_kpi_target_value", kpi="cost_per_lead", unit="money") == 40
