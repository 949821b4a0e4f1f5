"""The measures: their numbers."""

from __future__ import annotations

from stream.kpi import measures as m
from stream.kpi.rules import DELAY_BOUNDS


def test_no_two_families_overlap() -> None:
    singles = [
        m.ATTEMPTS,
        m.ANSWERED,
        m.CONTACTS,
        m.KEPT,
        m.MISSED,
        m.WITHDRAWN,
        m.EARLY,
        m.PRESSING,
        m.REQUESTED,
        m.REQUESTED_WON,
        m.FAST,
        m.FAST_QUALIFIED,
        m.SLOW,
        m.SLOW_QUALIFIED,
        m.DIALLED,
        m.DIALLED_CONTACTED,
        m.CONTACTED,
        m.CONTACTED_QUALIFIED,
        m.QUALIFIED,
        m.QUALIFIED_WON,
        m.WON,
        m.WON_ONE_CONTACT,
        m.WON_FOUR_NOES,
        m.LOST,
        m.LOST_EARLY,
        m.RISKS,
        m.RISKS_KEPT,
        m.RISKS_LOST,
        m.OFFERED,
        m.QUEUE_ANSWERED,
        m.ABANDONED,
        m.TIMED_OUT,
        m.WAIT_MS,
        m.ANSWERED_WITHIN,
        m.ABANDONED_WITHIN,
        m.HANDLED,
        m.HANDLE_MS,
        m.ON_CONTACT_MS,
        m.IDLE_MS,
    ]
    indices = [m.response_index(r, c, limit) for r in (0, 1) for c in (0, 1) for limit in (0, 1)]
    responses = [first + index for first in (m.IN_TIME, m.LATE, m.OVERDUE) for index in indices]
    delays = [
        m.DELAY + m.delay_index(reached, clock) + bucket
        for reached in (0, 1)
        for clock in (0, 1)
        for bucket in range(len(DELAY_BOUNDS) + 1)
    ]
    counts = [first + n for first in (m.TO_CONTACT, m.NOES) for n in range(m.MOST + 1)]
    every = [*singles, *responses, *delays, *counts]
    assert len(every) == len(set(every))
    assert 0 < min(every) <= max(every) < 1024
