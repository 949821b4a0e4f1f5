"""The article's figures beside the measured ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.boards.panels import UNITS
from grafana.boards.queries import number, value
from stream.kpi.catalogue import BY_ID

if TYPE_CHECKING:
    from grafana.boards.panels import Panel, PanelFactory
    from grafana.boards.queries import Query


def beside_claim(panels: PanelFactory, key: str, kpi: str, width: int) -> Panel:
    """Return a panel with a KPI as measured and, in grey below it, the article's figure."""
    measured = value(kpi, legend="measured")
    return panels.stat(
        key, width, measured, claimed(kpi, "claimed"), unit=UNITS[BY_ID[kpi].unit], names=True, claim="B"
    )


def claimed(kpi: str, legend: str) -> Query:
    """Return a query for the article's figure of a KPI; raise ValueError if it gives none."""
    benchmark = BY_ID[kpi].benchmark
    if benchmark is None:
        raise ValueError(f"the article says nothing of {kpi}")
    return number(benchmark, legend=legend)
