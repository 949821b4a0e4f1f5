"""
Every measure, written down once: its number, its words, the moment it is counted by, the metric it leaves by.

The constants are the numbers themselves, as the slices have them. State that was made before a number was given, or
meant something else, is another state: raise `STATE_SCHEMA` (stream/journeys/state_schema.py) with every change here
but one of words or metrics.
"""

from __future__ import annotations

from typing import Final

from stream.kpi.measure_table import OWNER, Gauge, Measure, MeasureTable, Moment
from stream.kpi.rules import DELAY_BOUNDS

TABLE: Final = MeasureTable()


def _measure(
    number: int,
    name: str,
    *,
    en: str = "",
    fr: str = "",
    by: Moment | None = None,
    metric: Gauge | None = None,
    span: int = 1,
    detail: str | None = None,
    detail_metric: Gauge | None = None,
    rep_metric: Gauge | None = None,
) -> int:
    """Enter a measure into the table; return its number."""
    return TABLE.add(Measure(number, name, en, fr, by, metric, span, detail, detail_metric, rep_metric))


ATTEMPT, CONTACT = 0, 1  # what ends a response delay
WALL, BUSINESS = 0, 1  # the clock it is measured by
WITHIN_5M, WITHIN_1H = 0, 1  # the limit it is held to
MOST: Final = 15
"""Of attempts up to a contact, and of noes before a win, so many or more are counted as one."""
_BY_RESPONSE: Final = 8  # numbers, one for each `response_index`
_OF_A_DELAY: Final = 16  # numbers, of which a bucket has one each


def response_index(reached: int, clock: int, limit: int) -> int:
    """Return the place among the eight response measures of the one of `reached`, `clock` and `limit`."""
    return reached * 4 + clock * 2 + limit


def delay_index(reached: int, clock: int) -> int:
    """Return where the histogram of `reached` by `clock` begins, counted from `DELAY`."""
    return (reached * 2 + clock) * _OF_A_DELAY


_PLACED: Final = Moment("placed_at", "the placing of the attempt", "le moment de la tentative")
_LIMIT: Final = Moment("limit", "the moment the limit ran out", "l'échéance du délai")
_REQUEST: Final = Moment("request", "the request", "la demande")
_DIALLED: Final = Moment("first_attempt", "the first attempt", "la première tentative")
_REACHED: Final = Moment("first_contact", "the first contact", "le premier contact")
_FIRST: Final = Moment("reached", "the first attempt or contact", "la première tentative, ou le premier contact")
_ASSIGNED: Final = Moment("first_assignment", "the first assignment", "la première attribution")
_QUALIFICATION: Final = Moment("qualification", "the qualification", "la qualification")
_WIN: Final = Moment("win", "the win", "la vente")
_LOSS: Final = Moment("loss", "the loss", "l'abandon")
_CLOSING: Final = Moment("closing", "the closing of the lead", "la clôture du lead")
_ENDED: Final = Moment("end_of_risk", "the end of the risk", "la fin du risque")
_JOINED: Final = Moment("queue_joined", "joining the queue", "l'entrée dans la file")
_COUNTED: Final = Moment("counted", "when what they lead to counts", "le moment où compte ce qu'ils ont produit")
_PASSED: Final = Moment("time_passed", "when the time passed", "le moment où le temps s'écoule")

# Attempts, with the attempt's campaign, team and rep.

ATTEMPTS: Final = _measure(
    1,
    "attempts",
    en="attempts",
    fr="tentatives",
    by=_PLACED,
    metric=Gauge("window_attempts", "Attempts placed in the window."),
    rep_metric=Gauge("rep_attempts", "Attempts placed in the window, by rep.", (*OWNER, "rep")),
)
ANSWERED: Final = _measure(
    2,
    "answered",
    en="answered attempts",
    fr="tentatives décrochées",
    by=_PLACED,
    metric=Gauge("window_answered", "Attempts placed in the window and answered."),
)
CONTACTS: Final = _measure(
    3,
    "contacts",
    en="contacts",
    fr="contacts",
    by=_PLACED,
    metric=Gauge("window_contacts", "Attempts placed in the window that became a contact."),
    rep_metric=Gauge("rep_contacts", "Attempts of the window that became a contact, by rep.", (*OWNER, "rep")),
)
VOICEMAILS: Final = _measure(
    4,
    "voicemails",
    en="attempts that a voicemail took",
    fr="tentatives tombées sur une messagerie",
    by=_PLACED,
    metric=Gauge("window_voicemails", "Attempts placed in the window that a voicemail, a machine or a fax took."),
)

