"""The queries of the panels, each with what its result must equal by the API: a test compares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from agents.metrics import metric_defs
from grafana.boards.selection import matchers
from grafana.rules import levels as at
from grafana.rules.parts import DENOMINATOR, NUMERATOR, PENDING, SPEND, level_of, part_of
from grafana.rules.recording import name_of, target_of
from grafana.rules.series import DELAYS, PARTS_OF_DELAYS
from stream.kpi.catalogue import BY_ID
from stream.kpi.formulas import Cost, Count, Percentile, Uplift

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OWNER: Final = ("campaign", "team")
COMPLETE: Final = "floor:ringboard_complete:bool"
WHOLE: Final = f"{COMPLETE} == 1"
# Too small to change a ratio; lets a target of 0 be reached by 0.
_LEAST: Final = "1e-9"


class OfKpi(NamedTuple):
    """Equal to KPI `kpi` of the API in `window`, for each value of the labels `by`; `ago` shifts it into the past."""

    kpi: str
    by: tuple[str, ...] = ()
    window: str = "$window"
    ago: str = ""


class OfPending(NamedTuple):
    """Equal to how many of the cohort `kpi` the API says are pending."""

    kpi: str


class OfTarget(NamedTuple):
    """Equal to the target of `kpi` in the API; of several campaigns the one that asks for most."""

    kpi: str


class OfTargetReached(NamedTuple):
    """At least 1 where the API says that the target of `kpi` is met."""

    kpi: str


class OfSamples(NamedTuple):
    """Equal to the `sum`, `max` or `min` of the samples of `metric` with `labels`, by the labels `by`."""

    metric: str
    by: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    window: str | None = "$window"
    how: str = "sum"
    ago: str = ""
    more_than: float | None = None


class OfQuotient(NamedTuple):
    """Equal to the quotient of two such sums, where the lower one is `least` or more, and not 0."""

    top: OfSamples
    bottom: tuple[OfSamples, ...]
    least: float = 0


class OfQuantile(NamedTuple):
    """Equal to a quantile of a histogram's samples, by the labels `by`."""

    share: float
    buckets: OfSamples


class OfNumber(NamedTuple):
    """Equal to a constant."""

    number: float


class OfRate(NamedTuple):
    """How fast a counter grows, by the labels `by`; with `more_than`, only where it grows faster than that."""

    metric: str
    by: tuple[str, ...] = ()
    more_than: float | None = None


class OfRateQuantile(NamedTuple):
    """A quantile of the latest observations of a histogram of the processes."""

    share: float
    metric: str


class OfAge(NamedTuple):
    """How many seconds ago the greatest, or the smallest, of the moments in `metric` lies, by the labels `by`."""

    metric: str
    by: tuple[str, ...]
    how: str


class OfComplete(NamedTuple):
    """1 while the API calls the floor complete."""


Meaning = (
    OfKpi
    | OfPending
    | OfTarget
    | OfTargetReached
    | OfSamples
    | OfQuotient
    | OfQuantile
    | OfNumber
    | OfRate
    | OfRateQuantile
    | OfAge
    | OfComplete
)


class Query(NamedTuple):
    """A query: its PromQL, what it must equal, and the legend of its series."""

    expr: str
    means: Meaning
    scope: tuple[str, ...]
    legend: str = ""

    @property
    def many(self) -> bool:
        """Whether it may have several series, distinguished by a label."""
        return "{{" in self.legend


def scope_of(kpi: str) -> tuple[str, ...]:
    """Return the variables that filter a KPI."""
    if kpi == "occupancy":
        return ("team",)
    return ("queue",) if BY_ID[kpi].group == "service" else OWNER


def value(kpi: str, by: tuple[str, ...] = (), *, window: str = "$window", ago: str = "", legend: str = "") -> Query:
    """Return the query of a KPI for what is chosen."""
    scope = scope_of(kpi)
    return Query(_value(kpi, by, window, ago), OfKpi(kpi, by, window, ago), scope, legend)


def pending(kpi: str, legend: str = "") -> Query:
    """Return the query of how many of a cohort are pending: of whom it is not known yet what became of them."""
    chosen = matchers(scope_of(kpi))
    expr = f"sum({part_of(kpi, level_of(BY_ID[kpi]), PENDING)}{{{chosen}}})"
    return Query(expr, OfPending(kpi), scope_of(kpi), legend)


