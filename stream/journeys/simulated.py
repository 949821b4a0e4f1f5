"""Marks the cells that simulated events count in, so that no sum of them can be taken for a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.kpi.cells import cells_of
from stream.kpi.codes import ripe_of, ripening
from stream.kpi.measures import SIMULATED

if TYPE_CHECKING:
    from stream.kpi.cells import Deltas


def add_marked(own: Deltas, deltas: Deltas) -> None:
    """
    Add to `deltas` what a simulated journey has come to, `own`, and with it the mark of each cell.

    The mark of a cell is the sum of all that simulated journeys count in it, which is never less than 0: a sum of
    marks is 0 only where nothing is simulated. What limits decide has a mark for each minute.
    """
    for owner, by_slot in own.items():
        cells = cells_of(deltas, owner)
        for slot, found in by_slot.items():
            cell = cells.setdefault(slot, {})
            mark = 0
            for code, amount in found.items():
                cell[code] = cell.get(code, 0) + amount
                if slot >= 0:
                    mark += amount
                elif amount:
                    limit = ripening(SIMULATED, ripe_of(code)[0])
                    cell[limit] = cell.get(limit, 0) + amount
            if mark:
                cell[SIMULATED] = cell.get(SIMULATED, 0) + mark
