"""The metrics of a worker: clean, readable by what reads them, and the same numbers as the API's."""

from __future__ import annotations

import asyncio
import math
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from agents.pages import metric_defs, pipeline_defs
from agents.pages.labels import OTHER, Labels
from stream import metric as declarations
from stream.clock import FixedClock
from stream.kpi.reading import quantile
from stream.kpi.windows import WINDOWS
from stream.simulate.play import history
from tests.engine_in_memory import EngineInMemory, pages_of
from tests.floor_in_memory import FloorInMemory
from tests.unit.pages.conftest import NOW, a_floor

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from prometheus_client.samples import Sample

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


async def scrape(floor: FloorInMemory, engine: EngineInMemory | None = None, accept: str = OPENMETRICS) -> str:
    async with TestClient(TestServer(pages_of(floor, engine))) as client:
        response = await client.get("/metrics", headers={"Accept": accept} if accept else {})
        assert response.status == 200
        return await response.text()


@lru_cache(maxsize=4)
def families(exposition: str) -> list[Metric]:
    return list(parse_openmetrics(exposition))  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4)
def samples(exposition: str) -> list[Sample]:
    return [sample for family in families(exposition) for sample in family.samples]


def summed(exposition: str, name: str, **labels: str) -> float:
    found = [s.value for s in samples(exposition) if s.name == name and labels.items() <= s.labels.items()]
    assert found, (name, labels)
    return math.fsum(found)


async def test_promtool_finds_nothing_to_say() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    text = await scrape(a_floor(targets={"contact_rate": 0.3, "cost_per_lead": 40}), accept="")
    checking = await asyncio.create_subprocess_exec(
        promtool, "check", "metrics", stdin=PIPE, stdout=PIPE, stderr=STDOUT
    )
    told, _ = await checking.communicate(text.encode())
    assert (checking.returncode, told) == (0, b"")


async def test_both_formats_say_the_same() -> None:
    floor = a_floor()
    plain = {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for family in parse_text(await scrape(floor, accept="text/plain"))
        for s in family.samples
        if s.name.startswith("ringboard_")
    }
    opened = {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for s in samples(await scrape(floor))
        if s.name.startswith("ringboard_")
    }
    assert plain == opened
    assert len(opened) > 1000


async def test_the_format_is_the_one_asked_for() -> None:
    async with TestClient(TestServer(pages_of(a_floor()))) as client:
        for accept, expected in ((OPENMETRICS, "application/openmetrics-text"), ("*/*", "text/plain")):
            response = await client.get("/metrics", headers={"Accept": accept})
            assert response.headers["Content-Type"].startswith(expected)
            assert ("# EOF" in await response.text()) == (expected != "text/plain")


async def test_no_series_comes_twice() -> None:
    counts = Counter((s.name, tuple(sorted(s.labels.items()))) for s in samples(await scrape(a_floor())))
    assert [series for series, count in counts.items() if count > 1] == []


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
                        in_time, late, overdue = (
                            summed(text, f"ringboard_window_response_{name}", **held)
                            for name in ("in_time", "late", "overdue")
                        )
                        kpi = kpis[f"lead_response_within_{limit}_{reached}{suffix}"]
                        assert [in_time, in_time + late + overdue] == [kpi["numerator"], kpi["denominator"]]
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


# A KPI that is a ratio: the metrics whose sums are its two parts.
RATIOS = {
    "contact_rate": ("window_contacts", "window_attempts"),
    "answer_rate": ("window_answered", "window_attempts"),
    "penetration": ("window_leads_dialled_contacted", "window_leads_dialled"),
    "lead_to_opportunity": ("window_leads_contacted_qualified", "window_leads_contacted"),
    "opportunity_to_customer": ("window_qualified_won", "window_qualified"),
    "lead_to_customer": ("window_leads_requested_won", "window_leads_requested"),
    "loss_rate": ("window_risks_lost", "window_risks"),
    "wins_with_one_contact": ("window_won_one_contact", "window_won"),
    "leads_given_up_early": ("window_lost_early", "window_lost"),
}


