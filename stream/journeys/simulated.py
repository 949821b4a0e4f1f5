"""Marks the cells that simulated events count in, so that no sum of them can be taken for a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.kpi.cells import cells_of
from stream.kpi.codes import RIPENING_BITS, ripe_of, ripening
from stream.kpi.measures import SIMULATED

if TYPE_CHECKING:
    from stream.kpi.cells import Cell, Deltas


def add_marked(simulated: Deltas, deltas: Deltas) -> None:
    """
    Add to `deltas` what simulated journeys change, and with it the marks of its cells; `simulated` is used up.

    The mark of a cell is the sum of all that simulated journeys count in it, which is never less than 0: a sum of
    marks is 0 only where nothing is simulated. What limits decide has a mark for each minute. As marks are sums, those
    of a whole batch are added at once.
    """
    for owner, by_slot in simulated.items():
        cells = cells_of(deltas, owner)
        for slot, found in by_slot.items():
            if slot < 0:
                found.update(_marks_of_limits(found))
            elif mark := sum(found.values()):
                found[SIMULATED] = mark
            cell = cells.setdefault(slot, found)
            if cell is not found:  # real journeys change it too
                for code, amount in found.items():
                    cell[code] = cell.get(code, 0) + amount


def _marks_of_limits(found: Cell) -> Cell:
    minutes: dict[int, int] = {}
    for code, amount in found.items():
        if amount:
            minute = code >> RIPENING_BITS if type(code) is int else ripe_of(code)[0]
            minutes[minute] = minutes.get(minute, 0) + amount
    return {ripening(SIMULATED, minute): amount for minute, amount in minutes.items()}
