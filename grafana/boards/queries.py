"""The queries of the panels, each with what its result must equal by the API: a test compares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from grafana.boards.selection import matchers
from grafana.rules.recording import levels_of, name_of, target_of
from stream.kpi.catalogue import BY_ID
from stream.kpi.formulas import Cost

if TYPE_CHECKING:
    from collections.abc import Mapping

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


class OfTarget(NamedTuple):
    """Equal to the target of `kpi` in the API."""

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
    """Equal to the quotient of two such sums."""

    top: OfSamples
    bottom: tuple[OfSamples, ...]


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
    """Return the query of a KPI for the selected variables, from the recording rule of that level."""
    scope = scope_of(kpi)
    return Query(_value(kpi, by, window, ago), OfKpi(kpi, by, window, ago), scope, legend)


def target(kpi: str, legend: str = "") -> Query:
    """Return the query of a KPI's target: the selected campaign's, else the floor's."""
    return Query(_target(kpi), OfTarget(kpi), scope_of(kpi), legend)


def target_reached(kpi: str, legend: str = "") -> Query:
    """Return the query of the reached share of a target: 1 and more is good, whichever way is better; at most 2."""
    now, aim = f"({_value(kpi, (), '$window', '')}) + {_LEAST}", f"{_target(kpi)} + {_LEAST}"
    if BY_ID[kpi].better == "up":
        quotient = f"({now}) / on () group_left () ({aim})"
    else:
        quotient = f"({aim}) / on () group_right () ({now})"
    # Rounded down, so that nothing just short of its target is written as 100 %.
    return Query(f"floor(100 * clamp_max({quotient}, 2)) / 100", OfTargetReached(kpi), scope_of(kpi), legend)


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


def quotient(top: OfSamples, *bottom: OfSamples, scope: tuple[str, ...] = OWNER, legend: str = "") -> Query:
    """Return the query of a quotient that no rule records, without a result where `bottom` is 0."""
    below = " + ".join(_samples(one, scope) for one in bottom)
    return Query(whole(f"{_samples(top, scope)} / (({below}) > 0)"), OfQuotient(top, bottom), scope, legend)


def quantile(share: float, buckets: OfSamples, scope: tuple[str, ...] = OWNER, legend: str = "") -> Query:
    """Return the query of a histogram's quantile that no rule records."""
    inner = _samples(buckets._replace(by=(*buckets.by, "le")), scope)
    return Query(whole(f"histogram_quantile({share}, {inner}) >= 0"), OfQuantile(share, buckets), scope, legend)


def number(of: float, legend: str = "") -> Query:
    """Return the query of a constant."""
    return Query(f"vector({of:g})", OfNumber(of), (), legend)


def rate(metric: str, by: tuple[str, ...] = (), *, legend: str = "", more_than: float | None = None) -> Query:
    """Return the query of a counter's rate a second, summed over all workers."""
    grown = f"sum{_by(by)} (rate({metric}[$__rate_interval]))"
    return Query(_over(grown, more_than), OfRate(metric, by, more_than), (), legend)


def rate_quantile(share: float, metric: str, *, legend: str = "") -> Query:
    """Return the query of a quantile of the latest observations of a histogram of the processes."""
    inner = f"sum by (le) (rate({metric}_bucket[$__rate_interval]))"
    return Query(f"histogram_quantile({share}, {inner}) >= 0", OfRateQuantile(share, metric), (), legend)


def age(metric: str, by: tuple[str, ...], how: str, *, legend: str = "") -> Query:
    """Return the query of the seconds since the greatest (or smallest) time in `metric`, without those that are 0."""
    return Query(f"time() - ({how}{_by(by)} ({metric}) > 0)", OfAge(metric, by, how), (), legend)


def complete() -> Query:
    """Return the query of whether the floor is complete."""
    return Query(COMPLETE, OfComplete(), ())


def whole(expr: str, ago: str = "") -> str:
    """Return `expr`, which has no result while a part of the floor is missing."""
    return f"({expr}) and on () ({COMPLETE}{_ago(ago)} == 1)"


def _value(kpi: str, by: tuple[str, ...], window: str, ago: str) -> str:
    """
    Return the PromQL of the recording rule with the fewest labels that fits the selected variables.

    A label that a rule lacks matches only "all", so the first rule with a result is the right one.
    """
    scope = scope_of(kpi)
    labels = (*by, *(("currency",) if isinstance(BY_ID[kpi].formula, Cost) and "currency" not in by else ()))
    levels = [
        level
        for level in levels_of(BY_ID[kpi])
        if set(labels) <= set(level.labels) and set(level.labels) <= {*labels, *scope, "window"}
    ]
    levels.sort(key=lambda level: len(level.labels))
    chosen = matchers(scope, window)
    rules = f" or on ({', '.join(by)}) ".join(f"{name_of(kpi, level)}{{{chosen}}}{_ago(ago)}" for level in levels)
    return f"max{_by(labels)} ({rules})"


def _target(kpi: str) -> str:
    """Return the PromQL of the selected campaign's target; while none is selected, the floor's."""
    if "campaign" not in scope_of(kpi):
        return f"max({target_of(kpi, campaign=False)})"
    one = matchers(("campaign",), None)
    of_floor, of_one = (target_of(kpi, campaign=campaign) for campaign in (False, True))
    return f"max({of_floor}{{{one}}} or on () ({of_one}{{{one}}} unless on () {COMPLETE}{{{one}}}))"


def _samples(means: OfSamples, scope: tuple[str, ...]) -> str:
    inner = ",".join(
        part for part in (*(f'{name}="{value}"' for name, value in means.labels), matchers(scope, means.window)) if part
    )
    selector = f"{means.metric}{{{inner}}}" if inner else means.metric
    return f"{means.how}{_by(means.by)} ({selector}{_ago(means.ago)})"


def _by(labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(labels)})" if labels else ""


def _over(expr: str, more_than: float | None) -> str:
    return expr if more_than is None else f"{expr} > {more_than:g}"


def _ago(ago: str) -> str:
    return f" offset {ago}" if ago else ""
