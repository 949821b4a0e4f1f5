"""Loss: what the journey of a customer adds, risk by risk, each at the moment it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.kpi.cells import limit_slot
from stream.kpi.codes import ripening
from stream.kpi.facts import AT_RISK, RISK_KEPT, Risk
from stream.kpi.measures import RISKS_KEPT, RISKS_LOST
from stream.kpi.rules import MINUTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kpi.cells import Row
    from stream.kpi.facts import Fact
    from stream.kpi.rules import Rules


def _row(begun: Risk, ended_at: int, code: int) -> Row:
    return ended_at // MINUTE, (begun.campaign, None, begun.rep), (code,)


def _faded(begun: Risk, rules: Rules) -> Row:
    minute = (begun.at + rules.risk) // MINUTE
    return limit_slot(minute), (begun.campaign, None, begun.rep), (ripening(RISKS_KEPT, minute),)


def risk_rows(facts: Sequence[Fact], rules: Rules) -> list[Row]:
    """
    Return how each risk in a customer's visible `facts` ended.

    One of which nothing more was heard fades: it ends well, `rules.risk` after it began. A customer who comes to be at
    risk after that begins another.
    """
    rows, open_risk = _risks(facts, rules)
    if open_risk is not None:
        rows.append(_faded(open_risk, rules))
    return rows


def open_risk_of(facts: Sequence[Fact], rules: Rules) -> Risk | None:
    """Return the beginning of the risk of a customer that nothing has ended but, perhaps by now, that it faded."""
    return _risks(facts, rules)[1]


def fading_at(facts: Sequence[Fact], rules: Rules) -> int | None:
    """Return when the open risk of a customer fades; None where there is none."""
    begun = open_risk_of(facts, rules)
    return None if begun is None else begun.at + rules.risk


def _risks(facts: Sequence[Fact], rules: Rules) -> tuple[list[Row], Risk | None]:
    """Return the rows of the risks that have ended, and the beginning of the one that has not."""
    rows: list[Row] = []
    risks = sorted((fact for fact in facts if type(fact) is Risk), key=lambda fact: (fact.at, fact.kind, fact.id))
    begun: Risk | None = None
    lost = False
    for fact in risks:
        if fact.kind == AT_RISK:
            if begun is not None and fact.at > begun.at + rules.risk:
                rows.append(_faded(begun, rules))
                begun = None
            if begun is None:
                begun, lost = fact, False
        elif fact.kind == RISK_KEPT:
            if begun is not None:
                rows.append(_row(begun, fact.at, RISKS_KEPT))
                begun = None
        elif begun is not None or not lost:
            rows.append(_row(begun or fact, fact.at, RISKS_LOST))
            begun, lost = None, True
    return rows, begun
