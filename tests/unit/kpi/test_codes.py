"""Codes: measures, minutes of ripening, details."""

from __future__ import annotations

from stream.kpi import codes as c
from stream.kpi import measures as m


def test_a_code_that_ripens_gives_its_measure_and_its_minute_back() -> None:
    for measure in (m.MISSED, m.LATE + 7, 1023):
        for minute in (1, 28_000_000, 2**32):
            code = c.ripening(measure, minute)
            assert (c.measure_of(code), c.minute_of(code)) == (measure, minute)


def test_a_plain_measure_ripens_at_no_minute() -> None:
    assert (c.measure_of(m.ATTEMPTS), c.minute_of(m.ATTEMPTS)) == (m.ATTEMPTS, 0)


def test_a_detailed_code_gives_its_measure_and_its_detail_back() -> None:
    for detail in ("", "price", "a|b"):
        assert c.detail_of(c.detailed(m.LOST, detail)) == (m.LOST, detail)


def test_a_code_ripens_to_its_measure_with_its_detail_if_it_has_one() -> None:
    for measure in (1, m.LATE, c.LAST):
        for minute in (1, 29_000_000):
            code = c.ripening(measure, minute)
            assert c.ripe_of(code) == (minute, measure)
            assert c.ripe_of(c.detailed(code, "web|2")) == (minute, c.detailed(measure, "web|2"))
        assert c.ripe_of(measure) == (0, measure)
        assert c.ripe_of(c.detailed(measure, "")) == (0, c.detailed(measure, ""))
