"""A length of time is a column of seconds, the difference of two times, or a sum of these."""

from __future__ import annotations

from typing import Any

import pytest

from stream.events.refusal import Reason, Refused
from stream.mapping.amounts import NoNumberError, seconds_of
from stream.mapping.wrong import WrongError
from tests.unit.mapping.writing import mapping, only

PLACED = 1_767_200_400


def call(fields: str, above: str = "") -> Any:
    return mapping(f"""
        name = "cloud"
        time = "epoch"
        {above}
        [[events]]
        type = "call.ended"
        call = "c"
        direction = "outbound"
        lead = "l"
        placed_at = "{{started}}"
        at = "{{ended}}"
        {fields}
    """)


RECORD = {"started": PLACED, "answered": PLACED + 12, "ended": PLACED + 72, "hold": 5, "ring": 1500}


def talk(fields: str, above: str = "", **other: object) -> Any:
    return only(call(f"talk_s = {fields}", above), {**RECORD, **other}).get("talk_s")


def test_talk_is_the_time_between_the_answer_and_the_end() -> None:
    assert talk('{ between = ["answered", "ended"] }') == 60.0
    assert talk('{ between = [{ from = "a", time = "iso" }, "ended"] }', a="2025-12-31T17:00:12Z") == 60.0
    assert talk('{ between = ["a", "b"], time = "day-first", timezone = "UTC" }', a="1/1/2026 9:00", b="1/1/2026 9:01")


def test_of_a_call_that_nobody_answered_there_is_none() -> None:
    assert talk('{ between = ["answered", "ended"] }', answered=None) is None


def test_it_is_as_it_was_recorded_where_times_are_squeezed() -> None:
    above = (
        'made_up = "squeezed"\nsqueeze = { since = 2025-01-01T00:00:00Z, until = 2027-01-01T00:00:00Z, into_days = 1 }'
    )
    assert talk('{ between = ["answered", "ended"] }', above) == 60.0


def test_two_times_in_the_other_order_are_refused_and_not_a_length_below_zero() -> None:
    with pytest.raises(
        Refused, match=r'^talk_s: "answered" lies 60 s before "ended"; name the earlier first, or say'
    ) as caught:
        talk('{ between = ["ended", "answered"] }')
    assert (caught.value.reason, caught.value.field) == (Reason.OUT_OF_RANGE, "talk_s")


def test_lengths_are_added_and_taken_away() -> None:
    assert talk('{ between = ["answered", "ended"], minus = "hold" }') == 55.0
    assert talk('{ from = "ring", unit = "ms", plus = [2, { from = "hold", times = 2 }] }') == 13.5
    assert talk('{ from = "hold", plus = { between = ["started", "answered"] } }') == 17.0


def test_what_is_unknown_of_a_sum_makes_it_unknown_unless_the_mapping_says_what_empty_means() -> None:
    assert talk('{ between = ["answered", "ended"], minus = "none" }') is None
    assert talk('{ between = ["answered", "ended"], minus = { from = "none", empty = 0 } }') == 60.0


def test_a_sum_below_zero_is_refused() -> None:
    with pytest.raises(Refused, match=r"^talk_s: -55 s, with what plus and minus say; name the columns"):
        talk('{ from = "hold", minus = { between = ["answered", "ended"] } }')


def test_a_time_takes_a_difference_too_and_what_is_empty_adds_nothing_to_it() -> None:
    fields = 'answered_at = { from = "started", plus = [{ between = ["answered", "ended"] }, "none"] }'
    assert only(call(fields), RECORD)["answered_at"] == (PLACED + 60) * 1000


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ('talk_s = { between = "ended" }', "talk_s, between: a string of 5 characters; write two columns of times"),
        ('talk_s = { between = ["a"] }', "talk_s, between: a list of 1 value; write two columns of times"),
        ('talk_s = { between = ["a", true] }', "talk_s, between: a boolean; write two columns"),
        ('talk_s = { between = ["a", { frm = "b" }] }', "talk_s, between, frm: no such key (did you mean from?)"),
        ('talk_s = { between = ["a", { from = true }] }', "talk_s, between, from: a boolean; write the name of a"),
        ('talk_s = { between = ["a", "b"], unit = "ms" }', "talk_s, unit: of no effect beside between, which names"),
        ('talk_s = { between = ["a", "b"], from = "c" }', "talk_s: 2 of from, text, value and made_up"),
        ('talk_s = { from = "a", time = "iso" }', "talk_s, time: of no effect on talk_s here; leave it out"),
        ('talk_s = { from = 1, plus = { from = 2, empty = "0" } }', "talk_s, plus, empty: a string of 1 character"),
        ('talk_s = { from = "a", unit = "clock", decimal = "comma" }', "talk_s, decimal: of no effect beside unit"),
        ('answered_at = { from = "a", day_end = true, hour = "12:00" }', "answered_at, hour: of no effect beside day"),
    ],
)  # fmt: skip
def test_what_has_no_effect_or_cannot_be_meant_is_refused(field: str, told: str) -> None:
    with pytest.raises(WrongError) as caught:
        call(field)
    assert f"{caught.value.key}: {caught.value.message}".startswith(f"events 1 (call.ended), {told}")


AIRCALL = """
    name = "aircall"
    time = "epoch"
    [[events]]
    type = "call.ended"
    when = { event = "call.ended" }
    call = "{data.id}"
    direction = "{data.direction}"
    placed_at = "{data.started_at}"
    answered_at = "{data.answered_at}"
    at = "{data.ended_at}"
    talk_s = { between = ["data.answered_at", "data.ended_at"] }
    number = "{data.raw_digits}"
    rep = "{data.user.name}"
"""


@pytest.mark.parametrize(("ring", "length", "told"), [(12, 60, 60.0), (None, None, None), (20, 25, 25.0)])
def test_a_cloud_that_tells_no_talk_gives_it_by_the_answer_and_the_end(
    ring: int | None, length: int | None, told: float | None
) -> None:
    answered = None if ring is None else PLACED + ring
    ended = PLACED + (38 if ring is None or length is None else ring + length)
    data = {"id": 9, "direction": "outbound", "started_at": PLACED, "answered_at": answered, "ended_at": ended}
    record = {"event": "call.ended", "data": {**data, "raw_digits": "06 39 98 01 80", "user": {"name": "Ada"}}}
    assert only(mapping(AIRCALL), record).get("talk_s") == told


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("85 sec", 85.0), ("1 min 25 s", 85.0), ("1h02m03s", 3723.0), ("1,5 h", 5400.0), ("250 ms", 0.25)],
)
def test_a_length_that_names_its_units_is_read_by_these_whatever_the_unit_of_its_column(
    text: str, seconds: float
) -> None:
    for unit in ("s", "min", "clock"):
        assert float(seconds_of(text, unit, "point")) == seconds


@pytest.mark.parametrize("text", ["5 apples", "s", "5 s later", "1 min and 5 s", "five s"])
def test_a_length_with_other_words_is_none(text: str) -> None:
    with pytest.raises(NoNumberError):
        seconds_of(text, "s", "point")
