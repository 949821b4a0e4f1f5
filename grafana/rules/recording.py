"""One recording rule for each KPI of the catalogue and each level: sums over workers first, ratios last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from agents.metrics import metric_defs as d
from agents.metrics.pipeline_defs import CLOCK
from grafana.rules import levels as at
from grafana.rules.limits import ENOUGH_IN_AN_HOUR
from grafana.rules.parts import by_formula, parts, service_levels, weighted
from grafana.rules.promql import COMPLETE, divided, select, total, whole_floor
from grafana.rules.series import BY_CHANNEL, BY_OWNER, BY_REP, DELAYS, DISTRIBUTIONS, PARTS_OF_DELAYS
from stream.kpi import catalogue as c
from stream.kpi import formulas as f
from stream.kpi import measures as m

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from grafana.rules.levels import Level


class Rule(NamedTuple):
    """A recording rule: its name `level:metric:operation`, and its PromQL."""

    name: str
    expression: str

    def as_object(self) -> dict[str, Any]:
        """Return it as a recording rule of Prometheus."""
        return {"record": self.name, "expr": self.expression}


def name_of(kpi: str, level: Level) -> str:
    """Return the name of the rule that records `kpi` at `level`."""
    return f"{level.name}:ringboard_{kpi}:{_OPERATION[type(c.BY_ID[kpi].formula)]}"


def target_of(kpi: str, *, campaign: bool) -> str:
    """Return the name of the rule that records the target of `kpi`, for each campaign or for the floor."""
    return f"{'campaign' if campaign else 'floor'}:ringboard_{kpi}:target"


def levels_of(kpi: f.Kpi) -> tuple[Level, ...]:
    """Return the levels at which `kpi` is recorded from the sums without reps, given the labels of its metrics."""
    match kpi.formula:
        case f.Cost(per=per):
            return (*at.CURRENCY, *(at.CHANNEL if per == m.REQUESTED else ()))
        case f.Distribution():
            return at.BY_CAMPAIGN
        case _ if kpi.id == "occupancy":
            return at.BY_STATE
        case _ if kpi.group == "service":
            return at.BY_QUEUE
        case f.Ratio(by="channel"):
            return (*at.BY_OWNER, *at.BY_CHANNEL)
        case _:
            return at.BY_OWNER


def groups() -> list[dict[str, Any]]:
    """Return all groups of recording rules, in Prometheus' form."""
    return [
        _group("ringboard-floor-state", [Rule("floor:ringboard_complete:bool", COMPLETE)]),
        *(_group(f"ringboard-{group.replace('_', '-')}", _of_group(group)) for group in _GROUPS),
        _group("ringboard-lead-response-times", _of_group("lead_response", times=True)),
        _group("ringboard-reps", _of_reps()),
        _group("ringboard-hours", _of_hours()),
        _group("ringboard-parts", (Rule(name, whole_floor(expression)) for name, expression in parts())),
        _group("ringboard-targets", _targets()),
    ]


def rules() -> list[Rule]:
    """Return all recording rules."""
    return [Rule(one["record"], one["expr"]) for group in groups() for one in group["rules"]]


def _group(name: str, inner: Iterable[Rule]) -> dict[str, Any]:
    return {"name": name, "rules": [rule.as_object() for rule in inner]}


def _of_group(group: str, *, times: bool = False) -> Iterator[Rule]:
    """Yield the rules of a group of KPIs: its percentiles, which take longest, if `times`, else all others."""
    for kpi in c.CATALOGUE:
        if kpi.group == group and isinstance(kpi.formula, f.Percentile) is times:
            for level in levels_of(kpi):
                series = BY_CHANNEL if level in at.BY_CHANNEL else BY_OWNER
                yield Rule(name_of(kpi.id, level), whole_floor(_expression(kpi.formula, level, series)))


def _of_reps() -> Iterator[Rule]:
    for kpi in c.CATALOGUE:
        if isinstance(kpi.formula, f.Ratio) and {*kpi.formula.top, *kpi.formula.bottom} <= BY_REP.keys():
            for level in at.BY_REP:
                yield Rule(name_of(kpi.id, level), whole_floor(_expression(kpi.formula, level, BY_REP)))