# Leads step by step, each by the moment of the earlier step, with the lead's campaign, team and rep.

DIALLED: Final = _measure(
    128,
    "dialled",
    en="leads first dialled",
    fr="leads appelés pour la première fois",
    by=_DIALLED,
    metric=Gauge("window_leads_dialled", "Leads first dialled in the window."),
)
DIALLED_CONTACTED: Final = _measure(
    129,
    "dialled_contacted",
    en="leads first dialled and contacted since",
    fr="leads appelés pour la première fois, puis joints",
    by=_DIALLED,
    metric=Gauge("window_leads_dialled_contacted", "Leads first dialled in the window and contacted since."),
)
DIALLED_DECIDED: Final = _measure(
    139,
    "dialled_decided",
    en="leads first dialled and contacted or closed since",
    fr="leads appelés pour la première fois, puis joints ou clos",
    by=_DIALLED,
    metric=Gauge("window_leads_dialled_decided", "Leads first dialled in the window and contacted or closed since."),
)
REQUESTED: Final = _measure(
    16,
    "requested",
    en="leads requested",
    fr="leads demandés",
    by=_REQUEST,
    metric=Gauge("window_leads_requested", "Leads requested in the window."),
    detail="channel",
    detail_metric=Gauge(
        "window_channel_leads_requested", "Leads requested in the window, by channel.", ("campaign", "channel")
    ),
)
REQUESTED_WON: Final = _measure(
    17,
    "requested_won",
    en="leads requested and won since",
    fr="leads demandés, puis gagnés",
    by=_REQUEST,
    metric=Gauge("window_leads_requested_won", "Leads requested in the window and won since."),
)
REQUESTED_DECIDED: Final = _measure(
    22,
    "requested_decided",
    en="leads requested and won, lost or gone cold since",
    fr="leads demandés, puis gagnés, perdus ou refroidis",
    by=_REQUEST,
    metric=Gauge("window_leads_requested_decided", "Leads requested in the window and won, lost or gone cold since."),
)
CONTACTED: Final = _measure(
    130,
    "contacted",
    en="leads first contacted",
    fr="leads joints pour la première fois",
    by=_REACHED,
    metric=Gauge("window_leads_contacted", "Leads first contacted in the window."),
)
CONTACTED_QUALIFIED: Final = _measure(
    131,
    "contacted_qualified",
    en="leads first contacted and qualified since",
    fr="leads joints pour la première fois, puis qualifiés",
    by=_REACHED,
    metric=Gauge("window_leads_contacted_qualified", "Leads first contacted in the window and qualified since."),
)
CONTACTED_DECIDED: Final = _measure(
    140,
    "contacted_decided",
    en="leads first contacted and qualified, won, lost or gone cold since",
    fr="leads joints pour la première fois, puis qualifiés, gagnés, perdus ou refroidis",
    by=_REACHED,
    metric=Gauge(
        "window_leads_contacted_decided",
        "Leads first contacted in the window and qualified, won, lost or gone cold since.",
    ),
)
QUALIFIED: Final = _measure(
    132,
    "qualified",
    en="leads qualified",
    fr="leads qualifiés",
    by=_QUALIFICATION,
    metric=Gauge("window_qualified", "Leads qualified in the window."),
    rep_metric=Gauge("rep_qualified", "Leads qualified in the window, by the rep who did.", (*OWNER, "rep")),
)
QUALIFIED_WON: Final = _measure(
    133,
    "qualified_won",
    en="leads qualified and won since",
    fr="leads qualifiés, puis gagnés",
    by=_QUALIFICATION,
    metric=Gauge("window_qualified_won", "Leads qualified in the window and won since."),
)
QUALIFIED_DECIDED: Final = _measure(
    141,
    "qualified_decided",
    en="leads qualified and won, lost or gone cold since",
    fr="leads qualifiés, puis gagnés, perdus ou refroidis",
    by=_QUALIFICATION,
    metric=Gauge("window_qualified_decided", "Leads qualified in the window and won, lost or gone cold since."),
)
WON: Final = _measure(
    134,
    "won",
    en="leads won",
    fr="leads gagnés",
    by=_WIN,
    metric=Gauge("window_won", "Leads won in the window."),
    rep_metric=Gauge("rep_won", "Leads won in the window, by the rep who did.", (*OWNER, "rep")),
)
WON_ONE_CONTACT: Final = _measure(
    135,
    "won_one_contact",
    en="leads won with a single contact",
    fr="leads gagnés avec un seul contact",
    by=_WIN,
    metric=Gauge("window_won_one_contact", "Leads won in the window with one contact."),
)
WON_FOUR_NOES: Final = _measure(
    136,
    "won_four_noes",
    en="leads won after four noes or more",
    fr="leads gagnés après quatre refus ou plus",
    by=_WIN,
    metric=Gauge("window_won_four_noes", "Leads won in the window after four noes or more."),
)
WON_OPPORTUNITIES: Final = _measure(
    142,
    "won_opportunities",
    en="opportunities won",
    fr="opportunités gagnées",
    by=_WIN,
    metric=Gauge("window_won_opportunities", "Leads won in the window that were qualified, whenever."),
)
LOST: Final = _measure(
    137,
    "lost",
    en="leads lost",
    fr="leads perdus",
    by=_LOSS,
    metric=Gauge("window_lost", "Leads lost in the window."),
    detail="reason",
    detail_metric=Gauge("window_reason_leads_lost", "Leads lost in the window, by reason.", ("campaign", "reason")),
)
LOST_EARLY: Final = _measure(
    138,
    "lost_early",
    en="leads lost with fewer than five attempts",
    fr="leads perdus après moins de cinq tentatives",
    by=_LOSS,
    metric=Gauge("window_lost_early", "Leads lost in the window with fewer than five attempts."),
)
LOST_FINALLY: Final = _measure(
    143,
    "lost_finally",
    en="leads lost and never won",
    fr="leads perdus et jamais gagnés",
    by=_LOSS,
    metric=Gauge("window_lost_finally", "Leads lost in the window and never won."),
)
LOST_OPPORTUNITIES: Final = _measure(
    23,
    "lost_opportunities",
    en="opportunities lost and never won",
    fr="opportunités perdues et jamais gagnées",
    by=_LOSS,
    metric=Gauge("window_lost_opportunities", "Leads lost in the window and never won that were qualified, whenever."),
)
COLD: Final = _measure(
    5,
    "cold",
    en="leads gone cold",
    fr="leads refroidis",
    by=_LIMIT,
    metric=Gauge(
        "window_leads_cold",
        "Leads neither won nor lost for which nothing was done for lead_cold_days, up to the window.",
    ),
)
COLD_OPPORTUNITIES: Final = _measure(
    6,
    "cold_opportunities",
    en="opportunities gone cold",
    fr="opportunités refroidies",
    by=_LIMIT,
    metric=Gauge("window_opportunities_cold", "Of ringboard_window_leads_cold, those qualified."),
)
TO_CONTACT: Final = _measure(
    144,
    "to_contact",
    en="attempts up to the first contact",
    fr="tentatives jusqu'au premier contact",
    by=_REACHED,
    metric=Gauge(
        "window_first_contacts",
        "Leads first contacted in the window, by the attempts that took (15: or more).",
        ("campaign", "after_attempts"),
    ),
    span=MOST + 1,
)
NOES: Final = _measure(
    160,
    "noes",
    en="noes before the win",
    fr="refus avant la vente",
    by=_WIN,
    metric=Gauge(
        "window_wins", "Leads won in the window, by the noes before (15: or more).", ("campaign", "after_noes")
    ),
    span=MOST + 1,
)

