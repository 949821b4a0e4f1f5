"""The rules of Prometheus: drawn from the catalogue, all of it, and as the files have them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from agents.documentation import metrics_of
from agents.metrics import metric_defs, pipeline_defs
from grafana.rules import recording
from grafana.rules.alerts import ALERTS, NAMES, OF_THE_PIPELINE
from grafana.rules.cases import CASES
from grafana.rules.files import FOLDER, RULES, files
from grafana.rules.panels import BOARDS
from stream.alerts.wording import NAMES as LEAD_ALERTS
from stream.gateway import metric_defs as gateway_defs
from stream.kpi.catalogue import CATALOGUE
from stream.kpi.formulas import Count
from stream.web import source_metric_defs as connect_defs
from tests.prometheus.tools import run

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"


def test_the_files_are_what_the_code_writes() -> None:
    for name, text in files().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name}: python -m grafana.rules"


def test_promtool_takes_the_rules() -> None:
    for name in RULES:
        assert "SUCCESS" in run("promtool", "check", "rules", "--lint=all", "--lint-fatal", FOLDER / name)


def test_every_kpi_is_recorded_for_the_floor_or_by_currency() -> None:
    names = {rule.name for rule in recording.rules()}
    for kpi in CATALOGUE:
        level = recording.levels_of(kpi)[0]
        assert recording.name_of(kpi.id, level) in names, kpi.id
        assert level.name == ("currency_window" if kpi.unit == "money" else "floor_window")
        assert {recording.target_of(kpi.id, campaign=True), recording.target_of(kpi.id, campaign=False)} <= names


# By series: two workers, two campaigns of a team each, a service level of the first formula, and one whole group.
WORKERS = {
    'ringboard_window_contacts{window="today",campaign="a",team="t",instance="1"}': 2,
    'ringboard_window_contacts{window="today",campaign="a",team="t",instance="2"}': 3,
    'ringboard_window_contacts{window="today",campaign="b",team="t",instance="2"}': 0,
    'ringboard_window_attempts{window="today",campaign="a",team="t",instance="1"}': 10,
    'ringboard_window_attempts{window="today",campaign="a",team="t",instance="2"}': 10,
    'ringboard_window_attempts{window="today",campaign="b",team="t",instance="2"}': 0,
    'ringboard_window_leads_requested{window="today",campaign="a",team="t",instance="1"}': 8,
    'ringboard_window_leads_requested_won{window="today",campaign="a",team="t",instance="1"}': 2,
    'ringboard_window_leads_requested_decided{window="today",campaign="a",team="t",instance="1"}': 5,
    'ringboard_window_spend{window="today",campaign="a",channel="web",currency="EUR",instance="1"}': 90.5,
    'ringboard_window_spend{window="today",campaign="a",channel="web",currency="CHF",instance="1"}': 0,
    'ringboard_window_queue_answered_within{window="today",queue="q",instance="1"}': 6,
    'ringboard_window_queue_unanswered_within{window="today",queue="q",instance="1"}': 1,
    'ringboard_window_queue_answered{window="today",queue="q",instance="1"}': 12,
    'ringboard_window_queue_answered_wait_known{window="today",queue="q",instance="1"}': 7,
    'ringboard_window_queue_abandoned{window="today",queue="q",instance="1"}': 4,
    'ringboard_window_queue_timed_out{window="today",queue="q",instance="1"}': 1,
    'ringboard_window_queue_unanswered_wait_known{window="today",queue="q",instance="1"}': 3,
    'ringboard_window_queue_wait_seconds{window="today",queue="q",instance="1"}': 63,
    'ringboard_service_level_formula{instance="1"}': 1,
    'ringboard_service_level_formula{instance="2"}': 1,
    'ringboard_partitions_expected{group="events",instance="1"}': 3,
    'ringboard_partitions_expected{group="events",instance="2"}': 3,
    'ringboard_partitions_ready{group="events",instance="1"}': 1,
}
A, B = 'campaign="a", team="t", window="today"', 'campaign="b", team="t", window="today"'
QUEUE = 'queue="q", window="today"'
PARTS: dict[str, dict[str, float]] = {
    "campaign_team_window:ringboard_contact_rate:numerator": {A: 5, B: 0},
    "campaign_team_window:ringboard_contact_rate:denominator": {A: 20},
    "campaign_team_window:ringboard_opportunities_per_1000_calls:denominator": {A: 20},
    "campaign_team_window:ringboard_lead_to_customer:numerator": {A: 2},
    "campaign_team_window:ringboard_lead_to_customer:denominator": {A: 8},
    "campaign_team_window:ringboard_lead_to_customer:pending": {A: 3},
    "campaign_team_window:ringboard_cost_per_lead:denominator": {A: 8},
    "campaign_channel_currency_window:ringboard_spend:sum": {
        'campaign="a", channel="web", currency="EUR", window="today"': 90.5
    },
    "queue_window:ringboard_service_level:numerator": {QUEUE: 7},
    "queue_window:ringboard_service_level:denominator": {QUEUE: 10},
    "queue_window:ringboard_average_speed_of_answer:numerator": {QUEUE: 63},
    "queue_window:ringboard_average_speed_of_answer:denominator": {QUEUE: 7},
    "queue_window:ringboard_abandon_rate:denominator": {QUEUE: 17},
}


@pytest.mark.parametrize(("second", "whole"), [(2, True), (1, False), (3, False)])
def test_the_sides_of_ratios_add_up_over_workers_while_each_partition_is_at_one(
    second: int, whole: bool, tmp_path: Path
) -> None:
    series = {**WORKERS, 'ringboard_partitions_ready{group="events",instance="2"}': second}
    looks = [
        {
            "expr": name,
            "eval_time": "5m",
            "exp_samples": [{"labels": f"{name}{{{of}}}", "value": value} for of, value in wanted.items() if whole],
        }
        for name, wanted in PARTS.items()
    ]
    told = {
        "rule_files": [str(FOLDER / "recording.yml")],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": f"{value}x9"} for name, value in series.items()],
                "promql_expr_test": looks,
            }
        ],
    }
    file = tmp_path / "parts.yml"
    file.write_text(json.dumps(told))
    assert "SUCCESS" in run("promtool", "test", "rules", file)


def test_names_are_level_metric_operation_and_none_comes_twice() -> None:
    counts = Counter(rule.name for rule in recording.rules())
    assert [name for name, count in counts.items() if count > 1] == []
    assert [name for name in counts if not re.fullmatch(r"[a-z_]+:ringboard_[a-z0-9_]+:[a-z]+", name)] == []


def test_no_ratio_is_made_of_a_counter_nor_while_partitions_are_missing() -> None:
    of_kpis = [rule for rule in recording.rules() if rule.name.partition(":")[0].endswith("_window")]
    assert len(of_kpis) > 100
    for rule in of_kpis:
        assert "unless on ()" in rule.expression
        assert "_total" not in rule.expression
        series = set(re.findall(r"ringboard_\w+", rule.expression))
        allowed = ("ringboard_window_", "ringboard_rep_", "ringboard_partitions_", "ringboard_service_level_formula")
        assert all(one.startswith(allowed) for one in series), rule.name


def test_an_empty_window_has_no_sample() -> None:
    for kpi in CATALOGUE:
        if not isinstance(kpi.formula, Count):
            name = recording.name_of(kpi.id, recording.levels_of(kpi)[0])
            (expression,) = [rule.expression for rule in recording.rules() if rule.name == name]
            assert re.search(r"> 0\)|>= 0$", expression, re.MULTILINE), name


def test_promtool_sees_each_alert_fire_and_stay_silent() -> None:
    for name in files():
        if name.endswith("_test.yml"):
            assert "SUCCESS" in run("promtool", "test", "rules", FOLDER / name)


def test_each_alert_is_tried_both_ways() -> None:
    tried = {(case.alert, case.labels.get("kpi")) for case in CASES}
    assert tried == {(one.name, dict(one.labels).get("kpi")) for one in ALERTS}
    assert all(case.silent and case.silent.items() - case.firing.items() for case in CASES)


def test_each_alert_says_what_it_is_what_to_read_and_where_to_look() -> None:
    headings = re.findall(r"^## (\w+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {heading.lower() for heading in headings}
    for one in ALERTS:
        assert re.fullmatch(r"Ringboard[A-Z]\w+", one.name)
        assert one.severity in {"none", "info", "warning", "critical"}
        assert one.area in {"leads", "calls", "money", "service", "pipeline"}
        told = one.as_object()["annotations"]
        assert told["runbook_url"].partition("#")[2] in anchors, one.name
        assert told["summary"]
        assert told["description"].endswith(".")
        found = re.fullmatch(r"/d/ringboard-([a-z-]+)-en\?viewPanel=(\d+)(?:&.*)?", told["panel_url"])
        assert found, one.name
        board, panel = found.groups()
        drawn = json.loads((BOARDS / f"{board}.json").read_text(encoding="utf-8"))["panels"]
        assert int(panel) in {one["id"] for one in drawn if one["type"] != "row"}, one.name
    of_leads = {name.lower() for name in LEAD_ALERTS.values()}
    assert anchors == {name.lower() for name in NAMES} | of_leads
    assert set(OF_THE_PIPELINE) <= set(NAMES)


def test_alerts_read_only_metrics_and_rules_that_there_are() -> None:
    declared = {
        one.name + ("_total" if one.kind == "counter" else "")
        for module in (metric_defs, pipeline_defs, gateway_defs, connect_defs)
        for one in metrics_of(vars(module))
    }
    recorded = {rule.name for rule in recording.rules()}
    for one in ALERTS:
        rules = set(re.findall(r"\w+:ringboard_\w+:\w+", one.expression))
        series = set(re.findall(r"(?<![:\w])ringboard_\w+", one.expression))
        assert rules <= recorded, one.name
        assert series <= declared, one.name
        assert one.area == "pipeline" or not [name for name in series if name.endswith("_total")], one.name
        assert rules or series or "up{" in one.expression
