"""What is open of journeys is found by the hour in which it runs out, whatever else a changelog holds."""

from __future__ import annotations

from stream.journeys.open_limits import OpenLimits
from stream.journeys.store import pack
from stream.kpi.rules import DAY, HOUR, Rules

NOW = 1_764_000_000_000


def test_a_journey_of_a_kind_that_a_stranger_wrote_is_passed_over() -> None:
    journeys = [(key, pack([], NOW, 0, 0)) for key in (b"lL1", b"?L2", b"")]
    assert [key for key, _ in OpenLimits.candidates(journeys, NOW, Rules())] == [b"lL1"]


def test_what_ran_out_long_ago_is_not_looked_at() -> None:
    journeys = [(b"lL1", pack([], NOW - 60 * DAY, 0, 0)), (b"lL2", pack([], NOW - HOUR, 0, 0))]
    assert [key for key, _ in OpenLimits.candidates(journeys, NOW, Rules())] == [b"lL2"]
