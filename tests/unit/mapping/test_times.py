"""Times as people and machines write them come out as the same milliseconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stream.events.refusal import Reason, Refused
from stream.mapping.wrong import WrongError
from tests.unit.mapping.writing import lead_lost, mapping, only

PARIS = ZoneInfo("Europe/Paris")
EVENING = round(datetime(2025, 12, 31, 18, 5, tzinfo=PARIS).timestamp() * 1000)
MIDNIGHT = round(datetime(2025, 12, 31, tzinfo=PARIS).timestamp() * 1000)


def at(told: Any, how: str) -> int:
    ms = only(lead_lost(f'at = {{ from = "t", {how} }}'), {"lead": "L1", "t": told})["at"]
    assert isinstance(ms, int)
    return ms


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("day-first", "31/12/2025 18:05"),
        ("day-first", "31.12.25 18:05:00"),
        ("day-first", "31-12-2025, 6:05 PM"),
        ("day-first", "31/12/2025 18h05"),
        ("day-first", "31/12/2025T17:05:00Z"),
        ("month-first", "12/31/2025 6:05 p.m."),
        ("month-first", "12/31/2025 18:05:00.000"),
        ("year-first", "2025/12/31 18:05"),
        ("year-first", "2025-12-31 12:05:00-05:00"),
        ("iso", "2025-12-31T18:05:00+01:00"),
        ("iso", "2025-12-31 18:05"),
        ("epoch", EVENING // 1000),
        ("epoch", f"{EVENING // 1000}.000"),
        ("epoch-ms", EVENING),
        ("epoch-us", str(EVENING * 1000)),
        ("%d %b %Y %H.%M", "31 Dec 2025 18.05"),
    ],
)
def test_a_time_is_read_in_the_form_that_the_mapping_names(form: str, told: object) -> None:
    assert at(told, f'time = "{form}"') == EVENING


def test_the_day_and_the_month_are_told_apart_by_the_mapping_alone() -> None:
    assert at("05/06/2025", 'time = "day-first"') - at("06/05/2025", 'time = "month-first"') == 0
    assert at("05/06/2025", 'time = "day-first"') != at("05/06/2025", 'time = "month-first"')


@pytest.mark.parametrize("told", ["2025-12-31T17:05:00Z", "2025-12-31T18:05:00", EVENING, str(EVENING)])
def test_without_a_form_a_time_is_as_in_ringboards_own_events_but_may_be_local(told: object) -> None:
    assert only(lead_lost(), {"lead": "L1", "at": told})["at"] == EVENING


def test_several_forms_are_tried_in_turn() -> None:
    assert at("2025-12-31 18:05", 'time = ["day-first", "iso"]') == EVENING
    assert at("31/12/2025 18:05", 'time = ["day-first", "iso"]') == EVENING


def test_a_local_time_is_of_the_fields_zone_else_the_mappings_else_the_floors() -> None:
    utc = round(datetime(2025, 12, 31, 18, 5, tzinfo=ZoneInfo("UTC")).timestamp() * 1000)
    record = {"lead": "L1", "at": "2025-12-31T18:05:00"}
    assert only(lead_lost(), record)["at"] == EVENING
    assert only(lead_lost(above='timezone = "UTC"'), record)["at"] == utc
    own = lead_lost('at = { from = "at", timezone = "Europe/Paris" }', 'timezone = "UTC"')
    assert only(own, record)["at"] == EVENING


def test_a_date_alone_is_midnight_or_the_hour_that_the_mapping_names() -> None:
    assert at("31/12/2025", 'time = "day-first"') == MIDNIGHT
    assert at("31/12/2025", 'time = "day-first", hour = "18:05"') == EVENING


@pytest.mark.parametrize("told", ["26/10/2025", "26/10/2025 23:59"])
def test_a_period_that_names_its_last_day_ends_with_it_also_where_the_day_is_longer(told: str) -> None:
    begin, end = at("26/10/2025", 'time = "day-first"'), at(told, 'time = "day-first", day_end = true')
    assert end - begin == 25 * 3_600_000


def test_where_clocks_go_back_the_first_hour_is_meant() -> None:
    first = round(datetime(2025, 10, 26, 2, 30, tzinfo=PARIS, fold=0).timestamp() * 1000)
    assert at("26/10/2025 02:30", 'time = "day-first"') == first


def test_lengths_are_added_and_taken_away_in_their_units() -> None:
    terms = 'plus = ["ring", { from = "talk", unit = "clock" }, 2], minus = { from = "lag", unit = "ms" }'
    how = f'at = {{ from = "at", {terms} }}'
    record = {"lead": "L1", "at": "2025-12-31T18:05:00", "ring": "1.5", "talk": "1:02:03", "lag": 500}
    assert only(lead_lost(how), record)["at"] == EVENING + 1500 + 3_723_000 + 2000 - 500
    assert only(lead_lost(how), {"lead": "L1", "at": "2025-12-31T18:05:00"})["at"] == EVENING + 2000


@pytest.mark.parametrize(
    ("told", "how"),
    [
        ("31/12/2025", 'time = "month-first"'),
        ("2025-12-31", 'time = "day-first"'),
        ("31/12/2025 25:00", 'time = "day-first"'),
        ("30/02/2025", 'time = "day-first"'),
        ("1767200700", 'time = "iso"'),
        ("1767200700", 'time = "day-first"'),
        ("yesterday", 'time = "epoch"'),
        ("5/6/7", 'time = "day-first"'),
    ],
)
def test_what_is_no_time_of_its_form_is_refused_with_the_column_and_never_its_text(told: str, how: str) -> None:
    with pytest.raises(Refused, match=r'^at: "t": a string of \d+ characters that is not .*; write ') as caught:
        at(told, how)
    assert (caught.value.reason, caught.value.field) == (Reason.WRONG_TYPE, "at")
    assert told not in caught.value.message.partition("; write")[0]


def test_seconds_where_milliseconds_are_meant_are_no_guess_but_refused() -> None:
    with pytest.raises(Refused, match="say its form"):
        only(lead_lost(), {"lead": "L1", "at": 1_767_200_700})


def test_a_local_time_of_no_zone_is_refused_with_what_to_write() -> None:
    mapped = mapping('name = "a"\n[[events]]\ntype = "lead.lost"\nlead = "{lead}"\nat = "{at}"')
    with pytest.raises(Refused, match="no zone is named; write timezone"):
        list(mapped.events({"lead": "L1", "at": "2025-12-31T18:05:00"}))


def test_made_up_times_need_a_word_to_whoever_reads_the_numbers() -> None:
    told = 'at = { made_up = "2026-01-05T09:00:00", plus = { from = "#row", times = 60 } }'
    with pytest.raises(WrongError, match=r"without a mark; write made_up"):
        lead_lost(told)
    mapped = lead_lost(told, 'made_up = "all times"')
    assert mapped.made_up == "all times"
    begin = round(datetime(2026, 1, 5, 9, tzinfo=PARIS).timestamp() * 1000)
    assert only(mapped, {"lead": "L1", "#row": 3})["at"] == begin + 180_000


def test_a_time_that_is_always_the_same_is_made_up_by_its_name() -> None:
    with pytest.raises(WrongError, match=r"write \{ made_up ="):
        lead_lost('at = "2026-01-05T09:00:00"')


def test_squeezed_times_keep_their_order_and_their_proportions() -> None:
    above = (
        'made_up = "squeezed"\nsqueeze = { since = 2025-01-01T00:00:00Z, until = 2025-01-11T00:00:00Z, into_days = 1 }'
    )
    mapped = lead_lost(above=above)
    began, middle, end = (
        only(mapped, {"lead": "L1", "at": f"2025-01-{day}T00:00:00Z"})["at"] for day in ("01", "06", "11")
    )
    assert (middle - began, end - began) == (43_200_000, 86_400_000)
    assert began == 1_735_689_600_000
