"""The simple job as a group that Ringboard's worker runs, and both tables read from its shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.simple.events import CALLS, CELL
from benchmarks.simple.hopping import HoppingState
from benchmarks.simple.state import TABLES, SimpleState
from stream.journeys.partition_state import Group
from stream.kafka.topics import topics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.simple.events import Totals
    from benchmarks.simple.state import Windows
    from stream.settings.model import Settings


def new_state(size_ms: int, hop_ms: int) -> SimpleState:
    """Return a share for windows of `size_ms` that begin every `hop_ms`."""
    return SimpleState(size_ms) if size_ms == hop_ms else HoppingState(size_ms, hop_ms)


def read_tables(shares: Sequence[SimpleState]) -> dict[str, Windows]:
    """Return both tables with all their windows, added up over `shares`."""
    return {table: shares[0].read(shares, table) for table in TABLES}


def flat(tables: dict[str, Windows]) -> dict[str, Totals]:
    """Return both tables in the form of a plain pass: without empty windows."""
    found: dict[str, Totals] = {table: {} for table in tables}
    for table, windows in tables.items():
        for owner, (starts, counts) in windows.items():
            for number, start in enumerate(starts):
                cell = list(counts[number * CELL : (number + 1) * CELL])
                if cell[CALLS]:
                    found[table][owner, start] = cell
    return found


def simple_group(settings: Settings, size_ms: int, hop_ms: int) -> Group:
    """Return the group by which the agent `events` folds the simple job into windows of `size_ms`."""
    names = (topics(settings).events.name,)
    return Group("events", names, TABLES, settings.partitions, lambda _partition: new_state(size_ms, hop_ms))
