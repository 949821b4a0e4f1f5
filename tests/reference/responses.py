"""How fast requested leads were reached: what their limits decided; percentiles; whose delay; what speed was worth."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from tests.reference.business import limit_instant, open_time
from tests.reference.calls import Attempt
from tests.reference.config import DAY, HOUR, MINUTE, Config
from tests.reference.leads import Lead
from tests.reference.windows import Window

BOUNDS = tuple(
    [n * MINUTE for n in (1, 2, 5, 10, 15, 30)] + [n * HOUR for n in (1, 2, 4, 8)] + [n * DAY for n in (1, 2, 3, 7)],
)

Reached = Callable[[Lead], Attempt | None]


def first_attempt(lead: Lead) -> Attempt | None:
    return lead.attempts[0] if lead.attempts else None


def first_contact(lead: Lead) -> Attempt | None:
    return lead.contacts[0] if lead.contacts else None


def what_the_limit_decided(lead: Lead, reached: Reached, limit: int) -> str:
    """One of `in time`, `not in time`, `dropped`, of a limit that has run out."""
    first = reached(lead)
    if first is not None and first.placed_at <= limit:
        return "in time"
    return "dropped" if lead.closed is not None and lead.closed <= limit else "not in time"


def response_within(
    leads: Sequence[Lead], reached: Reached, span: int, window: Window, config: Config | None
) -> tuple[int, int]:
    """Leads in time, and leads judged, of those whose limit ran out; by open time if `config` is given."""
    found = []
    for lead in leads:
        if lead.requested is not None:
            limit = lead.requested + span if config is None else limit_instant(lead.requested, span, config)
            if limit is not None and window.decides(limit):
                found.append(what_the_limit_decided(lead, reached, limit))
    in_time = found.count("in time")
    return in_time, in_time + found.count("not in time")


def delays(leads: Sequence[Lead], reached: Reached, window: Window, config: Config | None) -> list[int]:
    """The ms from the request, of the leads first reached in the window; open time if `config` is given."""
    spans = []
    for lead in leads:
        first = reached(lead)
        if lead.requested is not None and first is not None and window.has(first.placed_at):
            spans.append((lead.requested, first.placed_at))
    if config is None:
        return [end - begin for begin, end in spans]
    return [open_time(begin, end, config) for begin, end in spans]


def assignment_delays(leads: Sequence[Lead], window: Window) -> list[int]:
    """The ms from the request to the first assignment, of those first assigned in the window; 0 if that came first."""
    return [
        max(lead.assigned[0] - lead.requested, 0)
        for lead in leads
        if lead.requested is not None and lead.assigned and window.has(lead.assigned[0])
    ]


def rep_delays(leads: Sequence[Lead], window: Window) -> list[int]:
    """The ms from the latest assignment before the first attempt to that, of those first attempted in the window."""
    found = []
    for lead in leads:
        first = first_attempt(lead)
        if lead.requested is not None and first is not None and window.has(first.placed_at):
            before = [at for at in lead.assigned if at <= first.placed_at]
            if before:
                found.append(first.placed_at - max(before))
    return found


def percentile(of: Sequence[int], q: Fraction) -> Fraction | None:
    """Seconds, read from the histogram of these ms as PromQL's `histogram_quantile` reads it; None of none."""
    if not of:
        return None
    rank = q * len(of)
    lower, below = 0, 0
    for bound in BOUNDS:
        cumulative = sum(delay <= bound for delay in of)
        if cumulative >= rank:
            return (lower + (bound - lower) * (rank - below) / (cumulative - below)) / 1_000
        lower, below = bound, cumulative
    return Fraction(BOUNDS[-1], 1_000)


def uplift(leads: Sequence[Lead], window: Window) -> dict[str, Any]:
    """Of the requested leads closed in the window: the qualified share of those contacted within the hour, by later."""
    closed = [
        lead
        for lead in leads
        if lead.requested is not None and lead.contacts and lead.closed is not None and window.has(lead.closed)
    ]
    fast = [lead for lead in closed if lead.contacts[0].placed_at <= (lead.requested or 0) + HOUR]
    slow = [lead for lead in closed if lead not in fast]
    shares = [
        Fraction(sum(lead.qualified is not None for lead in group), len(group)) if group else None
        for group in (fast, slow)
    ]
    numerator, denominator = shares
    value = None if numerator is None or not denominator else numerator / denominator
    return {"value": value, "numerator": numerator, "denominator": denominator}
