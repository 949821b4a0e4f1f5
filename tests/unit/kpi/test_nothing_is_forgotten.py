"""What a measure or a KPI needs besides its entry is there; what is missing is named, with where it is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.metrics import metric_defs
from stream.kpi import measures as m
from stream.kpi.catalogue import BY_ID, CATALOGUE
from stream.kpi.formulas import Count, Ratio, measures_of
from tests.reference.config import Config
from tests.reference.kpis import Reading

TESTS = Path(__file__).parent
HERE = {path.name: path.read_text(encoding="utf-8") for path in TESTS.glob("test_*.py") if path != Path(__file__)}
READ = frozenset[int]().union(*(measures_of(kpi.formula) for kpi in CATALOGUE))
NAMES = [measure.name for measure in m.TABLE]
BY_NAME = {measure.name: measure for measure in m.TABLE}
EXPORTED = {
    *(one.metric.name for one in (*metric_defs.BY_OWNER, *metric_defs.BY_REP, *metric_defs.BY_QUEUE)),
    *(one.metric.name for one in (*metric_defs.RESPONSES, *metric_defs.DISTRIBUTIONS)),
    *(one.metric.name for one in metric_defs.BY_DETAIL.values()),
    metric_defs.DELAYS.name,
    *(one.metric.name for one in metric_defs.PARTS_OF_DELAYS),
    metric_defs.BREACHES.name,
}


@pytest.mark.parametrize("name", NAMES)
def test_every_measure_is_of_use(name: str) -> None:
    measure = BY_NAME[name]
    assert measure.metrics or set(measure.numbers) & READ, (
        f"nothing reads the measure {name!r}: give it a metric in stream/kpi/measures.py, or a KPI in "
        "stream/kpi/catalogue.py a formula that reads it"
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_metric_of_the_table_is_exported(name: str) -> None:
    missing = [gauge.name for gauge in BY_NAME[name].metrics if f"ringboard_{gauge.name}" not in EXPORTED]
    assert not missing, (
        f"no worker exports {missing}, the metric of the measure {name!r}: give it the labels of its neighbours in "
        "stream/kpi/measures.py, or draw one with these labels in agents/metrics/metric_defs.py"
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_measure_is_in_a_unit_test(name: str) -> None:
    assert any(re.search(rf"\b{name.upper()}\b", text) for text in HERE.values()), (
        f"no test in tests/unit/kpi names {name.upper()}: write one that counts it by hand, beside those of the "
        "function that adds it"
    )


@pytest.mark.parametrize("kpi", BY_ID)
def test_what_a_kpi_reads_leaves_by_a_metric(kpi: str) -> None:
    without = [m.TABLE[measure].name for measure in measures_of(BY_ID[kpi].formula) if not m.TABLE[measure].metric]
    assert not without, (
        f"the KPI {kpi!r} reads {without}, which leaves by no metric, and so has no rule for Prometheus: give the "
        "measure a metric in stream/kpi/measures.py"
    )


@pytest.mark.parametrize("kpi", BY_ID)
def test_what_a_kpi_is_told_apart_by_is_a_detail_of_its_measures(kpi: str) -> None:
    formula = BY_ID[kpi].formula
    by = formula.by if isinstance(formula, Ratio | Count) else None
    without = [m.TABLE[one].name for one in measures_of(formula) if by and m.TABLE[one].detail != by]
    assert not without, f"the KPI {kpi!r} is told apart by {by}, which is no detail of {without}"


@pytest.mark.parametrize("kpi", BY_ID)
def test_the_plain_reference_knows_every_kpi(kpi: str) -> None:
    known = Reading((), as_of=0, config=Config()).kpis("30d")
    assert kpi in known, (
        f"the plain reference does not know the KPI {kpi!r}: write there what it means, without the product's code, in "
        "tests/reference/ (shares of attempts in calls.py, what else there is in kpis.py)"
    )
