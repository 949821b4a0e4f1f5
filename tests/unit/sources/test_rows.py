"""Rows are read however their quotes are written, and a refused one keeps everything but the names in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.events.refusal import Refused
from stream.sources.rows import cells_of, loosely, without_caller_names, without_cell


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('a,"b,c",d', ["a", "b,c", "d"]),
        ('a,""Doe" <101>",d', ["a", '"Doe" <101>', "d"]),
        ('a,"\\"Doe\\" <101>",d', ["a", '"Doe" <101>', "d"]),
        ('"a",NULL,\\N', ["a", "", ""]),
    ],
)
def test_a_row_is_read_by_the_rules_or_as_it_is_meant(line: str, cells: list[str]) -> None:
    assert cells_of(line.encode(), lambda told: len(told) == 3) == cells


@pytest.mark.parametrize("line", [b'a,"b', b"a,b", b"a,b,c,d"])
def test_what_fits_no_row_is_refused(line: bytes) -> None:
    with pytest.raises(Refused):
        cells_of(line, lambda told: len(told) == 3)


@pytest.mark.parametrize(
    "line",
    [
        '1,"""Jane Doe"" <101>",101',
        '1,""Jane Doe" <101>",101',
        '1,"""Doe, Jane"" <101>",101',
        '1,"\\"Doe, Jane\\" <101>",101',
        '1,"\\"Jane Doe\\" <101>",101',
        "1,Jane Doe <101>,101",
        '1,"Jane ""Doe"" <101>',
    ],
)
def test_a_name_in_front_of_a_number_is_left_out(line: str) -> None:
    clean = without_caller_names(line.encode())
    assert b"Jane" not in clean
    assert b"Doe" not in clean
    assert clean.startswith(b"1,")
    assert b"101" in clean


@pytest.mark.parametrize(
    "line",
    [b"x" * 2_000_000, b'"x' * 300_000 + b"<1>", b"<" * 300_000, b"x<" * 200_000],
    ids=["letters", "quotes", "brackets", "letters and brackets"],
)
def test_a_line_of_any_length_is_gone_through_once(line: bytes) -> None:
    assert len(without_caller_names(line)) <= 2 * len(line) + 3


@pytest.mark.parametrize("line", ['1,"Jane Doe",101', '1,""Jane" Doe",101', '1,"Jane Doe,101', "1,Jane Doe"])
def test_a_cell_that_holds_a_name_is_left_out(line: str) -> None:
    clean = without_cell(line.encode(), 1)
    assert b"Jane" not in clean
    assert b"Doe" not in clean


def cell_by_cell(text: str) -> list[str] | None:
    """Read a line as `loosely` is to: one cell after the other."""
    cells, place = [], 0
    while place <= len(text):
        if text.startswith('"', place):
            end = text.find('",', place + 1)
            if end < 0:
                if len(text) < place + 2 or not text.endswith('"'):
                    return None
                end = len(text) - 1
            cells.append(text[place + 1 : end].replace('\\"', '"').replace('""', '"'))
            place = end + 2
        else:
            end = len(text) if text.find(",", place) < 0 else text.find(",", place)
            cells.append(text[place:end])
            place = end + 1
    return cells


@given(st.text('",a\\ ', max_size=12))
def test_cells_without_quotes_are_read_many_at_a_time_and_come_out_as_one_by_one(text: str) -> None:
    assert loosely(text) == cell_by_cell(text)
