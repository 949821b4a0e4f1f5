"""Hopping windows read from slices: each is the sum of the slices within it, found by adding one and dropping one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.simple.events import CELL

if TYPE_CHECKING:
    from benchmarks.simple.events import Totals


def hopping(slices: Totals, slice_ms: int, size_ms: int) -> Totals:
    """Return every window of `size_ms` that begins at a slice's start and holds anything."""
    by_owner: dict[str, dict[int, list[int]]] = {}
    for (owner, start), cell in slices.items():
        by_owner.setdefault(owner, {})[start] = cell
    windows: Totals = {}
    nothing = [0] * CELL
    for owner, cells in by_owner.items():
        sums = nothing
        for start in range(max(cells), min(cells) - size_ms, -slice_ms):
            # From the latest on backwards: the slice at the window's start comes in, the one past its end goes out.
            come, gone = cells.get(start), cells.get(start + size_ms)
            if come is not None:
                sums = [a + b for a, b in zip(sums, come, strict=True)]
            if gone is not None:
                sums = [a - b for a, b in zip(sums, gone, strict=True)]
            if sums[0]:
                windows[owner, start] = sums
    return windows
