"""How far back a table is read: soon for what is new, seldom for what is old, and wherever a clock was put."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stream.sources.sql.ladder import NEAREST, Ladder, age_of_look

WINDOW_S = 86_400.0


def test_it_goes_back_to_where_the_newest_row_was_then() -> None:
    ladder = Ladder(0, WINDOW_S)
    for second in range(0, 3600, 60):
        ladder.note(second, second // 60)
    assert ladder.back(3600, 600) == 50
    assert ladder.back(3600, 86_400) == 0


def test_a_clock_that_was_put_back_is_followed_from_where_it_is() -> None:
    noon = datetime.fromisoformat("2026-01-05 12:00:00")
    ladder = Ladder(noon - timedelta(hours=1), WINDOW_S)
    for minute in range(10):
        ladder.note(60.0 * minute, noon + timedelta(minutes=minute))
    ladder.note(600.0, noon - timedelta(hours=2))
    assert ladder.back(600.0, 0) == noon - timedelta(hours=3), "with the calls that were going on"
    assert ladder.low == noon - timedelta(hours=3)


def test_a_table_that_was_emptied_is_followed_from_its_first_number() -> None:
    ladder = Ladder(900, WINDOW_S)
    ladder.note(0.0, 1000)
    ladder.note(60.0, 3)
    assert ladder.back(60.0, 0) == 3
    assert ladder.low == 3


def test_what_no_look_goes_back_to_is_forgotten() -> None:
    ladder = Ladder(0, 3600)
    for second in range(0, 10 * 3600, 30):
        ladder.note(float(second), second)
    assert int(str(ladder.low)) >= 9 * 3600 - 60
    assert ladder.back(36_000.0, 10 * 3600) == ladder.low


def test_before_the_start_stands_what_the_rows_themselves_tell() -> None:
    ladder = Ladder(0, WINDOW_S)
    ladder.seed(1000.0, 7200.0, [(0.0, 1), (3600.0, 2), (7200.0, 3)])
    assert ladder.back(1000.0, 3600) == 2
    assert ladder.before(3, 3600) == 1


@given(st.floats(1, 600), st.integers(1, 2**16))
def test_whatever_its_age_a_row_is_looked_at_again_within_a_share_of_it(every_s: float, number: int) -> None:
    age = 60 * every_s
    looks = range(number, number + 2 * int(age / every_s / NEAREST) + 2)
    assert max(age_of_look(one, every_s, WINDOW_S * 100) for one in looks) >= age


def test_no_look_goes_back_beyond_the_window() -> None:
    assert max(age_of_look(number, 5.0, 3600.0) for number in range(1, 5000)) == 3600.0