# How soon a lead was reached, with the lead's campaign, team and rep.

FAST: Final = _measure(
    18,
    "fast",
    en="leads first contacted within the hour",
    fr="leads joints dans l'heure",
    by=_CLOSING,
    metric=Gauge(
        "window_leads_fast", "Leads closed in the window that were first contacted within the hour of the request."
    ),
)
FAST_QUALIFIED: Final = _measure(
    19,
    "fast_qualified",
    en="leads first contacted within the hour and qualified since",
    fr="leads joints dans l'heure, puis qualifiés",
    by=_CLOSING,
    metric=Gauge("window_leads_fast_qualified", "Of ringboard_window_leads_fast, those qualified."),
)
SLOW: Final = _measure(
    20,
    "slow",
    en="leads first contacted later",
    fr="leads joints plus tard",
    by=_CLOSING,
    metric=Gauge("window_leads_slow", "Leads closed in the window that were first contacted later."),
)
SLOW_QUALIFIED: Final = _measure(
    21,
    "slow_qualified",
    en="leads first contacted later and qualified since",
    fr="leads joints plus tard, puis qualifiés",
    by=_CLOSING,
    metric=Gauge("window_leads_slow_qualified", "Of ringboard_window_leads_slow, those qualified."),
)
_HELD: Final = (*OWNER, "reached", "clock", "limit")
IN_TIME: Final = _measure(  # + `response_index`
    24,
    "in_time",
    en="leads reached in time",
    fr="leads atteints à temps",
    by=_LIMIT,
    metric=Gauge("window_response_in_time", "Leads whose limit ran out in the window, reached within it.", _HELD),
    span=_BY_RESPONSE,
    detail="channel",
)
LATE: Final = _measure(  # + `response_index`
    32,
    "late",
    en="leads not reached in time",
    fr="leads non atteints à temps",
    by=_LIMIT,
    metric=Gauge(
        "window_response_late", "Leads whose limit ran out in the window, open and not reached by then.", _HELD
    ),
    span=_BY_RESPONSE,
    detail="channel",
)
DELAY: Final = _measure(  # + `delay_index` + bucket
    64,
    "delay",
    en="delays of the leads reached",
    fr="délais des leads atteints",
    by=_FIRST,
    metric=Gauge(
        "window_response_delay_seconds",
        "Delay from the request to the first attempt or contact, of the leads so reached in the window.",
        (*OWNER, "reached", "clock"),
    ),
    span=delay_index(CONTACT, BUSINESS) + len(DELAY_BOUNDS) + 1,
)
ASSIGNMENT: Final = _measure(  # + bucket
    208,
    "assignment",
    en="delays from the request to the first assignment",
    fr="délais entre la demande et la première attribution",
    by=_ASSIGNED,
    metric=Gauge(
        "window_lead_assignment_seconds",
        "Delay from the request to the first assignment, of the leads first assigned in the window.",
    ),
    span=len(DELAY_BOUNDS) + 1,
)
REP_RESPONSE: Final = _measure(  # + bucket
    224,
    "rep_response",
    en="delays from the assignment to the first attempt",
    fr="délais entre l'attribution et la première tentative",
    by=_DIALLED,
    metric=Gauge(
        "window_rep_response_seconds",
        "Delay from the latest assignment to the first attempt, of the leads first called in the window.",
    ),
    span=len(DELAY_BOUNDS) + 1,
)