def _of_hours() -> Iterator[Rule]:
    """Yield the rules of the hours of the week; an hour with too few attempts has no sample."""
    for kpi, above in (("contact_rate", "contacts"), ("answer_rate", "answered")):
        for level in (at.DAY_HOUR, at.CAMPAIGN_DAY_HOUR):
            top, bottom = (total(level.labels, f"ringboard_hour_of_week_{name}") for name in (above, "attempts"))
            enough = f"  {top}\n/\n  ({bottom} >= {ENOUGH_IN_AN_HOUR})"
            yield Rule(name_of(kpi, level), whole_floor(enough))


def _targets() -> Iterator[Rule]:
    """Yield the rules of targets; a campaign without a target has the floor's."""
    for kpi in c.CATALOGUE:
        metric = (d.TARGET_RATIO if kpi.unit == "ratio" else d.TARGET_VALUE).name
        of_floor = f"max({select(metric, kpi=kpi.id, campaign='')})"
        # Not a number while a worker is there: the floor has none. So a board can tell that from a chosen campaign.
        yield Rule(target_of(kpi.id, campaign=False), f"{of_floor} or NaN * max({CLOCK.name})")
        yield Rule(
            target_of(kpi.id, campaign=True),
            f'max by (campaign) ({metric}{{kpi="{kpi.id}",campaign!=""}})\nor\n'
            f'  0 * count by (campaign) (ringboard_window_attempts{{window="30d",campaign!=""}})\n'
            f"+ on () group_left ()\n  {of_floor}",
        )


def _expression(formula: f.Formula, level: Level, series: dict[int, str]) -> str:  # noqa: PLR0911  one for each kind of formula
    by = level.labels
    match formula:
        case f.Ratio(top=top, bottom=bottom, scale=scale):
            upper = total(by, *(series[measure] for measure in top))
            upper = upper if scale == 1 else f"{scale} * {upper}"
            return divided(upper, total(by, *(series[measure] for measure in bottom)))
        case f.Count(measure=measure):
            return f"  {total(by, series[measure])}"
        case f.Percentile(share=share, first=first):
            if first in DELAYS:
                reached, clock = DELAYS[first]
                buckets = select(f"{d.DELAYS.name}_bucket", reached=reached, clock=clock)
            else:
                buckets = f"{PARTS_OF_DELAYS[first]}_bucket"
            # The quantile of an empty histogram is NaN, which `>= 0` drops.
            return f"  histogram_quantile({share}, {total((*by, 'le'), buckets)}) >= 0"
        case f.Mean(total=whole, count=count):
            return divided(total(by, series[whole]), total(by, series[count]))
        case f.Uplift():
            fast, slow, fast_qualified, slow_qualified = (
                total(by, series[measure]) for measure in (m.FAST, m.SLOW, m.FAST_QUALIFIED, m.SLOW_QUALIFIED)
            )
            return f"  {fast_qualified} * {slow}\n/\n  ({fast} * {slow_qualified} > 0)"
        case f.Cost(per=per):
            return _cost(per, level)
        case f.Distribution(first=first):
            return divided(weighted(DISTRIBUTIONS[first], by), total(by, DISTRIBUTIONS[first].name))
        case f.ServiceLevel():
            return _service_level(by)


def _cost(per: int, level: Level) -> str:
    shared = tuple(label for label in level.labels if label != "currency")
    count = "ringboard_window_channel_leads_requested" if "channel" in level.labels else BY_OWNER[per]
    matching = f"on ({', '.join(shared)}) group_left ()"
    return divided(f"({total(level.labels, d.SPEND.name)} > 0)", total(shared, count), matching)


def _service_level(by: tuple[str, ...]) -> str:
    """Return the four formulas, of which only that of the floor's settings has samples."""
    return "\nor\n".join(
        f"(\n{divided(sides.above, sides.below)}\n) {by_formula(number)}"
        for number, sides in enumerate(service_levels(by), 1)
    )


_OPERATION: Final = {
    f.Ratio: "ratio",
    f.Count: "sum",
    f.Percentile: "quantile",
    f.Mean: "mean",
    f.Cost: "mean",
    f.Distribution: "mean",
    f.Uplift: "ratio",
    f.ServiceLevel: "ratio",
}
_GROUPS: Final = tuple(dict.fromkeys(kpi.group for kpi in c.CATALOGUE))
