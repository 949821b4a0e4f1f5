"""Opening hours of the floor as sums of open time, so that a delay can be measured in business hours."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_FIRST_DAY: Final = date(1999, 12, 25)
_DAYS_AT_ONCE: Final = 400
_MINUTES_OF_A_DAY: Final = 24 * 60

Hours = "Mapping[int, Sequence[tuple[int, int]]]"


def _instant(day: date, minute: int, zone: tzinfo) -> int:
    """Return the instant of local `minute` of `day` in ms; a minute that DST skips is read as Python reads it."""
    wall = datetime.combine(day + timedelta(days=minute // _MINUTES_OF_A_DAY), time(), zone)
    wall = wall.replace(hour=minute % _MINUTES_OF_A_DAY // 60, minute=minute % 60)
    return round(wall.timestamp() * 1000)


class BusinessCalendar:
    """
    Open time of a floor since a fixed day, by bisection.

    `hours` maps a weekday (0 is Monday) to its openings, each (from, to) in minutes after local midnight, sorted and
    apart; `closed` returns whether a date is a holiday. Days are worked out when first needed.
    """

    def __init__(
        self,
        zone: tzinfo,
        hours: Mapping[int, Sequence[tuple[int, int]]],
        closed: Callable[[date], bool] = lambda _day: False,
    ) -> None:
        self._zone = zone
        self._hours = hours
        self._closed = closed
        self._never_open = not any(hours.values())
        self._next_day = _FIRST_DAY
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []  # open ms before each opening
        self._until: list[int] = []  # open ms up to the end of each

    def _extend(self, days: int) -> None:
        total = self._until[-1] if self._until else 0
        for _ in range(days):
            day = self._next_day
            self._next_day += timedelta(days=1)
            if self._closed(day):
                continue
            for opens, closes in self._hours.get(day.weekday(), ()):
                start, end = _instant(day, opens, self._zone), _instant(day, closes, self._zone)
                if end <= start:
                    continue
                self._starts.append(start)
                self._ends.append(end)
                self._before.append(total)
                total += end - start
                self._until.append(total)

    def _reach(self, instant: int) -> None:
        while not self._never_open and (not self._ends or self._ends[-1] < instant):
            behind = (instant - self._ends[-1]) // 86_400_000 if self._ends else 0
            self._extend(max(behind, 0) + _DAYS_AT_ONCE)

    def open_until(self, instant: int) -> int:
        """Return the open time before `instant`, in ms, from a day that never changes."""
        self._reach(instant)
        place = bisect_right(self._starts, instant) - 1
        if place < 0:
            return 0
        return self._before[place] + min(instant, self._ends[place]) - self._starts[place]

    def is_open(self, instant: int) -> bool:
        """Return whether `instant` lies in an opening; its end does not."""
        return self.elapsed(instant, instant + 1) > 0

    def elapsed(self, start: int, end: int) -> int:
        """Return the open time within [`start`, `end`), in ms."""
        return self.open_until(end) - self.open_until(start)

    def after(self, start: int, span: int) -> int | None:
        """Return the earliest instant by which `span` ms of open time have gone since `start`; None if never open."""
        if self._never_open:
            return None
        target = self.open_until(start) + span
        while not self._until or self._until[-1] < target:
            self._extend(_DAYS_AT_ONCE)
        place = bisect_left(self._until, target)
        return self._ends[place] - (self._until[place] - target)