# Follow-ups, with the campaign, team and rep of the attempt that made them due.

KEPT: Final = _measure(
    9,
    "kept",
    en="follow-ups kept",
    fr="relances tenues",
    by=_LIMIT,
    metric=Gauge("window_follow_ups_kept", "Follow-ups whose limit ran out in the window, kept."),
)
MISSED: Final = _measure(
    10,
    "missed",
    en="follow-ups missed",
    fr="relances manquées",
    by=_LIMIT,
    metric=Gauge("window_follow_ups_missed", "Follow-ups whose limit ran out in the window, missed."),
)
WITHDRAWN: Final = _measure(
    11,
    "withdrawn",
    en="follow-ups withdrawn",
    fr="relances devenues sans objet",
    by=_LIMIT,
    metric=Gauge("window_follow_ups_withdrawn", "Follow-ups whose limit ran out in the window, withdrawn."),
)
DUE: Final = _measure(
    7,
    "due",
    en="follow-ups still to be made",
    fr="relances encore à faire",
    by=_LIMIT,
    metric=Gauge("window_follow_ups_still_due", "Of ringboard_window_follow_ups_missed, those still to be made."),
)
EARLY: Final = _measure(
    12,
    "early",
    en="attempts too soon after the one before",
    fr="tentatives trop rapprochées de la précédente",
    by=_PLACED,
    metric=Gauge(
        "window_follow_ups_early", "Attempts sooner after the one before to the same lead than good spacing allows."
    ),
)
PRESSING: Final = _measure(
    13,
    "pressing",
    en="attempts that are at least the fourth to one lead in less than 24 h",
    fr="tentatives qui sont au moins la quatrième vers un lead en moins de 24 h",
    by=_PLACED,
    metric=Gauge("window_pressing_attempts", "Attempts at least the fourth to one lead in less than 24 h."),
)

