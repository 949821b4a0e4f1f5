"""Spend, spread over time exactly: every slice of it is a whole number of minor units, and they add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.kpi.facts import Spend
    from stream.kpi.windows import Span


def spent_until(spend: Spend, instant: int) -> int:
    """
    Return the part of `spend` that lies before `instant` (ms), in minor units, rounded half up.

    The amount is spread evenly over [start, end); a slice of it is the difference of two of these.
    """
    gone = min(max(instant, spend.start), spend.end) - spend.start
    whole = spend.end - spend.start
    return (2 * spend.amount * gone + whole) // (2 * whole)


def spent_within(spend: Spend, span: Span) -> int:
    """Return the part of `spend` that lies in the slices of `span`; the running slice counts to its end."""
    return spent_until(spend, span.end) - spent_until(spend, span.start)


def spend_by_currency(spends: Iterable[Spend], span: Span, campaign: str | None) -> dict[str, int]:
    """Add up the spend in `span`, whenever it was recorded, of one campaign or all, in minor units by currency."""
    totals: dict[str, int] = {}
    for spend in spends:
        if campaign in (None, spend.campaign):
            part = spent_within(spend, span)
            if part:
                totals[spend.currency] = totals.get(spend.currency, 0) + part
    return totals
