"""Windows: their slices at a moment, and their running sums."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import pytest

from stream.kpi.cells import limit_slot
from stream.kpi.codes import detailed, ripening
from stream.kpi.measures import ATTEMPTS, CONTACTS, KEPT, MISSED
from stream.kpi.reading import Filters, narrow
from stream.kpi.slices import HOURS, MINUTES, TOGETHER, Slices, add_up, key_of
from stream.kpi.windows import WINDOWS, LimitMinutes, RunningSum, Span, Windows, midnight, next_midnight, span_of
from tests.unit.kpi.telling import DAY, HOUR, MINUTE, NINE, PARIS, at, deltas_of, plain_sum, slices_of, sums

if TYPE_CHECKING:
    from stream.kpi.cells import Cell, Owner
    from tests.unit.kpi.telling import One

OWNER: Owner = (None, None, None)
SAO_PAULO, BEIRUT = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Beirut")
KATHMANDU, LORD_HOWE = ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe")
HAVANA = ZoneInfo("America/Havana")


def hours_of_day(day: str, zone: tzinfo) -> float:
    noon = at(f"{day} 12:00", zone)
    return (next_midnight(noon, zone) - midnight(noon, zone)) / HOUR


def test_a_window_is_its_last_slices_the_running_one_included() -> None:
    minute, hour = NINE // MINUTE, NINE // HOUR
    lengths = {"5m": 5, "15m": 15, "1h": 60}
    for window, length in lengths.items():
        for moment in (NINE, NINE + 1, NINE + MINUTE - 1):
            assert span_of(window, moment, PARIS) == Span(MINUTES, minute - length + 1, minute)
        assert span_of(window, NINE - 1, PARIS) == Span(MINUTES, minute - length, minute - 1)
    for window, length in {"7d": 168, "30d": 720}.items():
        for moment in (NINE, NINE + HOUR - 1):
            assert span_of(window, moment, PARIS) == Span(HOURS, hour - length + 1, hour)
        assert span_of(window, NINE - 1, PARIS).last == hour - 1


def test_the_first_and_the_last_slice_are_in_the_window_and_their_neighbours_are_not() -> None:
    minute = NINE // MINUTE
    rows: Counter[One] = Counter({(minute + n, *OWNER, ATTEMPTS): 10 ** (n + 6) for n in range(-6, 2)})
    assert sums(rows, NINE, "5m") == {ATTEMPTS: 1_111_100}


def test_the_hours_of_a_long_window_are_those_of_utc() -> None:
    hour = NINE // HOUR
    inside: Counter[One] = Counter({((hour - 167) * 60, *OWNER, ATTEMPTS): 1, (hour * 60 + 59, *OWNER, ATTEMPTS): 10})
    outside: Counter[One] = Counter(
        {((hour - 167) * 60 - 1, *OWNER, ATTEMPTS): 100, (hour * 60 + 60, *OWNER, ATTEMPTS): 1000}
    )
    assert sums(inside + outside, NINE, "7d", ZoneInfo("Asia/Kolkata")) == {ATTEMPTS: 11}


def test_a_span_begins_with_its_first_slice_and_ends_with_its_last() -> None:
    assert (Span(MINUTES, 2, 3).start, Span(MINUTES, 2, 3).end) == (2 * MINUTE, 4 * MINUTE)
    assert (Span(HOURS, 2, 3).start, Span(HOURS, 2, 3).end) == (2 * HOUR, 4 * HOUR)


def test_a_window_that_there_is_not_is_refused() -> None:
    with pytest.raises(KeyError):
        span_of("2h", NINE, UTC)


def test_today_begins_at_the_midnight_of_the_floors_zone() -> None:
    for zone in (UTC, PARIS, KATHMANDU, ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Chatham"), LORD_HOWE):
        begin = at("2024-06-05 00:00", zone)
        for moment in (begin, begin + 1, begin + DAY - 1):
            assert midnight(moment, zone) == begin
            assert span_of("today", moment, zone) == Span(MINUTES, begin // MINUTE, moment // MINUTE)
        assert midnight(begin - 1, zone) == begin - DAY
        assert next_midnight(begin, zone) == next_midnight(begin + DAY - 1, zone) == begin + DAY


def test_in_paris_a_day_of_spring_has_23_hours_and_one_of_autumn_25() -> None:
    assert hours_of_day("2024-03-31", PARIS) == 23
    assert hours_of_day("2024-10-27", PARIS) == 25
    assert hours_of_day("2024-10-28", PARIS) == 24
    last = at("2024-10-27 23:59", PARIS)
    span = span_of("today", last, PARIS)
    assert span.last - span.first + 1 == 25 * 60
    both = [at("2024-10-27 00:30", UTC), at("2024-10-27 01:30", UTC)]  # 02:30 comes twice
    assert {midnight(moment, PARIS) for moment in both} == {at("2024-10-26 22:00")}


def test_where_there_is_no_midnight_the_day_begins_with_its_first_moment() -> None:
    for zone, day, first in (
        (SAO_PAULO, "2018-11-04", "2018-11-04 03:00"),
        (BEIRUT, "2022-03-27", "2022-03-26 22:00"),
    ):
        begin = at(first)
        assert datetime.fromtimestamp(begin / 1000, zone).hour == 1
        assert midnight(at(f"{day} 12:00", zone), zone) == midnight(begin, zone) == begin
        assert midnight(begin - 1, zone) == begin - DAY
        assert next_midnight(begin - 1, zone) == begin
        assert hours_of_day(day, zone) == 23


def test_where_midnight_comes_twice_the_day_begins_with_the_first() -> None:
    begin = at("2024-11-03 04:00")  # in Havana 01:00 goes back to 00:00
    assert midnight(at("2024-11-03 12:00", HAVANA), HAVANA) == begin
    assert midnight(begin + 90 * MINUTE, HAVANA) == begin
    assert hours_of_day("2024-11-03", HAVANA) == 25


def test_where_the_last_hour_comes_twice_the_next_day_begins_after_the_second() -> None:
    noon = at("2018-02-17 12:00", SAO_PAULO)
    assert next_midnight(noon, SAO_PAULO) == at("2018-02-18 03:00")
    assert midnight(at("2018-02-18 02:30"), SAO_PAULO) == at("2018-02-17 02:00")
    assert hours_of_day("2018-02-17", SAO_PAULO) == 25


def test_a_change_of_half_an_hour_makes_a_day_of_that_much_more() -> None:
    assert hours_of_day("2024-04-07", LORD_HOWE) == 24.5
    assert hours_of_day("2024-10-06", LORD_HOWE) == 23.5


# running sums


def put(slices: Slices, minute: int, rep: str, count: int) -> None:
    """Have one minute of a rep hold so many attempts, and the others beside it none."""
    record = msgspec.msgpack.encode({minute % TOGETHER: {ATTEMPTS: count}})
    slices.restore(key_of(MINUTES, minute // TOGETHER, slices.owners.pack(("spring", "blue", rep))), record)


def walked(slices: Slices, moments: list[tuple[str, int]], zone: tzinfo) -> None:
    windows = Windows(slices, zone)
    for window, moment in moments:
        assert add_up(windows.at(moment)[window].values()) == plain_sum(slices, window, moment, zone)


def some_rows(seed: int) -> Counter[One]:
    chance, minute = random.Random(seed), NINE // MINUTE
    rows: Counter[One] = Counter()
    for _ in range(300):
        then = minute - chance.randrange(60 * 24 * 3)
        ripens = ripening(MISSED, then + chance.randrange(4000))
        codes: list[int | str] = [ATTEMPTS, CONTACTS, "137|price", ripens, detailed(ripens, "web")]
        code = chance.choice(codes)
        rows[then, None, None, None, code] += chance.choice([1, 1, 1, -1])
        limit = minute + chance.randrange(-60 * 24 * 3, 60 * 24)
        rows[limit_slot(limit), None, None, None, ripening(KEPT, limit)] += chance.choice([1, 1, 1, -1])
    return rows


def test_the_running_sums_are_the_plain_sums_wherever_the_clock_goes() -> None:
    for seed in range(5):
        slices = slices_of(some_rows(seed))
        chance = random.Random(seed)
        moment, moments = NINE, []
        for _ in range(40):
            moment += chance.choice([0, 1, 59_999, MINUTE, 7 * MINUTE, HOUR, DAY, -1, -MINUTE, -HOUR, -DAY])
            moments += [(window, moment) for window in WINDOWS]
        walked(slices, moments, PARIS)


def test_a_cell_that_changes_changes_the_sums_that_hold_it() -> None:
    rows: Counter[One] = Counter({(NINE // MINUTE, *OWNER, ATTEMPTS): 1})
    slices = slices_of(rows)
    windows = Windows(slices, UTC)
    assert windows.at(NINE)["5m"][OWNER] == {ATTEMPTS: 1}
    for more in (2, -3, 4):
        slices.apply(slices.change(deltas_of(Counter({(NINE // MINUTE, *OWNER, ATTEMPTS): more})), 0, 0))
        for window in WINDOWS:
            assert add_up(windows.at(NINE + 1)[window].values()) == plain_sum(slices, window, NINE + 1, UTC)


def test_a_cell_that_changes_outside_a_window_does_not_touch_its_sums() -> None:
    slices = slices_of(Counter())
    windows = Windows(slices, UTC)
    windows.at(NINE)
    minute = NINE // MINUTE
    for place, inside in ((minute - 5, 0), (minute - 4, 1), (minute, 1), (minute + 1, 0)):
        changed = slices.change(deltas_of(Counter({(place, *OWNER, ATTEMPTS): 1})), 0, 0)
        slices.apply(changed)
        before = add_up(windows.at(NINE)["5m"].values()).get(ATTEMPTS, 0)
        assert before == plain_sum(slices, "5m", NINE, UTC).get(ATTEMPTS, 0)
        for key in changed.records:
            slices.restore(key, None)
        assert before - add_up(windows.at(NINE)["5m"].values()).get(ATTEMPTS, 0) == inside


def test_the_sums_of_hours_go_with_their_cells_and_have_only_what_was_asked_for() -> None:
    hour = NINE // HOUR
    rows = {(place * 60, "c", None, None, ATTEMPTS): 1 for place in (hour - 3, hour - 2, hour - 1, hour)}
    slices = slices_of(Counter(rows))
    windows = Windows(slices, UTC)
    hourly = windows.hourly(frozenset({ATTEMPTS}))
    assert list(hourly.within(hour - 2, hour - 1)) == [(place, "c", {ATTEMPTS: 1}) for place in (hour - 2, hour - 1)]
    more: Counter[One] = Counter(
        {
            ((hour - 2) * 60 + 5, "c", "t", "r", ATTEMPTS): 2,
            ((hour - 2) * 60 + 5, "d", None, None, ATTEMPTS): 7,
            ((hour - 2) * 60 + 9, "c", None, None, CONTACTS): 1,
            ((hour - 1) * 60, "c", None, None, ATTEMPTS): -1,
        }
    )
    slices.apply(slices.change(deltas_of(more), 0, 0))
    for same in (windows.hourly(frozenset({ATTEMPTS})), Windows(slices, UTC).hourly(frozenset({ATTEMPTS}))):
        assert sorted(same.within(hour - 2, hour - 1), key=str) == [
            (hour - 2, "c", {ATTEMPTS: 3}),
            (hour - 2, "d", {ATTEMPTS: 7}),
        ]
        assert len(same) == 3
    assert hourly is windows.hourly(frozenset({ATTEMPTS})), "it is kept up, and not added up anew"
    slices.forget_touched()
    assert hourly is not windows.hourly(frozenset({ATTEMPTS}))


def test_reps_are_told_apart_in_the_windows_for_which_that_is_asked() -> None:
    minute, of_team = NINE // MINUTE, (*OWNER[:2], None)
    slices = slices_of(Counter({(minute, *OWNER[:2], rep, ATTEMPTS): 1 for rep in ("ana", "bea")}))
    found = Windows(slices, UTC).at(NINE, ("5m", "1h"), ("1h", "7d"))
    assert found == {
        "5m": {of_team: {ATTEMPTS: 2}},
        "1h": {(*OWNER[:2], "ana"): {ATTEMPTS: 1}, (*OWNER[:2], "bea"): {ATTEMPTS: 1}},
    }


def test_little_is_taken_in_as_it_comes_and_much_when_somebody_reads() -> None:
    slices, minute = Slices(), NINE // MINUTE
    windows = Windows(slices, UTC)

    def left_of(cells: int) -> int:
        for place in range(cells):
            put(slices, minute, f"rep {place}", cells)
        windows.keep_up()
        return slices.touched

    assert left_of(1) == 0  # nobody has read anything yet: nobody has sums that would have to follow
    assert windows.at(NINE)["5m"] == {("spring", "blue", "rep 0"): {ATTEMPTS: 1}}
    for cells, left in ((200, 0), (201, 201)):
        assert left_of(cells) == left
        assert len(windows.at(NINE)["5m"]) == cells
        put(slices, minute, "rep 0", 2)
    slices.forget_touched()  # what the sums were made of is gone
    assert left_of(1) == 0
    assert windows.at(NINE)["5m"]["spring", "blue", "rep 0"] == {ATTEMPTS: 1}


def test_what_ripens_counts_from_the_minute_after_its_own() -> None:
    minute = NINE // MINUTE
    code = ripening(MISSED, minute + 2)
    cases: tuple[tuple[int | str, int | str], ...] = (
        (code, MISSED),
        (detailed(code, "web"), detailed(MISSED, "web")),
    )
    for kept, counted in cases:
        windows = Windows(slices_of(Counter({(minute, *OWNER, kept): 1})), UTC)
        found = [windows.at(NINE + n * MINUTE)["1h"].get(OWNER, {}) for n in (0, 1, 2, 3, 4, 2, 3)]
        assert found == [{}, {}, {}, {counted: 1}, {counted: 1}, {}, {counted: 1}]


def test_what_a_limit_decides_counts_from_the_minute_after_its_own_until_that_leaves_the_window() -> None:
    minute = NINE // MINUTE
    code = ripening(MISSED, minute)
    for kept, counted in ((code, MISSED), (detailed(code, "web"), detailed(MISSED, "web"))):
        slices = slices_of(Counter({(limit_slot(minute), *OWNER, kept): 1}))
        for window, length in (("5m", 5), ("15m", 15), ("1h", 60)):
            windows = Windows(slices, UTC)
            found = [n for n in range(-1, 70) if windows.at(NINE + n * MINUTE)[window] == {OWNER: {counted: 1}}]
            assert found == list(range(1, length)), window
        for window, hours in (("today", 15), ("7d", 168), ("30d", 720)):
            windows = Windows(slices, UTC)
            found = [n for n in (1, 30, 60 * hours - 1, 60 * hours) if windows.at(NINE + n * MINUTE)[window]]
            assert found == [1, 30, 60 * hours - 1], window


def test_a_limit_that_decides_otherwise_corrects_the_sums_that_have_it() -> None:
    minute = NINE // MINUTE
    slices, windows = Slices(), None
    for place, inside in ((minute - 5, 0), (minute - 4, 1), (minute - 1, 1), (minute, 0), (minute + 3000, 0)):
        windows = Windows(slices, UTC)
        before = windows.at(NINE)["5m"].get(OWNER, {}).get(MISSED, 0)
        slices.apply(slices.change(deltas_of(Counter({(limit_slot(place), *OWNER, ripening(MISSED, place)): 1})), 0, 0))
        for window in WINDOWS:
            assert add_up(windows.at(NINE)[window].values()) == plain_sum(slices, window, NINE, UTC)
        assert windows.at(NINE)["5m"].get(OWNER, {}).get(MISSED, 0) - before == inside


def test_a_limit_ahead_in_the_running_hour_counts_though_the_hour_was_read_before() -> None:
    minute, slices = NINE // MINUTE, Slices()
    windows = Windows(slices, UTC)
    for ahead in range(1, 40, 3):
        windows.at(NINE + (ahead - 1) * MINUTE)
        place = minute + ahead
        slices.apply(slices.change(deltas_of(Counter({(limit_slot(place), *OWNER, ripening(MISSED, place)): 1})), 0, 0))
        windows.at(NINE + ahead * MINUTE)
        assert windows.at(NINE + (ahead + 1) * MINUTE)["1h"] == {OWNER: {MISSED: ahead // 3 + 1}}


def test_what_ripens_and_leaves_the_window_before_is_forgotten() -> None:
    minute = NINE // MINUTE
    slices = slices_of(Counter({(minute, *OWNER, ripening(MISSED, minute + 7)): 1}))
    windows = Windows(slices, UTC)
    for n in range(12):
        assert add_up(windows.at(NINE + n * MINUTE)["5m"].values()) == {}


def test_sums_kept_from_before_a_restoration_are_void() -> None:
    slices = slices_of(Counter({(NINE // MINUTE, *OWNER, ATTEMPTS): 1}))
    windows = Windows(slices, UTC)
    windows.at(NINE)
    for granularity, index in slices.heads():
        for owner, _ in list(slices.slice(granularity, index)):
            place = index if granularity == HOURS else index // TOGETHER
            slices.restore(key_of(granularity, place, slices.owners.pack(owner)), None)
    assert slices.cells == 0
    slices.forget_touched()
    assert windows.at(NINE)["1h"] == {}


def test_a_span_that_ends_earlier_takes_its_last_slices_back() -> None:
    minute = NINE // MINUTE
    slices = slices_of(Counter({(minute + n, *OWNER, ATTEMPTS): 1 for n in range(5)}))
    running = RunningSum()
    running.advance(Span(MINUTES, minute, minute + 4), minute + 4, slices, LimitMinutes(slices))
    running.advance(Span(MINUTES, minute, minute + 2), minute + 5, slices, LimitMinutes(slices))
    assert running.sums[OWNER] == {ATTEMPTS: 3}


def test_filters_match_what_has_the_value_and_nothing_else() -> None:
    by_owner: dict[Owner, Cell] = {
        ("spring", "blue", "ana"): {ATTEMPTS: 1},
        ("spring", None, "bea"): {ATTEMPTS: 10},
        (None, "blue", None): {ATTEMPTS: 100},
    }
    for filters, total in (
        (Filters(), 111),
        (Filters(campaign="spring"), 11),
        (Filters(team="blue"), 101),
        (Filters(rep="bea"), 10),
        (Filters("spring", "blue"), 1),
        (Filters(rep="cyd"), 0),
    ):
        assert add_up(narrow(by_owner.items(), filters)).get(ATTEMPTS, 0) == total
