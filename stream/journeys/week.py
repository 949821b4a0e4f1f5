"""What some measures of a worker's states come to in each hour of the week, which its metrics show."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from stream.kpi.hours import WeekHour, week_hour
from stream.kpi.windows import span_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from stream.journeys.base import JourneyState
    from stream.kpi.cells import Cell

WINDOW: Final = "30d"
_week_hour = lru_cache(maxsize=2_048)(week_hour)


def hours_of_the_week(
    as_of: int, zone: tzinfo, states: Iterable[JourneyState], measures: frozenset[int]
) -> dict[tuple[WeekHour, str | None], Cell]:
    """Add up `measures` in the 30 days up to `as_of` (ms), by hour of the week and campaign."""
    span = span_of(WINDOW, as_of, zone)
    found: dict[tuple[WeekHour, str | None], Cell] = {}

    def add(hour: int, campaign: str | None, cell: Cell) -> None:
        total = found.setdefault((_week_hour(hour, zone), campaign), dict.fromkeys(measures, 0))
        for measure in measures & cell.keys():
            total[measure] += cell[measure]

    for state in states:
        for hour, campaign, cell in state.windows.hourly(measures).within(span.first, span.last):
            add(hour, campaign, cell)
        for owner, cells in state.ahead(as_of)[0].items():
            for minute, cell in cells.items():
                if span.first <= minute // 60 <= span.last and not measures.isdisjoint(cell):
                    add(minute // 60, owner[0], cell)
    return found
