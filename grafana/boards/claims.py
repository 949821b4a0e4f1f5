"""What the article claims, beside what is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.boards.panels import UNITS
from grafana.boards.queries import number, value
from stream.kpi.catalogue import BY_ID

if TYPE_CHECKING:
    from grafana.boards.panels import House, Panel
    from grafana.boards.queries import Query


def beside_claim(house: House, key: str, kpi: str, width: int) -> Panel:
    """Show a KPI as measured, and under it, grey, what the article claims."""
    measured = value(kpi, legend="measured")
    return house.stat(key, width, measured, claimed(kpi, "claimed"), unit=UNITS[BY_ID[kpi].unit], names=True, claim="B")


def claimed(kpi: str, legend: str) -> Query:
    """Ask for the article's figure of a KPI, of which it must give one."""
    benchmark = BY_ID[kpi].benchmark
    if benchmark is None:
        raise ValueError(f"the article says nothing of {kpi}")
    return number(benchmark, legend=legend)
