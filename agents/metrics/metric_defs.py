"""Declares every metric of the floor once: its name, its kind, its labels, and what it means."""

from __future__ import annotations

from typing import Final, NamedTuple

from stream.kpi import measures as m
from stream.web.metric import Kind, Metric


class Measured(NamedTuple):
    """A metric that is one measure of the slices, times `scale`."""

    metric: Metric
    measure: int
    scale: float = 1


class Detailed(NamedTuple):
    """A metric that is one measure by a detail, its last label; `fixed` are the values of the labels before that."""

    metric: Metric
    fixed: tuple[str, ...] = ()


_OWNER: Final = ("window", "campaign", "team")
_REP: Final = (*_OWNER, "rep")
_ADDS: Final = " Of this worker's partitions: sum over workers."


def _window(name: str, help_: str, labels: tuple[str, ...] = _OWNER, kind: Kind = "gauge") -> Metric:
    return Metric(f"ringboard_{name}", kind, help_ + _ADDS, labels)


# The windows: sums, never ratios, so that they can be added up over workers, teams and campaigns.
BY_OWNER: Final = (
    Measured(_window("window_attempts", "Attempts placed in the window."), m.ATTEMPTS),
    Measured(_window("window_answered", "Attempts placed in the window and answered."), m.ANSWERED),
    Measured(_window("window_contacts", "Attempts placed in the window that became a contact."), m.CONTACTS),
    Measured(_window("window_leads_dialled", "Leads first dialled in the window."), m.DIALLED),
    Measured(
        _window("window_leads_dialled_contacted", "Leads first dialled in the window and contacted since."),
        m.DIALLED_CONTACTED,
    ),
    Measured(_window("window_leads_requested", "Leads requested in the window."), m.REQUESTED),
    Measured(_window("window_leads_requested_won", "Leads requested in the window and won since."), m.REQUESTED_WON),
    Measured(_window("window_leads_contacted", "Leads first contacted in the window."), m.CONTACTED),
    Measured(
        _window("window_leads_contacted_qualified", "Leads first contacted in the window and qualified since."),
        m.CONTACTED_QUALIFIED,
    ),
    Measured(_window("window_qualified", "Leads qualified in the window."), m.QUALIFIED),
    Measured(_window("window_qualified_won", "Leads qualified in the window and won since."), m.QUALIFIED_WON),
    Measured(_window("window_won", "Leads won in the window."), m.WON),
    Measured(_window("window_won_one_contact", "Leads won in the window with one contact."), m.WON_ONE_CONTACT),
    Measured(_window("window_won_four_noes", "Leads won in the window after four noes or more."), m.WON_FOUR_NOES),
    Measured(_window("window_lost", "Leads lost in the window."), m.LOST),
    Measured(_window("window_lost_early", "Leads lost in the window with fewer than five attempts."), m.LOST_EARLY),
    Measured(
        _window("window_leads_fast", "Leads requested in the window and first contacted within the hour."), m.FAST
    ),
    Measured(
        _window("window_leads_fast_qualified", "Of ringboard_window_leads_fast, those qualified."), m.FAST_QUALIFIED
    ),
    Measured(_window("window_leads_slow", "Leads requested in the window and first contacted later."), m.SLOW),
    Measured(
        _window("window_leads_slow_qualified", "Of ringboard_window_leads_slow, those qualified."), m.SLOW_QUALIFIED
    ),
    Measured(_window("window_follow_ups_kept", "Follow-ups that the window's attempts made due, kept."), m.KEPT),
    Measured(_window("window_follow_ups_missed", "Follow-ups that the window's attempts made due, missed."), m.MISSED),
    Measured(
        _window("window_follow_ups_withdrawn", "Follow-ups that the window's attempts made due, withdrawn."),
        m.WITHDRAWN,
    ),
    Measured(_window("window_follow_ups_early", "Follow-ups kept sooner than good spacing allows."), m.EARLY),
    Measured(
        _window("window_pressing_attempts", "Attempts at least the fourth to one lead in less than 24 h."), m.PRESSING
    ),
    Measured(_window("window_risks", "Customers' risks that began in the window."), m.RISKS),
    Measured(_window("window_risks_kept", "Risks that began in the window and ended well."), m.RISKS_KEPT),
    Measured(_window("window_risks_lost", "Risks that began in the window and ended in a loss."), m.RISKS_LOST),
    Measured(
        _window("window_rep_on_contact_seconds", "Time of reps in talk or wrap-up in the window."),
        m.ON_CONTACT_MS,
        0.001,
    ),
    Measured(_window("window_rep_idle_seconds", "Time of reps free for a contact in the window."), m.IDLE_MS, 0.001),
)

