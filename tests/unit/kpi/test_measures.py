"""Codes: measures, minutes of ripening, details."""

from __future__ import annotations

from stream.kpi import measures as m
from stream.kpi.rules import DELAY_BOUNDS


def test_a_code_that_ripens_gives_its_measure_and_its_minute_back() -> None:
    for measure in (m.MISSED, m.OVERDUE + 7, 1023):
        for minute in (1, 28_000_000, 2**32):
            code = m.ripening(measure, minute)
            assert (m.measure_of(code), m.minute_of(code)) == (measure, minute)


def test_a_plain_measure_ripens_at_no_minute() -> None:
    assert (m.measure_of(m.ATTEMPTS), m.minute_of(m.ATTEMPTS)) == (m.ATTEMPTS, 0)


def test_a_detailed_code_gives_its_measure_and_its_detail_back() -> None:
    for detail in ("", "price", "a|b"):
        assert m.detail_of(m.detailed(m.LOST, detail)) == (m.LOST, detail)


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


def test_a_code_ripens_to_its_measure_with_its_detail_if_it_has_one() -> None:
    for measure in (1, m.OVERDUE, m.LAST):
        for minute in (1, 29_000_000):
            code = m.ripening(measure, minute)
            assert m.ripe_of(code) == (minute, measure)
            assert m.ripe_of(m.detailed(code, "web|2")) == (minute, m.detailed(measure, "web|2"))
        assert m.ripe_of(measure) == (0, measure)
        assert m.ripe_of(m.detailed(measure, "")) == (0, m.detailed(measure, ""))
