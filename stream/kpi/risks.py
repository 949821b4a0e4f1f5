"""Loss: what the journey of a customer adds, risk by risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.kpi.facts import AT_RISK, RISK_KEPT, Risk
from stream.kpi.measures import RISKS, RISKS_KEPT, RISKS_LOST
from stream.kpi.rules import MINUTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kpi.cells import Row
    from stream.kpi.facts import Fact


def _row(begun: Risk, code: int) -> Row:
    return begun.at // MINUTE, (begun.campaign, None, begun.rep), (code,)


def risk_rows(facts: Sequence[Fact]) -> list[Row]:
    """Return the risks in a customer's visible `facts`, each at the moment it began."""
    rows: list[Row] = []
    risks = sorted((fact for fact in facts if type(fact) is Risk), key=lambda fact: (fact.at, fact.kind, fact.id))
    begun: Risk | None = None
    lost = False
    for fact in risks:
        if fact.kind == AT_RISK:
            if begun is None:
                begun, lost = fact, False
                rows.append(_row(fact, RISKS))
        elif fact.kind == RISK_KEPT:
            if begun is not None:
                rows.append(_row(begun, RISKS_KEPT))
                begun = None
        elif begun is not None:
            rows.append(_row(begun, RISKS_LOST))
            begun, lost = None, True
        elif not lost:
            rows.append(_row(fact, RISKS))
            rows.append(_row(fact, RISKS_LOST))
            lost = True
    return rows