# By the rule that was broken; only where it was, as most floors have no profile of legal_pacing.
BREACHES: Final = _window(
    "window_pacing_breaches",
    "Attempts placed in the window that broke a rule of legal_pacing: too_often, outside_hours, too_soon.",
    (*_OWNER, "rule"),
)
BY_RULE: Final = (("too_often", m.TOO_OFTEN), ("outside_hours", m.OUTSIDE_HOURS), ("too_soon", m.TOO_SOON))

# By rep, with names of their own, so that nobody adds them to the totals above; of two windows only.
REP_WINDOWS: Final = ("today", "30d")
BY_REP: Final = (
    Measured(_window("rep_attempts", "Attempts placed in the window, by rep.", _REP), m.ATTEMPTS),
    Measured(_window("rep_contacts", "Attempts of the window that became a contact, by rep.", _REP), m.CONTACTS),
    Measured(_window("rep_qualified", "Leads qualified in the window, by the rep who did.", _REP), m.QUALIFIED),
    Measured(_window("rep_won", "Leads won in the window, by the rep who did.", _REP), m.WON),
)

_HELD: Final = (*_OWNER, "reached", "clock", "limit")
RESPONSES: Final = (
    Measured(
        _window("window_response_in_time", "Leads requested in the window and reached within the limit.", _HELD),
        m.IN_TIME,
    ),
    Measured(_window("window_response_late", "Leads requested in the window and reached after it.", _HELD), m.LATE),
    Measured(
        _window("window_response_overdue", "Leads requested in the window, never reached, past the limit.", _HELD),
        m.OVERDUE,
    ),
)
REACHED: Final = (("attempt", m.ATTEMPT), ("contact", m.CONTACT))
CLOCKS: Final = (("wall", m.WALL), ("business", m.BUSINESS))
LIMITS: Final = (("5m", m.WITHIN_5M), ("1h", m.WITHIN_1H))
DELAYS: Final = _window(
    "window_response_delay_seconds",
    "Delay from the request to the first attempt or contact, of the leads requested in the window and reached.",
    (*_OWNER, "reached", "clock"),
    "gaugehistogram",
)

BY_QUEUE: Final = tuple(
    Measured(_window(f"window_queue_{name}", help_, ("window", "queue")), measure, scale)
    for name, help_, measure, scale in (
        ("offered", "Calls that joined the queue in the window.", m.OFFERED, 1),
        ("answered", "Of them, those answered.", m.QUEUE_ANSWERED, 1),
        ("answered_within", "Of them, those answered within the limit of the service level.", m.ANSWERED_WITHIN, 1),
        ("abandoned", "Of them, those whose caller gave up.", m.ABANDONED, 1),
        ("unanswered_within", "Of them, those not answered that left within the limit.", m.ABANDONED_WITHIN, 1),
        ("timed_out", "Of them, those that the queue sent on.", m.TIMED_OUT, 1),
        ("wait_seconds", "Time that the answered ones had waited.", m.WAIT_MS, 0.001),
        ("handled", "Of them, those whose whole call is known.", m.HANDLED, 1),
        ("handle_seconds", "Talk, hold and wrap-up of these.", m.HANDLE_MS, 0.001),
    )
)

# By a detail; only for values that occur, as the details are open lists.
CHANNEL_RESPONSE: Final = _window(
    "window_channel_response",
    "Leads requested in the window by a channel, by what became of the limit for their first attempt, by the clock on "
    "the wall: in_time, late, overdue.",
    ("window", "campaign", "limit", "outcome", "channel"),
)
OUTCOMES: Final = (("in_time", m.IN_TIME), ("late", m.LATE), ("overdue", m.OVERDUE))
BY_DETAIL: Final = {
    m.REQUESTED: Detailed(
        _window(
            "window_channel_leads_requested",
            "Leads requested in the window, by channel.",
            ("window", "campaign", "channel"),
        )
    ),
    m.LOST: Detailed(
        _window("window_reason_leads_lost", "Leads lost in the window, by reason.", ("window", "campaign", "reason"))
    ),
    **{
        measure + m.response_index(m.ATTEMPT, m.WALL, by_limit): Detailed(CHANNEL_RESPONSE, (limit, outcome))
        for limit, by_limit in LIMITS
        for outcome, measure in OUTCOMES
    },
}
DISTRIBUTIONS: Final = (
    Measured(
        _window(
            "window_first_contacts",
            "Leads first contacted in the window, by the attempts that took (15: or more).",
            ("window", "campaign", "after_attempts"),
        ),
        m.TO_CONTACT,
    ),
    Measured(
        _window(
            "window_wins",
            "Leads won in the window, by the noes before (15: or more).",
            ("window", "campaign", "after_noes"),
        ),
        m.NOES,
    ),
)
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
