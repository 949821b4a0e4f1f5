"""Opening hours of the floor as sums of open time, so that a delay can be measured in business hours."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import accumulate
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_FIRST_DAY: Final = date(1999, 12, 25)
_FIRST_MS: Final = round(datetime.combine(_FIRST_DAY, time(), UTC).timestamp() * 1000)
_DAY_MS: Final = 86_400_000
_DAYS_AT_ONCE: Final = 400
_MINUTES_OF_A_DAY: Final = 24 * 60

Hours = "Mapping[int, Sequence[tuple[int, int]]]"


def _instant(day: date, minute: int, zone: tzinfo) -> int:
    """Return the instant of local `minute` of `day` in ms; a minute that DST skips is read as Python reads it."""
    wall = datetime.combine(day + timedelta(days=minute // _MINUTES_OF_A_DAY), time(), zone)
    wall = wall.replace(hour=minute % _MINUTES_OF_A_DAY // 60, minute=minute % 60)
    return round(wall.timestamp() * 1000)


def _day_before(instant: int, days: int) -> date:
    """Return the day so many days before `instant`, or the first one that is looked at."""
    return _FIRST_DAY + timedelta(days=max((instant - _FIRST_MS) // _DAY_MS - days, 0))


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
        self._first_day = self._next_day = _FIRST_DAY
        self._from: float = inf  # from then to the last of the ends all is worked out
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []  # open ms before each opening, from the first that was worked out; negative before
        self._until: list[int] = []  # open ms up to the end of each

    def _openings(self, first: date, days: int) -> Iterator[tuple[int, int]]:
        for day in (first + timedelta(days=number) for number in range(days)):
            if self._closed(day):
                continue
            for opens, closes in self._hours.get(day.weekday(), ()):
                start, end = _instant(day, opens, self._zone), _instant(day, closes, self._zone)
                if start < end:
                    yield start, end

    def _extend(self, days: int) -> None:
        total = self._until[-1] if self._until else 0
        for start, end in self._openings(self._next_day, days):
            self._starts.append(start)
            self._ends.append(end)
            self._before.append(total)
            total += end - start
            self._until.append(total)
        self._next_day += timedelta(days=days)

    def _extend_back(self, first: date) -> None:
        new = list(self._openings(first, (self._first_day - first).days))
        self._first_day = first
        until = list(accumulate((start - end for start, end in reversed(new)), initial=self._before[0]))[::-1]
        self._starts[:0] = [start for start, _ in new]
        self._ends[:0] = [end for _, end in new]
        self._before[:0] = until[:-1]
        self._until[:0] = until[1:]

    def _reach(self, instant: int) -> None:
        """Work out the days around `instant`: all since the first one would take a process a quarter of a second."""
        if self._never_open:
            return
        needed = _day_before(instant, 2)  # in any time zone
        earlier = _day_before(instant, _DAYS_AT_ONCE)
        if not self._ends:
            self._first_day = self._next_day = earlier
        while not self._ends or self._ends[-1] < instant:
            behind = (instant - self._ends[-1]) // _DAY_MS if self._ends else 0
            self._extend(max(behind, 0) + _DAYS_AT_ONCE)
        if needed < self._first_day:
            self._extend_back(earlier)
        self._from = _FIRST_MS + ((self._first_day - _FIRST_DAY).days + 2) * _DAY_MS

    def _open_until(self, instant: int) -> int:
        """Return the open time before `instant`, in ms, from one moment that is the same for all; 0 if never open."""
        if not self._from <= instant <= self._ends[-1]:
            self._reach(instant)
        if not self._starts:
            return 0
        place = max(bisect_right(self._starts, instant) - 1, 0)
        return self._before[place] + max(min(instant, self._ends[place]) - self._starts[place], 0)

    def is_open(self, instant: int) -> bool:
        """Return whether `instant` lies in an opening; its end does not."""
        return self.elapsed(instant, instant + 1) > 0

    def elapsed(self, start: int, end: int) -> int:
        """Return the open time within [`start`, `end`), in ms."""
        return self._open_until(end) - self._open_until(start)

    def after(self, start: int, span: int) -> int | None:
        """Return the earliest instant by which `span` ms of open time have gone since `start`; None if never open."""
        if self._never_open:
            return None
        target = self._open_until(start) + span
        while self._until[-1] < target:
            self._extend(_DAYS_AT_ONCE)
        place = bisect_left(self._until, target)
        return self._ends[place] - (self._until[place] - target)
