"""An alert as it is declared here, and as Prometheus reads it."""

from __future__ import annotations

from typing import Any, NamedTuple

from grafana.rules.panels import panel_path


class Alert(NamedTuple):
    """
    One alert.

    Args:
        name: `Ringboard<What><Condition>`; its section in the runbook is called so, too.
        area: what it is of, by which it is routed: leads, calls, money, service or pipeline.
        severity: info, warning or critical; none: it only keeps others quiet.
        expression: what is wrong; its labels say of whom.
        held: for how long before it is told of.
        summary: one line, in Prometheus' templates.
        description: what the number means, and what may be done.
        board: the board to look at.
        shows: the metric or rule that the panel to look at draws.
        only_while_open: it is kept quiet while the floor is closed.
        labels: further ones.

    """

    name: str
    area: str
    severity: str
    expression: str
    held: str
    summary: str
    description: str
    board: str
    shows: str
    only_while_open: bool = False
    labels: tuple[tuple[str, str], ...] = ()

    def annotations(self) -> dict[str, str]:
        """Give what is told beside the labels."""
        return {
            "summary": self.summary,
            "description": self.description,
            "runbook_url": f"docs/runbook.md#{self.name.lower()}",
            "panel_url": self.panel_url(),
        }

    def panel_url(self) -> str:
        """Give where to look, as a path of Grafana, at the campaign that it is of."""
        chosen = "&var-campaign={{ $labels.campaign | urlquery }}" if "$labels.campaign" in self.summary else ""
        return panel_path(self.board, self.shows) + chosen

    def as_object(self) -> dict[str, Any]:
        """Give it as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expression,
            **({"for": self.held} if self.held else {}),
            "labels": {"severity": self.severity, "area": self.area, **dict(self.labels)},
            "annotations": self.annotations(),
        }
