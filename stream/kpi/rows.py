"""
What a journey comes to, as rows, and the difference that a change of it makes.

A row is added to a slice code by code. The rows of a journey before and after a change are mostly the same, so they
are made in parts that keep their places: what is equal at one place is passed over, and only the rest is counted.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from stream.kpi.codes import ripe_of
from stream.kpi.rules import MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stream.kpi.cells import Deltas, Row, Rows


def add_difference(before: Rows, after: Rows, deltas: Deltas) -> None:
    """Add what has become of the rows `before`, now that they are `after`; of none in place of either."""
    if not before:  # a new journey
        for part in after:
            if part:
                add_rows(part, deltas, 1)
        return
    for old, new in zip_longest(before, after, fillvalue=()):
        if old != new:
            add_part(old, new, deltas)


def decided_until(rows: Rows, end: int | None) -> Rows:
    """Return `rows` without what limits decide in the minute of `end` (ms) or later; all of them where that is None."""
    if end is None:
        return rows
    minute = end // MINUTE
    return tuple([row if row[0] >= 0 else _before(row, minute) for row in part] for part in rows)


def _before(row: Row, minute: int) -> Row:
    slot, owner, codes = row
    return slot, owner, tuple(code for code in codes if ripe_of(code)[0] < minute)


def add_part(before: Sequence[Row], after: Sequence[Row], deltas: Deltas) -> None:
    """Add what has become of one part."""
    if before and after:
        both = min(len(before), len(after))
        for old, new in zip(before, after, strict=False):
            if old != new:
                add_rows((old,), deltas, -1)
                add_rows((new,), deltas, 1)
        before, after = before[both:], after[both:]
    if before:
        add_rows(before, deltas, -1)
    if after:
        add_rows(after, deltas, 1)


def add_rows(rows: Iterable[Row], deltas: Deltas, sign: int) -> None:
    """Add every one of `rows`, times `sign`."""
    for minute, owner, codes in rows:
        if codes:
            cells = deltas.get(owner)  # as `cells_of`, without a call for each row
            if cells is None:
                cells = deltas[owner] = {}
            cell = cells.get(minute)
            if cell is None:
                cells[minute] = dict.fromkeys(codes, sign)
            else:
                for code in codes:
                    cell[code] = cell.get(code, 0) + sign
