"""The rules of Prometheus: drawn from the catalogue, all of it, and as the files have them."""

from __future__ import annotations

import re
from collections import Counter

from grafana.rules import recording
from grafana.rules.files import FOLDER, files
from stream.kpi.catalogue import CATALOGUE, Count
from tests.prometheus.tools import run


def test_the_files_are_what_the_code_writes() -> None:
    for name, text in files().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name}: python -m grafana.rules"


def test_promtool_takes_the_rules() -> None:
    for name in files():
        assert "SUCCESS" in run("promtool", "check", "rules", "--lint=all", "--lint-fatal", FOLDER / name)


def test_every_kpi_is_recorded_for_the_floor_or_by_currency() -> None:
    names = {rule.name for rule in recording.rules()}
    for kpi in CATALOGUE:
        level = recording.levels_of(kpi)[0]
        assert recording.name_of(kpi.id, level) in names, kpi.id
        assert level.name == ("currency_window" if kpi.unit == "money" else "floor_window")
        assert {recording.target_of(kpi.id, campaign=True), recording.target_of(kpi.id, campaign=False)} <= names


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
