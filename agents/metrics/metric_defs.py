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
BY_OWNER: Final = tuple(one for one in _drawn(*OWNER) if m.TABLE[one.measure].span == 1)
PARTS_OF_DELAYS: Final = tuple(
    one._replace(metric=one.metric._replace(kind="gaugehistogram"))
    for one in _drawn(*OWNER)
    if m.TABLE[one.measure].span > 1
)

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
    "Leads whose limit for the first attempt, by the clock on the wall, ran out in the window, by channel and by "
    "whether they were called by then: in_time, late.",
    ("window", "campaign", "limit", "outcome", "channel"),
)
OUTCOMES: Final = (("in_time", m.IN_TIME), ("late", m.LATE))
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
LEADS_PAST_LIMIT: Final = _window(
    "leads_past_limit",
    "Leads that nobody has tried to reach yet, past a stage of their own limit by lead_limit_clock: warned, overdue, "
    "escalated, a later one in the earlier ones too. None while the floor is closed, where only its hours count.",
    ("stage", "campaign"),
)
LEADS_GIVEN_UP: Final = _window(
    "leads_given_up",
    "Leads that nobody has tried to reach for lead_alarm_days: they alarm nobody, and are in no other count of these.",
    ("campaign",),
)
FOLLOW_UPS_DUE: Final = _window(
    "follow_ups_due",
    "Follow-ups still to be made, by when their limit runs out: late (within 7 days past), 1h, 4h, today, tomorrow; "
    "each in the first of these.",
    ("band", "campaign", "team"),
)
REP_FOLLOW_UPS_DUE: Final = _window(
    "rep_follow_ups_due",
    "The same by rep, of the attempt that made it due, in all campaigns; only for reps who have any.",
    ("band", "team", "rep"),
)
CUSTOMERS_AT_RISK: Final = _window(
    "customers_at_risk", "Customers at risk now, by the campaign of its beginning.", ("campaign",)
)
OLDEST_LEAD_OPEN: Final = Metric(
    "ringboard_oldest_lead_waiting_business_seconds",
    "gauge",
    "For how long of the floor's opening hours the oldest of these has waited, 0 without one. Take the greatest of all "
    "workers.",
    ("campaign",),
)
LEAD_LIMIT_CLOCK: Final = Metric(
    "ringboard_lead_limit_clock",
    "gauge",
    "1 for the clock that leads are judged by (lead_limit_clock), 0 for the other. The same on every worker.",
    ("clock",),
)
QUEUE_DEPTH: Final = _window("queue_calls_waiting", "Calls that wait in the queue.", ("queue",))
QUEUE_OLDEST: Final = Metric(
    "ringboard_queue_oldest_wait_seconds",
    "gauge",
    "Age of the oldest of these, 0 without one. Take the greatest of all workers.",
    ("queue",),
)
REPS: Final = _window(
    "reps", "Reps by the state they are in; unknown: none was heard of for 4 hours.", ("state", "team")
)
REP_STATE_SECONDS: Final = Metric(
    "ringboard_rep_state_seconds",
    "gauge",
    "For how long each rep has been in the present state, but those who are offline, or of whom that is unknown.",
    ("rep", "team", "state"),
)

# The 30 days by hour of the week. An hour in which nothing was placed has no samples: there are 168 for each campaign.
BY_WEEK_HOUR: Final = tuple(
    Measured(
        _window(
            f"hour_of_week_{name}",
            f"{what}, by the hour of the week of the floor's clock in which they were placed: day 1 is Monday, hour 0 "
            "begins at midnight.",
            ("campaign", "day", "hour"),
        ),
        measure,
    )
    for name, what, measure in (
        ("attempts", "Attempts of the last 30 days", m.ATTEMPTS),
        ("answered", "Attempts of the last 30 days that were answered", m.ANSWERED),
        ("contacts", "Attempts of the last 30 days that became a contact", m.CONTACTS),
    )
)
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