# Risks, with the campaign and rep of the event that began them.

RISKS_KEPT: Final = _measure(
    177,
    "risks_kept",
    en="risks that ended well",
    fr="risques qui ont bien fini",
    by=_ENDED,
    metric=Gauge(
        "window_risks_kept", "Customers' risks that ended well in the window, or of which nothing more was heard."
    ),
)
RISKS_LOST: Final = _measure(
    178,
    "risks_lost",
    en="risks that ended in a loss",
    fr="risques qui ont fini par une perte",
    by=_ENDED,
    metric=Gauge("window_risks_lost", "Customers' risks that ended in a loss in the window."),
)

# Time of reps, with their team.

ON_CONTACT_MS: Final = _measure(
    201,
    "on_contact_ms",
    en="time talking and in wrap-up",
    fr="temps de conversation et de post-appel",
    by=_PASSED,
    metric=Gauge("window_rep_on_contact_seconds", "Time of reps in talk or wrap-up in the window.", scale=0.001),
)
IDLE_MS: Final = _measure(
    202,
    "idle_ms",
    en="time available",
    fr="temps disponible",
    by=_PASSED,
    metric=Gauge("window_rep_idle_seconds", "Time of reps free for a contact in the window.", scale=0.001),
)

# Legal pacing, where a profile is set: by the attempt that broke a rule of it, with its campaign, team and rep.

_BREACHES: Final = Gauge(
    "window_pacing_breaches",
    "Attempts placed in the window that broke a rule of legal_pacing: too_often, outside_hours, too_soon.",
    (*OWNER, "rule"),
)
TOO_OFTEN: Final = _measure(
    184,
    "too_often",
    en="attempts too often",
    fr="tentatives trop fréquentes",
    by=_PLACED,
    metric=_BREACHES._replace(value="too_often"),
)
OUTSIDE_HOURS: Final = _measure(
    185,
    "outside_hours",
    en="attempts outside the hours",
    fr="tentatives hors horaires",
    by=_PLACED,
    metric=_BREACHES._replace(value="outside_hours"),
)
TOO_SOON: Final = _measure(
    186,
    "too_soon",
    en="attempts too soon after a refusal",
    fr="tentatives trop tôt après un refus",
    by=_PLACED,
    metric=_BREACHES._replace(value="too_soon"),
)

# Inbound calls, by queue; times in ms.

