"""The hours of the week: which of them a slice of an hour lies in, and what some measures come to, hour by hour."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.kpi.rules import HOUR
from stream.kpi.slices import HOURS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import tzinfo

    from stream.kpi.cells import Cell, Owner
    from stream.kpi.slices import Slices

DAYS: Final = range(1, 8)
OF_A_DAY: Final = range(24)


class WeekHour(NamedTuple):
    """An hour of the week: `day` 1 is Monday, `hour` counts from the midnight of the floor's clock."""

    day: int
    hour: int


def week_hour(index: int, zone: tzinfo) -> WeekHour:
    """
    Return the hour of the week in which the slice of hour `index` (since the epoch) begins by the clock of `zone`.

    An hour that comes twice, where the clock goes back, is one; one that is skipped has no slice.
    """
    local = _begins(index, zone)
    return WeekHour(local.isoweekday(), local.hour)


def minutes_past(indices: Iterable[int], zone: tzinfo) -> list[int]:
    """Return at which minutes past the hour of `zone` the slices of these hours begin: 0, but where zones lie apart."""
    return sorted({_begins(index, zone).minute for index in indices})


def _begins(index: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(index * HOUR / 1000, zone)


class HourlySums:
    """What `measures` come to in each hour by campaign, over the slices of one partition; kept up as cells change."""

    def __init__(self, slices: Slices, measures: Collection[int]) -> None:
        self._measures = frozenset(measures)
        self._hours: dict[int, dict[str | None, Cell]] = {}
        for granularity, index in slices.heads():
            if granularity == HOURS:
                for owner, cell in slices.slice(granularity, index):
                    self.change(index, owner, cell)

    def change(self, index: int, owner: Owner, changes: Cell) -> None:
        """Take what the cell of an hour changed by."""
        found = {code: changes[code] for code in self._measures & changes.keys()}
        if not found:
            return
        of_hour = self._hours.setdefault(index, {})
        total = of_hour.setdefault(owner[0], {})
        for code, amount in found.items():
            total[code] = total.get(code, 0) + amount
        if not any(total.values()):
            del of_hour[owner[0]]
        if not of_hour:
            del self._hours[index]

    def __len__(self) -> int:
        """Return in how many hours there is something."""
        return len(self._hours)

    def within(self, first: int, last: int) -> Iterator[tuple[int, str | None, Cell]]:
        """Yield the hours from `first` to `last`, both in it, in which there is something: by campaign, and what."""
        for index, of_hour in self._hours.items():
            if first <= index <= last:
                for campaign, cell in of_hour.items():
                    yield index, campaign, cell
