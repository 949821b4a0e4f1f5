"""The types that windowed numbers are made of: rows of one journey, differences between rows, cells of a slice."""

from __future__ import annotations

from typing import Final

from stream.kpi.codes import Code

Cell = dict[int | str, int]
"""Amounts by code."""

Owner = tuple[str | None, str | None, str | None]
"""Campaign, team, rep."""

Slot = int
"""
Where a row counts: a minute since the epoch, or below zero the hour of a limit (`limit_slot`).

What a limit decides is written in advance, and its codes have the minute; it counts once that has passed.
"""

Row = tuple[Slot, Owner, tuple[Code, ...]]
"""One more of each code: the slot of the moment, campaign with team and rep, codes, each of them once."""

Rows = tuple[list[Row], ...]
"""The rows of a journey, in parts."""

Deltas = dict[Owner, dict[Slot, Cell]]
"""By how much codes change, by owner and slot."""

NOBODY: Final[Owner] = (None, None, None)
NOTHING: Final[Row] = (0, NOBODY, ())
"""A row that holds a place, and counts nothing."""

_MINUTES: Final = 60


def limit_slot(minute: int) -> Slot:
    """Return the slot of what a limit in `minute` decides."""
    return ~(minute // _MINUTES)


def hour_of(slot: Slot) -> int:
    """Return the hour of a slot that is one of limits."""
    return ~slot


def cells_of(deltas: Deltas, owner: Owner) -> dict[Slot, Cell]:
    """Return the cells of `owner` in `deltas`, by slot, to be changed in place."""
    cells = deltas.get(owner)
    if cells is None:
        cells = deltas[owner] = {}
    return cells
