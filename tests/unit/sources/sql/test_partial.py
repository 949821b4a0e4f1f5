"""Calls wait for rows of theirs that have yet to come, and not for ever."""

from __future__ import annotations

from stream.sources.freeswitch.tables import CDR
from stream.sources.sql.partial import Partial
from stream.sources.sql.queries import Row

REACH_S = CDR.reach_s


def row(number: int, seconds: float | None, origin: str = "a") -> Row:
    return Row(number, seconds, {"xml_cdr_uuid": f"b{number}", "originating_leg_uuid": origin}, number)


def test_a_call_waits_until_its_rows_were_read() -> None:
    partial, leg = Partial(CDR), row(1, 100.0)
    partial.note([leg], {"a"}, 1000.0, 100.0)
    assert len(partial) == 1
    assert partial.of([row(2, 160.0)]) == [leg]
    assert partial.of([row(2, 160.0, "other")]) == []
    partial.note([leg, row(2, 160.0)], set(), 1060.0, 160.0)
    assert len(partial) == 0
    assert partial.due(1e9) == []


def test_it_waits_for_as_long_as_rows_of_one_call_may_come_and_is_due_then() -> None:
    partial, leg = Partial(CDR), row(1, 100.0)
    partial.note([leg], {"a"}, 1000.0, 100.0)
    partial.note([leg], {"a"}, 1500.0, 600.0)
    assert partial.due(1000.0 + REACH_S) == []
    assert partial.due(1001.0 + REACH_S) == [leg]
    assert partial.given_up([leg], 1001.0 + REACH_S, 700.0) == {"a"}


def test_rows_that_were_old_when_they_were_read_wait_for_the_rest_of_that_time() -> None:
    partial, leg = Partial(CDR), row(1, 100.0)
    assert partial.given_up([leg], 1000.0, 100.0 + REACH_S) == set()
    assert partial.given_up([leg], 1000.0, 101.0 + REACH_S) == {"a"}
    partial.note([leg], {"a"}, 1000.0, 50.0 + REACH_S)
    assert partial.due(1050.0) == []
    assert partial.due(1051.0) == [leg]


def test_a_row_without_a_time_waits_from_when_it_was_read() -> None:
    partial, leg = Partial(CDR), row(1, None)
    partial.note([leg], {"a"}, 1000.0, None)
    assert partial.due(1000.0 + REACH_S) == []
    assert partial.due(1001.0 + REACH_S) == [leg]


def test_of_too_many_calls_the_one_that_has_waited_longest_is_due() -> None:
    partial = Partial(CDR, most=2)
    legs = [row(number, 100.0 + number, f"a{number}") for number in range(3)]
    for leg in legs:
        partial.note([leg], {f"a{leg.digest}"}, 1000.0, 103.0)
    assert partial.due(1000.0) == legs[:1]
