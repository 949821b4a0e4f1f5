"""
The two sides of each ratio, recorded apart: they add up over what a viewer chooses, which the ratios do not.

A board divides their sums, so its queries stay short enough to be changed by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from agents.metrics import metric_defs as d
from agents.metrics.pipeline_defs import SERVICE_LEVEL_FORMULA
from grafana.rules import levels as at
from grafana.rules.promql import select, total
from grafana.rules.series import BY_CHANNEL, BY_OWNER, DISTRIBUTIONS
from stream.kpi import catalogue as c
from stream.kpi import formulas as f
from stream.kpi import measures as m

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grafana.rules.levels import Level
    from stream.web.metric import Metric

NUMERATOR: Final = "numerator"
DENOMINATOR: Final = "denominator"
PENDING: Final = "pending"
SPEND: Final = "campaign_channel_currency_window:ringboard_spend:sum"
_BY_CHANNEL: Final = at.BY_CHANNEL[-1]


class Sides(NamedTuple):
    """The PromQL of the sum above and the sum below the line."""

    above: str
    below: str


def part_of(kpi: str, level: Level, part: str) -> str:
    """Return the name of the rule that records one side of `kpi`, or how many are pending, at `level`."""
    return f"{level.name}:ringboard_{kpi}:{part}"


def level_of(kpi: f.Kpi) -> Level:
    """Return the level at which the sides of `kpi` are recorded: that with all labels by which it may be chosen."""
    if isinstance(kpi.formula, f.Distribution):
        return at.CAMPAIGN
    if kpi.id == "occupancy":
        return at.TEAM
    return at.QUEUE if kpi.group == "service" else at.CAMPAIGN_TEAM


def parts() -> Iterator[tuple[str, str]]:
    """Yield the name and the PromQL of each side of each KPI that has two, and of the spend."""
    yield SPEND, f"  {total(('campaign', 'channel', 'currency', 'window'), d.SPEND.name)} > 0"
    for kpi in c.CATALOGUE:
        level = level_of(kpi)
        sides = _sides(kpi.formula, level.labels)
        if sides is not None:
            yield from _recorded(kpi, level, sides)
        if isinstance(kpi.formula, f.Ratio) and kpi.formula.by == "channel":
            yield from _recorded(kpi, _BY_CHANNEL, _ratio(kpi.formula, _BY_CHANNEL.labels, BY_CHANNEL))
        if isinstance(kpi.formula, f.Ratio) and kpi.formula.decided is not None and sides is not None:
            decided = total(level.labels, BY_OWNER[kpi.formula.decided])
            yield part_of(kpi.id, level, PENDING), f"  {sides.below} - {decided}"


def _recorded(kpi: f.Kpi, level: Level, sides: Sides) -> Iterator[tuple[str, str]]:
    if sides.above:
        yield part_of(kpi.id, level, NUMERATOR), f"  {sides.above}"
    # Without anything below the line there is no sample, so that nothing is divided by it.
    yield part_of(kpi.id, level, DENOMINATOR), f"  ({sides.below}) > 0"


def _sides(formula: f.Formula, by: tuple[str, ...]) -> Sides | None:
    """Return both sides; None for what is no fraction of sums: a count, a quantile, a fraction of fractions."""
    match formula:
        case f.Ratio():
            return _ratio(formula, by, BY_OWNER)
        case f.Mean(total=whole, count=count):
            return Sides(total(by, BY_OWNER[whole]), total(by, BY_OWNER[count]))
        case f.Distribution(first=first):
            metric = DISTRIBUTIONS[first]
            return Sides(weighted(metric, by), total(by, metric.name))
        case f.Cost(per=per):
            return Sides("", total(by, BY_OWNER[per]))  # the spend is above the line of all of them
        case f.ServiceLevel():
            return _service_level(by)
        case _:
            return None


def _ratio(formula: f.Ratio, by: tuple[str, ...], series: dict[int, str]) -> Sides:
    above = total(by, *(series[measure] for measure in formula.top))
    scaled = above if formula.scale == 1 else f"{formula.scale} * {above}"
    return Sides(scaled, total(by, *(series[measure] for measure in formula.bottom)))


def weighted(metric: Metric, by: tuple[str, ...]) -> str:
    """Return the sum of count times number, of a metric whose last label is a number."""
    number = metric.labels[-1]
    terms = "\n    or ".join(f"{n} * {select(metric.name, **{number: str(n)})}" for n in range(m.MOST + 1))
    return f"sum by ({', '.join(by)}) (\n    {terms}\n  )"


def service_levels(by: tuple[str, ...]) -> list[Sides]:
    """Return the sides of the four formulas of the service level, in their order."""
    within, answered, left_within, left = (
        total(by, BY_OWNER[measure])
        for measure in (m.ANSWERED_WITHIN, m.ANSWERED_WAIT_KNOWN, m.ABANDONED_WITHIN, m.UNANSWERED_WAIT_KNOWN)
    )
    return [
        Sides(f"{within} + {left_within}", f"{answered} + {left}"),
        Sides(within, answered),
        Sides(within, f"{answered} + {left}"),
        Sides(within, f"{answered} + {left} - {left_within}"),
    ]


def by_formula(number: int) -> str:
    """Return what lets only the formula through that the settings choose."""
    return f"and on () (max({SERVICE_LEVEL_FORMULA.name}) == {number})"


def _service_level(by: tuple[str, ...]) -> Sides:
    sides = service_levels(by)
    above, below = (
        "\nor ".join(f"({one[place]}) {by_formula(number)}" for number, one in enumerate(sides, 1)) for place in (0, 1)
    )
    return Sides(f"({above})", below)