async def test_a_simulated_floor_scrapes_to_the_numbers_of_the_api() -> None:
    floor = FloorInMemory(clock=FixedClock(NOW), partitions=3)
    floor.feed([event for _, event in history(5, 1, NOW)])
    text = await scrape(floor)
    for window in WINDOWS:
        kpis = floor.kpis(window)
        for kpi, parts in RATIOS.items():
            scraped = [summed(text, f"ringboard_{name}", window=window) for name in parts]
            assert scraped == [kpis[kpi]["numerator"], kpis[kpi]["denominator"]], (window, kpi)
        kept, missed, early, pressing = (
            summed(text, f"ringboard_window_{name}", window=window)
            for name in ("follow_ups_kept", "follow_ups_missed", "follow_ups_early", "pressing_attempts")
        )
        assert [kept, kept + missed] == [kpis["follow_up_rate"][part] for part in ("numerator", "denominator")]
        assert [early, pressing] == [kpis["early_follow_ups"]["value"], kpis["pressing_attempts"]["value"]]
        within, answered, unanswered_within, abandoned, timed_out = (
            summed(text, f"ringboard_window_queue_{name}", window=window)
            for name in ("answered_within", "answered", "unanswered_within", "abandoned", "timed_out")
        )
        offered = answered + abandoned + timed_out - unanswered_within
        assert [within, offered] == [kpis["service_level"][part] for part in ("numerator", "denominator")]
        on_contact, idle = (
            summed(text, f"ringboard_window_rep_{name}_seconds", window=window) for name in ("on_contact", "idle")
        )
        assert on_contact * 1000 == pytest.approx(kpis["occupancy"]["numerator"])
        assert (on_contact + idle) * 1000 == pytest.approx(kpis["occupancy"]["denominator"])
    assert summed(text, "ringboard_window_attempts", window="30d") > 500


async def test_a_channel_whose_leads_nobody_called_in_time_has_every_outcome() -> None:
    floor = FloorInMemory(clock=FixedClock(NOW))
    asked = {"type": "lead.requested", "campaign": "Spring", "at": NOW - 30 * 60_000}
    floor.feed([{**asked, "id": "r1", "lead": "L1", "channel": "web"}, {**asked, "id": "r2", "lead": "L2"}])
    name = "ringboard_window_channel_response"
    there = [s for s in samples(await scrape(floor)) if s.name == name and s.labels["window"] == "1h"]
    assert {(s.labels["limit"], s.labels["outcome"], s.labels["channel"]): s.value for s in there} == {
        ("5m", "in_time", "web"): 0,
        ("5m", "late", "web"): 0,
        ("5m", "overdue", "web"): 1,
    }


async def test_reps_have_metrics_of_their_own_for_two_windows_only() -> None:
    floor = a_floor()
    by_rep = defaultdict(set)
    for s in samples(await scrape(floor)):
        if "rep" in s.labels:
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
    everything = sorted(floor.shares)
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
    engine.states["spend", 0] = "recovering"
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


async def test_past_the_limit_a_label_s_values_are_other_and_counted() -> None:
    floor = a_floor(label_limit=1)
    text = await scrape(floor)
    campaigns = {s.labels["campaign"] for s in samples(text) if s.name == "ringboard_window_leads_requested"}
    assert len(campaigns - {"", OTHER}) == 1
    assert OTHER in campaigns
    assert summed(text, "ringboard_window_leads_requested", window="today") == 3
    assert summed(text, "ringboard_label_values_over_limit", label="campaign") == 1
    assert summed(text, "ringboard_label_values_over_limit", label="team") == 0


async def test_each_label_may_have_a_limit_of_its_own() -> None:
    events = [
        {"id": f"e{place}", "type": "lead.requested", "at": NOW, "lead": f"L{place}", "campaign": "Spring", **detail}
        for place, detail in enumerate(
            {"rep": f"rep {n}", "team": f"team {n}", "channel": f"channel {n}"} for n in range(5)
        )
    ]
    calls = [
        {
            "id": f"c{n}",
            "type": "call.ended",
            "at": NOW,
            "call": f"C{n}",
            "direction": "inbound",
            "placed_at": NOW,
            "number": "+33639980001",
            "queue": f"queue {n}",
        }
        for n in range(5)
    ]
    losses = [
        {"id": f"l{n}", "type": "lead.lost", "at": NOW, "lead": f"L{n}", "reason": f"reason {n}"} for n in range(5)
    ]
    joins = [
        {"id": f"j{n}", "type": "queue.joined", "at": NOW, "call": f"C{n}", "queue": f"queue {n}"} for n in range(5)
    ]
    floor = FloorInMemory(
        clock=FixedClock(NOW + 1),
        settings={"label_limit": 1, "label_limits": {"team": 2, "channel": 3, "reason": 4, "queue": 5}},
    )
    floor.feed([*events, *calls, *losses, *joins])
    assert floor.refused == []
    text = await scrape(floor)
    values: defaultdict[str, set[str]] = defaultdict(set)
    for s in samples(text):
        for name, value in s.labels.items():
            if s.name.startswith("ringboard_window_") and value:
                values[name].add(value)
    for name, limit in (("team", 2), ("channel", 3), ("reason", 4)):
        assert len(values[name] - {OTHER}) == limit, name
        assert OTHER in values[name]
        assert summed(text, "ringboard_label_values_over_limit", label=name) == 5 - limit
    assert len(values["queue"]) == 5
    assert OTHER not in values["queue"]
    assert summed(text, "ringboard_window_leads_requested", window="today") == 5
    assert summed(text, "ringboard_window_reason_leads_lost", window="today") == 5


