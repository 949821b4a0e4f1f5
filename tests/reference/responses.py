"""How fast requested leads were reached: in time, late, overdue; percentiles; what speed was worth."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from tests.reference.business import limit_instant, open_time
from tests.reference.calls import Attempt
from tests.reference.config import DAY, HOUR, MINUTE, Config
from tests.reference.leads import Lead
from tests.reference.windows import last_whole_minute

BOUNDS = tuple(
    [n * MINUTE for n in (1, 2, 5, 10, 15, 30)] + [n * HOUR for n in (1, 2, 4, 8)] + [n * DAY for n in (1, 2, 3, 7)],
)

Reached = Callable[[Lead], Attempt | None]


def first_attempt(lead: Lead) -> Attempt | None:
    return lead.attempts[0] if lead.attempts else None


def first_contact(lead: Lead) -> Attempt | None:
    return lead.contacts[0] if lead.contacts else None


def response_state(lead: Lead, reached: Reached, deadline: int | None, as_of: int) -> str:
    """One of `in time`, `late`, `overdue`, `dropped`, `pending`; a deadline of None never comes."""
    first = reached(lead)
    if first is not None:
        return "in time" if deadline is None or first.placed_at <= deadline else "late"
    if lead.closed is not None and (deadline is None or lead.closed <= deadline):
        return "dropped"
    if deadline is not None and deadline < last_whole_minute(as_of):
        return "overdue"
    return "pending"


def response_within(
    leads: Sequence[Lead],
    reached: Reached,
    limit: int,
    as_of: int,
    config: Config | None,
) -> tuple[int, int]:
    """Leads in time, and leads judged; by open time if `config` is given, else by the clock."""
    states = []
    for lead in leads:
        assert lead.requested is not None
        deadline = lead.requested + limit if config is None else limit_instant(lead.requested, limit, config)
        states.append(response_state(lead, reached, deadline, as_of))
    in_time = states.count("in time")
    return in_time, in_time + states.count("late") + states.count("overdue")


def delays(leads: Sequence[Lead], reached: Reached, config: Config | None) -> list[int]:
    """The ms from request to first attempt or contact, of those reached; open time if `config` is given."""
    spans = []
    for lead in leads:
        first = reached(lead)
        if first is not None:
            assert lead.requested is not None
            spans.append((lead.requested, first.placed_at))
    if config is None:
        return [end - begin for begin, end in spans]
    return [open_time(begin, end, config) for begin, end in spans]


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


def uplift(leads: Sequence[Lead]) -> dict[str, Any]:
    """The qualified share of leads contacted within the hour over that of leads contacted later."""
    contacted = [lead for lead in leads if lead.contacts]
    fast = [lead for lead in contacted if lead.contacts[0].placed_at <= (lead.requested or 0) + HOUR]
    slow = [lead for lead in contacted if lead not in fast]
    shares = [
        Fraction(sum(lead.qualified is not None for lead in group), len(group)) if group else None
        for group in (fast, slow)
    ]
    numerator, denominator = shares
    value = None if numerator is None or not denominator else numerator / denominator
    return {"value": value, "numerator": numerator, "denominator": denominator}
