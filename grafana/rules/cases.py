"""
The input of `promtool test rules`: each alert firing, with its full texts, and staying silent just short of that.

The series have workers' labels (`instance`), so that sums over workers are tested too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote_plus

from grafana.rules import alerts, recording
from grafana.rules.alerts import ALERTS
from grafana.rules.cases_calls import CASES as OF_CALLS
from grafana.rules.cases_leads import CASES as OF_LEADS
from grafana.rules.cases_pipeline import CASES as OF_PIPELINE

if TYPE_CHECKING:
    from grafana.rules.case import Case

CASES: Final[tuple[Case, ...]] = (*OF_LEADS, *OF_CALLS, *OF_PIPELINE)


class _Expected(NamedTuple):
    """An alert's expected labels and value."""

    labels: dict[str, str]
    value: str


class _Together(NamedTuple):
    """Cases whose series do not conflict, tested together: each test evaluates all recording rules."""

    series: dict[str, str]
    cases: list[Case]

    def add(self, case: Case, series: dict[str, str]) -> bool:
        """Add a case if its series do not conflict; return whether it was added."""
        if any(self.series.get(name, values) != values for name, values in series.items()):
            return False
        if any(one.alert == case.alert and one.at != case.at for one in self.cases):
            return False
        self.series.update(series)
        self.cases.append(case)
        return True


def tests(interval: str) -> dict[str, Any]:
    """Return the content of promtool's file for the cases of `interval`."""
    found: list[dict[str, Any]] = []
    for cases in (OF_LEADS, OF_CALLS, OF_PIPELINE):
        chosen = [case for case in cases if case.interval == interval]
        found += [_test("fire", one, interval) for one in _together(chosen, silent=False)]
        found += [_test("stay silent", one, interval) for one in _together(chosen, silent=True)]
    return {
        "rule_files": ["recording.yml", "alerts.yml"],
        "evaluation_interval": interval,
        "group_eval_order": [group["name"] for group in (*recording.groups(), *alerts.groups())],
        "tests": found,
    }


def _together(cases: list[Case], *, silent: bool) -> list[_Together]:
    found: list[_Together] = []
    for case in cases:
        series = {**case.firing, **(case.silent if silent else {})}
        if not any(one.add(case, series) for one in found):
            found.append(_Together(dict(series), [case]))
    return found


def _test(what: str, together: _Together, interval: str) -> dict[str, Any]:
    looks: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for case in together.cases:
        expected = looks.setdefault((case.alert, case.at), [])
        if what == "fire" and (one := _expected(case)) not in expected:  # an alert may stay silent for several reasons
            expected.append(one)
    reasons = [f"{case.alert}" + (f" ({case.why})" if what != "fire" else "") for case in together.cases]
    reasons = list(dict.fromkeys(reasons))
    return {
        "name": f"{', '.join(reasons)}: {what}",
        "interval": interval,
        "input_series": [{"series": name, "values": values} for name, values in together.series.items()],
        "alert_rule_test": [
            {"eval_time": at, "alertname": name, "exp_alerts": expected} for (name, at), expected in looks.items()
        ],
    }


def _expected(case: Case) -> dict[str, Any]:
    (alert,) = [one for one in ALERTS if one.name == case.alert and dict(one.labels).items() <= case.labels.items()]
    expected = _Expected(case.labels, case.value)
    return {
        "exp_labels": {"severity": alert.severity, "area": alert.area, **dict(alert.labels), **case.labels},
        "exp_annotations": {name: _filled(text, expected) for name, text in alert.annotations().items()},
    }


def _filled(text: str, expected: _Expected) -> str:
    """Return the template `text` filled in as by Prometheus."""
    text = re.sub(r"{{ \$labels\.(\w+) \| urlquery }}", lambda found: quote_plus(expected.labels[found[1]]), text)
    text = re.sub(r"{{ \$labels\.(\w+) }}", lambda found: expected.labels[found[1]], text)
    return re.sub(r"{{ \$value [^}]*}}", lambda _: expected.value, text)
