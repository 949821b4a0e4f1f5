"""
What a journey comes to, as rows, and the difference that a change of it makes.

A row is added to a slice code by code. The rows of a journey before and after a change are mostly the same, so they
are made in parts that keep their places: what is equal at one place is passed over, and only the rest is counted.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from stream.kpi.measures import Code
from stream.kpi.slices import Cell, Owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row = tuple[int, Owner, tuple[Code, ...]]
"""One more of each code: minute of the moment, campaign with team and rep, codes."""

Rows = tuple[list[Row], ...]
"""The rows of a journey, in parts."""

Deltas = dict[tuple[int, Owner], Cell]
"""By how much codes change, by minute and owner."""

NOBODY: Final[Owner] = (None, None, None)
NOTHING: Final[Row] = (0, NOBODY, ())
"""A row that holds a place, and counts nothing."""


def cell_of(deltas: Deltas, minute: int, owner: Owner) -> Cell:
    """Give the part of `deltas` that `minute` and `owner` have, to be changed."""
    place = (minute, owner)
    cell = deltas.get(place)
    if cell is None:
        cell = deltas[place] = {}
    return cell


def add_row(row: Row, deltas: Deltas, sign: int) -> None:
    """Add `row`, times `sign`."""
    minute, owner, codes = row
    if codes:
        cell = cell_of(deltas, minute, owner)
        for code in codes:
            cell[code] = cell.get(code, 0) + sign


def add_difference(before: Rows, after: Rows, deltas: Deltas) -> None:
    """Add what has become of the rows `before`, now that they are `after`; of none in place of either."""
    for old, new in zip_longest(before, after, fillvalue=()):
        add_part(old, new, deltas)


def add_part(before: Sequence[Row], after: Sequence[Row], deltas: Deltas) -> None:
    """Add what has become of one part."""
    for old, new in zip(before, after, strict=False):
        if old != new:
            add_row(old, deltas, -1)
            add_row(new, deltas, 1)
    both = min(len(before), len(after))
    add_all(before[both:], deltas, -1)
    add_all(after[both:], deltas, 1)


def add_all(rows: Iterable[Row], deltas: Deltas, sign: int) -> None:
    """Add every one of `rows`, times `sign`."""
    for row in rows:
        add_row(row, deltas, sign)