_QUEUE: Final = ("queue",)
OFFERED: Final = _measure(
    192,
    "offered",
    en="calls offered",
    fr="appels présentés",
    by=_JOINED,
    metric=Gauge("window_queue_offered", "Calls that joined the queue in the window.", _QUEUE),
    detail="queue",
)
QUEUE_ANSWERED: Final = _measure(
    193,
    "queue_answered",
    en="calls answered",
    fr="appels décrochés",
    by=_JOINED,
    metric=Gauge("window_queue_answered", "Of them, those answered.", _QUEUE),
    detail="queue",
)
ANSWERED_WAIT_KNOWN: Final = _measure(
    203,
    "answered_wait_known",
    en="calls answered whose wait is known",
    fr="appels décrochés dont l'attente est connue",
    by=_JOINED,
    metric=Gauge("window_queue_answered_wait_known", "Of them, those answered whose wait is known.", _QUEUE),
    detail="queue",
)
ANSWERED_WITHIN: Final = _measure(
    197,
    "answered_within",
    en="calls answered within the limit",
    fr="appels décrochés dans le délai",
    by=_JOINED,
    metric=Gauge(
        "window_queue_answered_within", "Of them, those answered within the limit of the service level.", _QUEUE
    ),
    detail="queue",
)
ABANDONED: Final = _measure(
    194,
    "abandoned",
    en="calls abandoned",
    fr="appels abandonnés",
    by=_JOINED,
    metric=Gauge("window_queue_abandoned", "Of them, those whose caller gave up.", _QUEUE),
    detail="queue",
)
ABANDONED_WITHIN: Final = _measure(
    198,
    "abandoned_within",
    en="calls not answered that left within the limit",
    fr="appels non décrochés sortis dans le délai",
    by=_JOINED,
    metric=Gauge("window_queue_unanswered_within", "Of them, those not answered that left within the limit.", _QUEUE),
    detail="queue",
)
TIMED_OUT: Final = _measure(
    195,
    "timed_out",
    en="calls sent on by a time-out",
    fr="appels renvoyés à l'échéance",
    by=_JOINED,
    metric=Gauge("window_queue_timed_out", "Of them, those that the queue sent on.", _QUEUE),
    detail="queue",
)
UNANSWERED_WAIT_KNOWN: Final = _measure(
    204,
    "unanswered_wait_known",
    en="calls not answered whose wait is known",
    fr="appels non décrochés dont l'attente est connue",
    by=_JOINED,
    metric=Gauge(
        "window_queue_unanswered_wait_known", "Of them, those that left unanswered whose wait is known.", _QUEUE
    ),
    detail="queue",
)
WAIT_MS: Final = _measure(
    196,
    "wait_ms",
    en="waiting time of the calls answered",
    fr="attente des appels décrochés",
    by=_JOINED,
    metric=Gauge(
        "window_queue_wait_seconds", "Time that the answered ones had waited, where it is known.", _QUEUE, 0.001
    ),
    detail="queue",
)
HANDLED: Final = _measure(
    199,
    "handled",
    en="answered calls whose talk is known",
    fr="appels décrochés dont la conversation est connue",
    by=_JOINED,
    metric=Gauge("window_queue_handled", "Of them, those answered whose talk is known.", _QUEUE),
    detail="queue",
)
HANDLE_MS: Final = _measure(
    200,
    "handle_ms",
    en="talk, hold and wrap-up of the answered calls whose talk is known",
    fr="conversation, attente et post-appel des appels décrochés dont la conversation est connue",
    by=_JOINED,
    metric=Gauge("window_queue_handle_seconds", "Talk, hold and wrap-up of these.", _QUEUE, 0.001),
    detail="queue",
)

# What is not real.

SIMULATED: Final = _measure(
    240,
    "simulated",
    en="all that simulated events add to sums",
    fr="tout ce que des événements simulés ajoutent aux sommes",
    by=_COUNTED,
    metric=Gauge("window_simulated", "More than 0 where some of what counts in the window is simulated."),
)
