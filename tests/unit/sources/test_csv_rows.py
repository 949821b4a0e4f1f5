"""Rows go on over lines where a quote is open; however many quotes stay open, each line's are read once for it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.sources import csv_rows
from stream.sources.csv_rows import Form, Row, rows

if TYPE_CHECKING:
    from stream.sources.reading import Unreadable

COMMA = Form(",", '"', "utf-8")


def read(text: str) -> list[Row | Unreadable]:
    return list(rows(io.BytesIO(text.encode()), COMMA))


@given(
    st.lists(
        st.lists(st.text(st.sampled_from('a ",;\n'), max_size=6), min_size=1, max_size=4).filter(any),
        max_size=8,
    )
)
def test_what_was_written_by_the_rules_is_read_with_its_lines(cells: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(cells)
    found = read(out.getvalue())
    assert [row.cells for row in found if isinstance(row, Row)] == cells
    begins = [1 + sum(1 + sum(cell.count("\n") for cell in row) for row in cells[:n]) for n in range(len(cells))]
    assert [row.line for row in found] == begins


def test_a_quote_that_no_line_closes_takes_its_own_line_alone() -> None:
    first, second, third = read('a,"b\nc,d\ne,f\n')
    assert not isinstance(first, Row)
    assert (first.line, first.refused.message) == (
        1, "column 2: a quote is opened and never closed; close it, or write it twice",
    )  # fmt: skip
    assert [row.cells for row in (second, third) if isinstance(row, Row)] == [["c", "d"], ["e", "f"]]


@pytest.mark.parametrize("line", ['a","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n', '"xxxxxxxxxxxxxxx\n' + "x\n" * 48])
def test_lines_that_each_leave_a_quote_open_are_each_read_a_few_times_only(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = line * (4000 // line.count("\n"))
    looked_at, broken_at = [0], csv_rows._broken_at

    def counting(text: str, *args: Any, **more: Any) -> tuple[int, bool]:
        looked_at[0] += len(text)
        return broken_at(text, *args, **more)

    monkeypatch.setattr(csv_rows, "_broken_at", counting)
    assert read(text)
    assert 0 < looked_at[0] <= 3 * len(text)
