"""The declaration of an alert, and its form as a Prometheus rule."""

from __future__ import annotations

from typing import Any, NamedTuple

from grafana.rules.panels import panel_path


class Alert(NamedTuple):
    """
    One alert.

    Args:
        name: `Ringboard<What><Condition>`, which is also the title of its section in the runbook.
        area: leads, calls, money, service or pipeline; alerts are routed by it.
        severity: info, warning or critical; none for an alert that only inhibits others.
        expression: the PromQL of the condition; its labels become the alert's.
        pending: how long the condition must hold before the alert fires (Prometheus' `for`); "" for at once.
        summary: one line, a Prometheus template.
        description: what the number means, and what to do.
        board: the name of the board that it links to.
        shows: the metric or rule that the panel it links to draws.
        only_while_open: whether it is inhibited while the floor is closed.
        labels: additional labels.

    """

    name: str
    area: str
    severity: str
    expression: str
    pending: str
    summary: str
    description: str
    board: str
    shows: str
    only_while_open: bool = False
    labels: tuple[tuple[str, str], ...] = ()

    def annotations(self) -> dict[str, str]:
        """Return the annotations: texts and links."""
        return {
            "summary": self.summary,
            "description": self.description,
            "runbook_url": f"docs/runbook.md#{self.name.lower()}",
            "panel_url": self.panel_url(),
        }

    def panel_url(self) -> str:
        """Return the path of its panel in Grafana, with the alert's campaign selected if its summary names one."""
        chosen = "&var-campaign={{ $labels.campaign | urlquery }}" if "$labels.campaign" in self.summary else ""
        return panel_path(self.board, self.shows) + chosen

    def as_object(self) -> dict[str, Any]:
        """Return it as an alerting rule of Prometheus."""
        return {
            "alert": self.name,
            "expr": self.expression,
            **({"for": self.pending} if self.pending else {}),
            "labels": {"severity": self.severity, "area": self.area, **dict(self.labels)},
            "annotations": self.annotations(),
        }
