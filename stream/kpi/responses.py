"""Lead response time: what a request adds, by how soon its lead was reached."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING

from stream.kpi.codes import detailed, ripening
from stream.kpi.measures import (
    ATTEMPT,
    BUSINESS,
    CONTACT,
    DELAY,
    IN_TIME,
    LATE,
    OVERDUE,
    WALL,
    delay_index,
    response_index,
)
from stream.kpi.rules import DELAY_BOUNDS, LIMITS, MINUTE

if TYPE_CHECKING:
    from stream.kpi.calendar import BusinessCalendar
    from stream.kpi.codes import Code


@lru_cache(maxsize=16_384)
def response_codes(
    requested_at: int,
    attempt_at: int | None,
    contact_at: int | None,
    closed: int | None,
    business: BusinessCalendar,
    *,
    channel: str | None = None,
) -> tuple[Code, ...]:
    """
    Return what a lead requested at `requested_at` adds to the slice of that moment; `business` is the floor's calendar.

    Of a lead that came by a `channel`, the first attempt by the wall clock is also counted by that channel.

    `attempt_at` and `contact_at` are the first attempt and the first contact that count for it, `closed` the moment
    it closed; each may be None. A limit counts as overdue once its minute has passed, so those codes ripen.
    """
    # Remembered, as most changes of a lead leave these moments as they are.
    by_wall: list[int | None] = [requested_at + limit for limit in LIMITS]
    by_business = [business.after(requested_at, limit) for limit in LIMITS]
    codes: list[Code] = []
    if channel:
        by_channel = _one_clock(attempt_at, closed, by_wall, response_index(ATTEMPT, WALL, 0))
        codes += [detailed(code, channel) for code in by_channel]
    for reached, at in ((ATTEMPT, attempt_at), (CONTACT, contact_at)):
        codes += _one_clock(at, closed, by_wall, response_index(reached, WALL, 0))
        codes += _one_clock(at, closed, by_business, response_index(reached, BUSINESS, 0))
        if at is not None:
            codes.append(DELAY + delay_index(reached, WALL) + bisect_left(DELAY_BOUNDS, at - requested_at))
            open_time = business.elapsed(requested_at, at)
            codes.append(DELAY + delay_index(reached, BUSINESS) + bisect_left(DELAY_BOUNDS, open_time))
    return tuple(codes)


def _one_clock(reached_at: int | None, closed: int | None, limits: list[int | None], first: int) -> list[int]:
    """Hold one clock's `limits` (instants, None: never) against the moment the lead was reached, if it was."""
    codes: list[int] = []
    for limit, deadline in enumerate(limits):
        if reached_at is not None:
            in_time = deadline is None or reached_at <= deadline
            codes.append((IN_TIME if in_time else LATE) + first + limit)
        elif deadline is not None and (closed is None or closed > deadline):
            codes.append(ripening(OVERDUE + first + limit, deadline // MINUTE))
    return codes
