"""The types that windowed numbers are made of: rows of one journey, differences between rows, cells of a slice."""

from __future__ import annotations

from typing import Final

from stream.kpi.codes import Code

Cell = dict[int | str, int]
"""Amounts by code."""

Owner = tuple[str | None, str | None, str | None]
"""Campaign, team, rep."""

Row = tuple[int, Owner, tuple[Code, ...]]
"""One more of each code: minute of the moment, campaign with team and rep, codes, each of them once."""

Rows = tuple[list[Row], ...]
"""The rows of a journey, in parts."""

Deltas = dict[Owner, dict[int, Cell]]
"""By how much codes change, by owner and minute."""

NOBODY: Final[Owner] = (None, None, None)
NOTHING: Final[Row] = (0, NOBODY, ())
"""A row that holds a place, and counts nothing."""


def cells_of(deltas: Deltas, owner: Owner) -> dict[int, Cell]:
    """Return the cells of `owner` in `deltas`, by minute, to be changed in place."""
    cells = deltas.get(owner)
    if cells is None:
        cells = deltas[owner] = {}
    return cells
