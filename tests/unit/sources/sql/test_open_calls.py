"""The rows of a call are let go of together, when no more of them can come."""

from __future__ import annotations

from stream.sources.asterisk.tables import CDR, CEL
from stream.sources.sql.open_calls import OpenCalls
from stream.sources.sql.queries import Row


def row(number: int, call: str, seconds: float, kind: str = "ANSWER") -> Row:
    return Row(number, seconds, {"linkedid": call, "eventtype": kind}, number)


def test_a_call_is_whole_when_the_table_has_gone_on_for_long() -> None:
    calls = OpenCalls(CDR)
    first, second = row(1, "a", 0.0), row(2, "a", 60.0)
    for one in (first, second):
        calls.add(one, fresh=True)
    assert calls.ready(CDR.reach_s) == []
    assert calls.ready(CDR.reach_s + 61) == [first, second]


def test_at_its_last_event_at_once() -> None:
    calls = OpenCalls(CEL)
    first, last = row(1, "a", 0.0), row(2, "a", 1.0, "LINKEDID_END")
    for one in (first, last):
        calls.add(one, fresh=True)
    assert calls.ready(1.0) == [first, last]


def test_a_call_without_a_fresh_row_is_not_told_again() -> None:
    calls = OpenCalls(CDR)
    calls.add(row(1, "a", 0.0), fresh=False)
    assert calls.ready(None) == []


def test_rows_of_no_call_are_told_with_all_that_are_near() -> None:
    calls = OpenCalls(CDR)
    rows = [row(number, "", 600.0 * number) for number in range(200)]
    told: list[Row] = []
    for one in rows:
        calls.add(one, fresh=True)
        told += calls.ready(one.seconds)
    told += calls.ready(None)
    assert {one.position for one in told} == set(range(200))