async def test_a_value_that_no_query_could_name_is_shown_as_one_that_can_be() -> None:
    hostile = '"}{<script>`\\E\N{BELL}'
    floor = FloorInMemory(
        clock=FixedClock(NOW + 1),
        settings={"targets_by_campaign": {hostile: {"contact_rate": 0.2}}},
    )
    floor.feed([{"id": "r", "type": "lead.requested", "at": NOW, "lead": "L", "campaign": hostile}])
    text = await scrape(floor)
    shown = '"}{<script>??E\N{BELL}'
    assert summed(text, "ringboard_window_leads_requested", window="today", campaign=shown) == 1
    assert summed(text, "ringboard_kpi_target_ratio", kpi="contact_rate", campaign=shown) == 0.2


@pytest.mark.parametrize("name", ["x" * 10_000, '"}\n{<script>'])
def test_a_name_too_long_or_of_two_lines_is_refused_at_the_door(name: str) -> None:
    floor = FloorInMemory(clock=FixedClock(NOW + 1))
    floor.feed([{"id": "r", "type": "lead.requested", "at": NOW, "lead": "L", "campaign": name}])
    (refused,) = floor.refused
    assert str(refused).startswith("campaign: ")
    assert name[:4] not in str(refused)


def test_a_value_once_shown_stays_shown() -> None:
    labels = Labels({"rep": 2, "team": 2})
    assert [labels.of("rep", name) for name in ("ada", "bo", "cy", "ada", "cy", "dee")] == [
        "ada",
        "bo",
        OTHER,
        "ada",
        OTHER,
        OTHER,
    ]
    assert labels.of("rep", None) == ""
    assert labels.over("rep") == 2
    assert labels.over("team") == 0


async def test_every_metric_is_declared_once_and_says_what_it_means() -> None:
    every = [
        one for module in (metric_defs, pipeline_defs) for value in vars(module).values() for one in _metrics(value)
    ]
    declared = list({id(one): one for one in every}.values())  # one declaration may stand for several measures
    names = [metric.name for metric in declared]
    assert len(names) == len(set(names))
    assert all(metric.help.endswith(".") for metric in declared)
    floor = a_floor(targets={"contact_rate": 0.3, "cost_per_lead": 40})
    floor.feed([{"id": "l1", "type": "lead.lost", "at": NOW, "lead": "L3", "reason": "price"}])
    engine = EngineInMemory(floor)
    found = families(await scrape(floor, engine))
    exported = {family.name: family.type for family in found if family.name.startswith("ringboard_")}
    kinds = {metric.name: metric.kind for metric in declared}
    assert exported.items() <= kinds.items()
    # These have samples only once something has happened that did not happen here.
    seldom = {
        "ringboard_partition_restored_ratio",
        "ringboard_records_applied",
        "ringboard_window_wins",
        "ringboard_window_pacing_breaches",
        "ringboard_dispositions_unmapped",
    }
    assert kinds.keys() - exported.keys() == seldom


def _metrics(value: object) -> list[declarations.Metric]:
    if isinstance(value, declarations.Metric):
        return [value]
    if isinstance(value, metric_defs.Measured):
        return [value.metric]
    if isinstance(value, dict):
        return [one for part in value.values() for one in _metrics(part)]
    if isinstance(value, tuple):
        return [one for part in value for one in _metrics(part)]
    return []


async def test_no_label_holds_a_number_a_lead_or_a_call() -> None:
    values = {value for s in samples(await scrape(a_floor())) for value in s.labels.values()}
    assert not values & {"L1", "L2", "L3", "C1", "C2", "C3", "C4", "C9"}
    assert not any(value.startswith("num_") for value in values)
