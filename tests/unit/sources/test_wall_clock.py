"""Local times become moments: by a zone, over the changes of the clocks, or by the ids beside them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stream.events.refusal import Refused
from stream.sources.date_order import DateOrder
from stream.sources.wall_clock import WallClock

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")


def utc(text: str) -> int:
    return round(1000 * datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_a_time_is_read_in_the_configured_zone_and_in_the_floors_without_one() -> None:
    assert WallClock(NEW_YORK, PARIS, "key").moment("2026-06-01 08:00:00", "start") == utc("2026-06-01T12:00:00")
    assert WallClock(None, PARIS, "key").moment("2026-06-01 08:00:00", "start") == utc("2026-06-01T06:00:00")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-01T08:00:00", "2026-06-01T08:00:00"),
        ("2026/6/1 8:00", "2026-06-01T08:00:00"),
        ("2026-06-01 08:00:00.250", "2026-06-01T08:00:00.250"),
        ("1780300800.5", "2026-06-01T08:00:00.500"),
        ("2026-06-01 08:00:00+00", "2026-06-01T08:00:00"),
        ("2026-06-01 08:00:00.250+0100", "2026-06-01T07:00:00.250"),
        ("2026-06-01T08:00:00-03:30", "2026-06-01T11:30:00"),
        ("2026-06-01 08:00:00Z", "2026-06-01T08:00:00"),
        ("13/6/2026 8:00", "2026-06-13T08:00:00"),
        ("6/13/2026 8:00", "2026-06-13T08:00:00"),
    ],
)
def test_each_way_of_writing_a_time_is_read(text: str, moment: str) -> None:
    assert WallClock(ZoneInfo("UTC"), PARIS, "key").moment(text, "start") == utc(moment)


@pytest.mark.parametrize(
    "text", ["", "soon", "01/06/20 08:00", "2026-13-01 08:00:00", "12", "2026-06-01", "2026-06-01 08:00 +1"]
)
def test_what_is_no_time_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(Refused, match=r"^start: .*YYYY-MM-DD HH:MM:SS"):
        WallClock(None, PARIS, "key").moment(text, "start")


def test_what_began_with_its_id_shows_how_far_the_clock_is_from_utc() -> None:
    clock = WallClock(None, PARIS, "key")
    born = utc("2026-01-05T13:00:00") // 1000
    assert clock.moment("2026-01-05 08:00:00", "start", born=born, begins=True) == 1000 * born
    assert clock.moment("2026-01-05 08:00:30", "end", born=born) == 1000 * born + 30_000
    assert any("UTC-05:00" in remark for remark in clock.remarks())


def test_a_later_part_of_a_long_call_moves_no_clock() -> None:
    clock = WallClock(None, PARIS, "key")
    born = utc("2026-01-05T13:00:00") // 1000
    clock.moment("2026-01-05 13:00:00", "start", born=born, begins=True)
    assert clock.moment("2026-01-05 13:15:01", "start", born=born, begins=True) == 1000 * born + 901_000


def test_the_clocks_go_forward_and_back_as_the_ids_say() -> None:
    clock = WallClock(None, PARIS, "key")
    for text, moment in (
        ("2026-03-29 01:59:00", "2026-03-29T00:59:00"),
        ("2026-03-29 03:01:00", "2026-03-29T01:01:00"),
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00"),
        ("2026-10-25 02:30:00", "2026-10-25T01:30:00"),
    ):
        assert clock.moment(text, "start", born=utc(moment) // 1000, begins=True) == utc(moment)


def test_an_hour_that_is_skipped_or_comes_twice_is_read_one_way_and_counted() -> None:
    clock = WallClock(PARIS, PARIS, "key")
    assert clock.moment("2026-03-29 02:30:00", "start") == utc("2026-03-29T01:30:00")
    assert clock.moment("2026-10-25 02:30:00", "start") == utc("2026-10-25T00:30:00")
    skipped, twice = clock.remarks()
    assert skipped.startswith("1 of its times lie in an hour that the clocks skip")
    assert twice.startswith("1 of its times lie in an hour that comes twice")


def test_an_hour_that_comes_twice_is_the_one_in_which_its_channel_was_born() -> None:
    clock = WallClock(PARIS, PARIS, "key")
    for moment in ("2026-10-25T00:30:00", "2026-10-25T01:30:00"):
        assert clock.moment("2026-10-25 02:30:00", "start", born=utc(moment) // 1000) == utc(moment)
    assert not list(clock.remarks())


def test_ids_that_disagree_with_the_configured_zone_are_said() -> None:
    clock = WallClock(ZoneInfo("UTC"), PARIS, "key")
    clock.moment("2026-01-05 08:00:00", "start", born=utc("2026-01-05T13:00:00") // 1000, begins=True)
    (remark,) = clock.remarks()
    assert remark.startswith("1 of its times disagree with the ids")


def test_an_offset_in_a_time_counts_whatever_the_zone_is_and_says_nothing_of_the_others() -> None:
    clock = WallClock(None, PARIS, "key")
    born = utc("2026-01-05T13:00:00") // 1000
    assert clock.moment("2026-01-05 13:00:00+00", "start", born=born, begins=True) == 1000 * born
    assert not list(clock.remarks())
    assert clock.moment("2026-01-05 13:00:00", "start") == 1000 * born - 3_600_000


@pytest.mark.parametrize(("order", "month"), [("day-first", 3), ("month-first", 2)])
def test_a_date_is_read_in_the_order_that_is_set(order: str, month: int) -> None:
    clock = WallClock(ZoneInfo("UTC"), PARIS, "key", DateOrder(order))
    assert clock.moment("2/3/2026 10:00:00", "start") == utc(f"2026-0{month}-0{5 - month}T10:00:00")
    assert not list(clock.remarks())


@pytest.mark.parametrize(("born", "month"), [("2026-03-02T10:00:00", 3), ("2026-02-03T10:00:00", 2)])
def test_an_id_shows_which_order_it_is_for_all_dates_after_it(born: str, month: int) -> None:
    clock = WallClock(ZoneInfo("UTC"), PARIS, "key")
    assert clock.moment("2/3/2026 10:00", "start", born=utc(born) / 1000) == utc(born)
    assert clock.moment("2/3/2026 11:00", "start") == utc(f"2026-0{month}-0{5 - month}T11:00:00")
    (remark,) = clock.remarks()
    assert f"in its dates the {'day' if month == 3 else 'month'} comes first, as some of them show" in remark


@pytest.mark.parametrize(
    "later", [b'"x","25/3/2026 10:00:00"\n', b"x;25.03.2026 10:00\n", b"y\n" * 400_000 + b"25/3/2026 9:00"]
)
def test_a_day_after_the_12th_anywhere_in_the_file_shows_it(later: bytes) -> None:
    clock = WallClock(ZoneInfo("UTC"), PARIS, "key")
    file = io.BytesIO(b"2/3/2026 10:00:00,x\n" + later)
    clock.order.look(file)
    assert file.tell() == 0
    assert clock.moment("2/3/2026 10:00:00", "start") == utc("2026-03-02T10:00:00")


def test_where_nothing_shows_it_is_said_what_to_do() -> None:
    clock = WallClock(ZoneInfo("UTC"), PARIS, "key")
    clock.order.look(io.BytesIO(b"2/3/2026 10:00:00,note of 25/12/2026 10:00\n"))
    with pytest.raises(
        Refused, match=r"^start: dates of which nothing shows whether the day comes first; set date_order"
    ):
        clock.moment("2/3/2026 10:00:00", "start")
    assert clock.moment("3/3/2026 10:00:00", "start") == utc("2026-03-03T10:00:00")