def target(kpi: str, legend: str = "") -> Query:
    """Return the query of a KPI's target: that of the chosen campaigns, else the floor's."""
    return Query(f"{_target(kpi)} >= 0", OfTarget(kpi), scope_of(kpi), legend)


def target_reached(kpi: str, legend: str = "") -> Query:
    """Return the query of the reached share of a target: 1 and more is good; less is better, and 1 is the most."""
    now, aim = _value(kpi, (), "$window", ""), _target(kpi)
    by_target = "/ on () group_left ()" if isinstance(BY_ID[kpi].formula, Cost) else "/"
    if BY_ID[kpi].better == "up":
        reached = f"clamp_max(\n{now}\n{by_target}\n{aim}, 2)"
    else:
        reached = f"clamp(2 - (\n{now}\n+ {_LEAST}) {by_target}\n({aim} + {_LEAST}), 0, 1)"
    # Rounded down, so that nothing just short of its target is written as 100 %.
    return Query(f"floor(100 * {reached}) / 100 >= 0", OfTargetReached(kpi), scope_of(kpi), legend)


def total(
    metric: str,
    by: tuple[str, ...] = (),
    *,
    labels: Mapping[str, str] | None = None,
    scope: tuple[str, ...] = OWNER,
    window: str | None = "$window",
    ago: str = "",
    legend: str = "",
) -> Query:
    """Return the query of a sum over all workers, without a result while a part of the floor is missing."""
    means = OfSamples(metric, by, tuple((labels or {}).items()), window, ago=ago)
    return Query(whole(_samples(means, scope), ago), means, scope, legend)


def greatest(
    metric: str,
    by: tuple[str, ...] = (),
    *,
    scope: tuple[str, ...] = (),
    legend: str = "",
    more_than: float | None = None,
) -> Query:
    """Return the query of the maximum over all workers, if given only where it exceeds `more_than`."""
    means = OfSamples(metric, by, window=None, how="max", more_than=more_than)
    return Query(_over(_samples(means, scope), more_than), means, scope, legend)


def least(metric: str) -> Query:
    """Return the query of the minimum over all processes."""
    means = OfSamples(metric, window=None, how="min")
    return Query(_samples(means, ()), means, ())


def summed(metric: str, by: tuple[str, ...] = (), *, legend: str = "", **labels: str) -> Query:
    """Return the query of a sum over all workers, even while a part of the floor is missing."""
    means = OfSamples(metric, by, tuple(labels.items()), window=None)
    return Query(_samples(means, ()), means, (), legend)


def quotient(
    top: OfSamples, *bottom: OfSamples, scope: tuple[str, ...] = OWNER, legend: str = "", least: float = 0
) -> Query:
    """Return the query of a quotient that no rule records, without a result where `bottom` is 0, or below `least`."""
    below = " + ".join(_samples(one, scope) for one in bottom)
    below = f"({below})" if len(bottom) > 1 else below
    enough = f">= {least:g}" if least else "> 0"
    means = OfQuotient(top, bottom, least)
    return Query(whole(f"{_samples(top, scope)}\n/\n({below} {enough})"), means, scope, legend)


def quantile(share: float, buckets: OfSamples, scope: tuple[str, ...] = OWNER, legend: str = "") -> Query:
    """Return the query of a histogram's quantile that no rule records."""
    inner = _samples(buckets._replace(by=(*buckets.by, "le")), scope)
    return Query(whole(f"histogram_quantile({share}, {inner}) >= 0"), OfQuantile(share, buckets), scope, legend)


def number(of: float, legend: str = "") -> Query:
    """Return the query of a constant."""
    return Query(f"vector({of:g})", OfNumber(of), (), legend)


def rate(metric: str, by: tuple[str, ...] = (), *, legend: str = "", more_than: float | None = None) -> Query:
    """Return the query of a counter's rate a second, summed over all workers."""
    grown = f"sum{_by(by)}(rate({metric}[$__rate_interval]))"
    return Query(_over(grown, more_than), OfRate(metric, by, more_than), (), legend)


def rate_quantile(share: float, metric: str, *, legend: str = "") -> Query:
    """Return the query of a quantile of the latest observations of a histogram of the processes."""
    inner = f"sum by (le) (rate({metric}_bucket[$__rate_interval]))"
    return Query(f"histogram_quantile({share}, {inner}) >= 0", OfRateQuantile(share, metric), (), legend)


