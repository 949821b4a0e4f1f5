"""Lead response time: how soon a requested lead was reached, and whether within the limits."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.kpi.cells import limit_slot
from stream.kpi.codes import detailed, ripening
from stream.kpi.measures import (
    ATTEMPT,
    BUSINESS,
    CONTACT,
    DELAY,
    IN_TIME,
    LATE,
    WALL,
    delay_index,
    response_index,
)
from stream.kpi.rules import DELAY_BOUNDS, LIMITS, MINUTE

if TYPE_CHECKING:
    from stream.kpi.calendar import BusinessCalendar
    from stream.kpi.cells import Slot
    from stream.kpi.codes import Code

_LIMITS: Final = [
    (span, clock, response_index(ATTEMPT, clock, limit), response_index(CONTACT, clock, limit))
    for limit, span in enumerate(LIMITS)
    for clock in (WALL, BUSINESS)
]
"""Each limit by each clock, and where among the response measures an attempt and a contact by it are."""


def bucket_of(delay: int) -> int:
    """Return the bucket of the histograms of delays that `delay` (ms) belongs to."""
    return bisect_left(DELAY_BOUNDS, delay)


class Response(NamedTuple):
    """How a lead was responded to: what its limits decide, codes by slot; and how long it had waited when reached."""

    limits: tuple[tuple[Slot, tuple[Code, ...]], ...]
    attempted: tuple[Code, ...]
    contacted: tuple[Code, ...]


@lru_cache(maxsize=16_384)
def response_of(  # noqa: PLR0917  by position they are faster to remember
    requested_at: int,
    attempt_at: int | None,
    contact_at: int | None,
    closed: int | None,
    business: BusinessCalendar,
    channel: str | None,
) -> Response:
    """
    Return how a lead requested at `requested_at` was responded to.

    `attempt_at` and `contact_at` are the first attempt and the first contact that count for it, `closed` the moment it
    closed; each may be None. Of a lead that came by a `channel`, the first attempt by the wall clock is also counted by
    that channel.
    """
    # Remembered, as most changes of a lead leave these moments as they are.
    return Response(
        response_limits(requested_at, attempt_at, contact_at, closed, business, channel=channel),
        () if attempt_at is None else delay_codes(ATTEMPT, requested_at, attempt_at, business),
        () if contact_at is None else delay_codes(CONTACT, requested_at, contact_at, business),
    )


def delay_codes(reached: int, requested_at: int, at: int, business: BusinessCalendar) -> tuple[Code, Code]:
    """Return how long a lead had waited when it was `reached` (by an attempt or a contact), by both clocks."""
    return (
        DELAY + delay_index(reached, WALL) + bucket_of(at - requested_at),
        DELAY + delay_index(reached, BUSINESS) + bucket_of(business.elapsed(requested_at, at)),
    )


def response_limits(
    requested_at: int,
    attempt_at: int | None,
    contact_at: int | None,
    closed: int | None,
    business: BusinessCalendar,
    *,
    channel: str | None = None,
) -> tuple[tuple[Slot, tuple[Code, ...]], ...]:
    """Return what the limits of a lead decide, as `response_of` has it: codes by slot, each with its minute."""
    slots: dict[Slot, tuple[Code, ...]] = {}
    for span, clock, of_attempt, of_contact in _LIMITS:
        runs_out = requested_at + span if clock == WALL else business.after(requested_at, span)
        if runs_out is None:  # the floor never opens
            continue
        minute = runs_out // MINUTE
        codes: tuple[Code, ...] = ()
        outcome = _outcome(attempt_at, closed, runs_out)
        if outcome is not None:
            code = ripening(outcome + of_attempt, minute)
            codes = (code, detailed(code, channel)) if channel and clock == WALL else (code,)
        outcome = _outcome(contact_at, closed, runs_out)
        if outcome is not None:
            codes += (ripening(outcome + of_contact, minute),)
        if codes:
            slot = limit_slot(minute)
            slots[slot] = slots.get(slot, ()) + codes
    return tuple(slots.items())


def _outcome(reached_at: int | None, closed: int | None, limit: int) -> int | None:
    """Return whether a lead was reached in time or not; None if it closed before that could be told."""
    if reached_at is not None and reached_at <= limit:
        return IN_TIME
    return None if closed is not None and closed <= limit else LATE
