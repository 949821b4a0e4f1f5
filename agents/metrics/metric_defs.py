"""Declares every metric of the floor once: its name, its kind, its labels, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stream.kpi import measures as m
from stream.kpi.measure_table import OWNER
from stream.web.metric import Kind, Metric

if TYPE_CHECKING:
    from stream.kpi.measure_table import Gauge


class Measured(NamedTuple):
    """A metric that is one measure of the slices, times `scale`."""

    metric: Metric
    measure: int
    scale: float = 1


class Detailed(NamedTuple):
    """A metric that is one measure by a detail, its last label; `fixed` are the values of the labels before that."""

    metric: Metric
    fixed: tuple[str, ...] = ()


_ADDS: Final = " Of this worker's partitions: sum over workers."


def _window(name: str, help_: str, labels: tuple[str, ...], kind: Kind = "gauge") -> Metric:
    return Metric(f"ringboard_{name}", kind, help_ + _ADDS, labels)


def _metric(gauge: Gauge, kind: Kind = "gauge") -> Metric:
    return _window(gauge.name, gauge.help, ("window", *gauge.labels), kind)


def _drawn(*labels: str) -> tuple[Measured, ...]:
    """Return the metrics of the table of measures that have these labels after that of the window, in its order."""
    return tuple(
        Measured(_metric(gauge), measure.number, gauge.scale)
        for measure in m.TABLE
        for gauge in (measure.metric, measure.rep_metric)
        if gauge is not None and gauge.labels == labels
    )


# What the windows add up to: sums, never ratios, so that workers, teams and campaigns add up.
BY_OWNER: Final = _drawn(*OWNER)

# By the rule of the profile that was broken; only where there is one, as most floors have no profile.
BREACHES: Final = _drawn(*OWNER, "rule")[0].metric
BY_RULE: Final = tuple(
    (measure.metric.value, measure.number)
    for measure in m.TABLE
    if measure.metric is not None and measure.metric.value is not None
)

# By rep, with names of their own, so that nobody adds them to the totals above; of two windows only.
REP_WINDOWS: Final = ("today", "30d")
BY_REP: Final = _drawn(*OWNER, "rep")

RESPONSES: Final = _drawn(*OWNER, "reached", "clock", "limit")
REACHED: Final = (("attempt", m.ATTEMPT), ("contact", m.CONTACT))
CLOCKS: Final = (("wall", m.WALL), ("business", m.BUSINESS))
LIMITS: Final = (("5m", m.WITHIN_5M), ("1h", m.WITHIN_1H))
DELAYS: Final = _drawn(*OWNER, "reached", "clock")[0].metric._replace(kind="gaugehistogram")

BY_QUEUE: Final = _drawn("queue")

# By a detail; only for values that occur, as the details are open lists.
CHANNEL_RESPONSE: Final = _window(
    "window_channel_response",
    "Leads requested in the window by a channel, by what became of the limit for their first attempt, by the clock on "
    "the wall: in_time, late, overdue.",
    ("window", "campaign", "limit", "outcome", "channel"),
)
OUTCOMES: Final = (("in_time", m.IN_TIME), ("late", m.LATE), ("overdue", m.OVERDUE))
BY_DETAIL: Final = {
    **{
        measure.number: Detailed(_metric(measure.detail_metric))
        for measure in m.TABLE
        if measure.detail_metric is not None
    },
    **{
        measure + m.response_index(m.ATTEMPT, m.WALL, by_limit): Detailed(CHANNEL_RESPONSE, (limit, outcome))
        for limit, by_limit in LIMITS
        for outcome, measure in OUTCOMES
    },
}
DISTRIBUTIONS: Final = (*_drawn("campaign", "after_attempts"), *_drawn("campaign", "after_noes"))
SPEND: Final = _window(
    "window_spend",
    "Spend in the window, in major units of its currency; two currencies never add up.",
    ("window", "campaign", "channel", "currency"),
)

LEADS_WAITING: Final = _window(
    "leads_waiting", "Leads that nobody has tried to reach yet, by age.", ("band", "campaign")
)
OLDEST_LEAD: Final = Metric(
    "ringboard_oldest_lead_waiting_seconds",
    "gauge",
    "Age of the oldest of these, 0 without one. Take the greatest of all workers.",
    ("campaign",),
)
LEADS_PAST: Final = _window(
    "leads_waiting_past",
    "Leads that nobody has tried to reach yet, and that have waited for longer than the limit.",
    ("limit", "clock", "campaign"),
)
OLDEST_LEAD_OPEN: Final = Metric(
    "ringboard_oldest_lead_waiting_business_seconds",
    "gauge",
    "For how long of the floor's opening hours the oldest of these has waited, 0 without one. Take the greatest of all "
    "workers.",
    ("campaign",),
)
QUEUE_DEPTH: Final = _window("queue_calls_waiting", "Calls that wait in the queue.", ("queue",))
QUEUE_OLDEST: Final = Metric(
    "ringboard_queue_oldest_wait_seconds",
    "gauge",
    "Age of the oldest of these, 0 without one. Take the greatest of all workers.",
    ("queue",),
)
REPS: Final = _window("reps", "Reps by the state they are in.", ("state", "team"))
TARGET_RATIO: Final = Metric(
    "ringboard_kpi_target_ratio",
    "gauge",
    "Target of a KPI that is a ratio; campaign is empty for the floor's. The same on every worker.",
    ("kpi", "campaign"),
)
TARGET_VALUE: Final = Metric(
    "ringboard_kpi_target_value",
    "gauge",
    "Target of a KPI that is no ratio, in its unit; campaign is empty for the floor's. The same on every worker.",
    ("kpi", "campaign", "unit"),
)

LABELS_OVER_LIMIT: Final = Metric(
    "ringboard_label_values_over_limit", "gauge", "Values of a label shown as other, past label_limit.", ("label",)
)