def age(metric: str, by: tuple[str, ...], how: str, *, legend: str = "") -> Query:
    """Return the query of the seconds since the greatest (or smallest) time in `metric`, without those that are 0."""
    return Query(f"time() - ({how}{_by(by)}({metric}) > 0)", OfAge(metric, by, how), (), legend)


def complete() -> Query:
    """Return the query of whether the floor is complete."""
    return Query(COMPLETE, OfComplete(), ())


def whole(expr: str, ago: str = "") -> str:
    """Return `expr`, which has no result while a part of the floor is missing."""
    return f"({expr})\nand on () {COMPLETE}{_ago(ago)} == 1"


def _value(kpi: str, by: tuple[str, ...], window: str, ago: str) -> str:
    """Return the PromQL of a KPI: the sums of what is chosen, divided."""
    formula, scope, level = BY_ID[kpi].formula, scope_of(kpi), level_of(BY_ID[kpi])
    if "channel" in by:
        scope, level = (*scope, "channel"), at.BY_CHANNEL[-1]
    chosen = matchers((name for name in scope if name != "channel"), window)

    def summed_up(name: str, *more: str, of: str = "") -> str:
        inner = ", ".join(part for part in (of, chosen) if part)
        return f"sum{_by((*by, *more))}({name}{{{inner}}}{_ago(ago)})"

    match formula:
        case Count():
            return summed_up(name_of(kpi, level))
        case Percentile(share=share, first=first):
            metric, labels = _histogram(first)
            fixed = ", ".join(f'{name}="{value}"' for name, value in labels)
            return whole(f"histogram_quantile({share}, {summed_up(metric, 'le', of=fixed)}) >= 0", ago)
        case Uplift():
            fast, slow = (
                "\n/\n".join(summed_up(f"ringboard_window_leads_{speed}{of}") for of in ("_qualified", ""))
                for speed in ("fast", "slow")
            )
            return whole(f"({fast})\n/\n({slow} > 0) >= 0", ago)
        case Cost():
            below = _leads(summed_up) if "channel" in by else summed_up(part_of(kpi, level, DENOMINATOR))
            matching = f"on ({', '.join(by)}) group_left ()"
            return f"{summed_up(SPEND, 'currency')}\n/ {matching}\n{below}"
        case _:
            above, below = (summed_up(part_of(kpi, level, part)) for part in (NUMERATOR, DENOMINATOR))
            return f"{above}\n/\n{below}"


def _leads(summed_up: Callable[[str], str]) -> str:
    return f"({summed_up('ringboard_window_channel_leads_requested')} > 0)"


def _histogram(first: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the buckets of a histogram that begins at the measure `first`, and the labels that select it."""
    if first in DELAYS:
        reached, clock = DELAYS[first]
        return f"{metric_defs.DELAYS.name}_bucket", (("reached", reached), ("clock", clock))
    return f"{PARTS_OF_DELAYS[first]}_bucket", ()


def _target(kpi: str) -> str:
    """Return the PromQL of the target: of all campaigns the floor's, of those chosen the one that asks for most."""
    of_floor, of_one = (target_of(kpi, campaign=campaign) for campaign in (False, True))
    if "campaign" not in scope_of(kpi):
        return f"max({of_floor})"
    one = matchers(("campaign",), None)
    # The floor's has no campaign: it matches only "all". There it may be NaN, and stands in the others' place.
    strictest = "min" if BY_ID[kpi].better == "down" else "max"
    return f"{strictest}({of_floor}{{{one}}} or on () {of_one}{{{one}}})"


def _samples(means: OfSamples, scope: tuple[str, ...]) -> str:
    fixed = (f'{name}="{value}"' for name, value in means.labels)
    inner = ", ".join(part for part in (*fixed, matchers(scope, means.window)) if part)
    selector = f"{means.metric}{{{inner}}}" if inner else means.metric
    return f"{means.how}{_by(means.by)}({selector}{_ago(means.ago)})"


def _by(labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(labels)}) " if labels else ""


def _over(expr: str, more_than: float | None) -> str:
    return expr if more_than is None else f"{expr} > {more_than:g}"


def _ago(ago: str) -> str:
    return f" offset {ago}" if ago else ""
