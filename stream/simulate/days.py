"""The calendar of the floor: local midnights, opening hours, weekends and holidays, in ms since the epoch."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import holidays

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from stream.simulate.profile import Profile

MINUTE = 60_000
HOUR = 3_600_000
DAY = 86_400_000
SATURDAY = 5


class Day(NamedTuple):
    """One local day: [midnight, ends) in ms since the epoch; it has 23 or 25 hours when the clocks change."""

    date: dt.date
    midnight: int
    ends: int
    opens: int
    closes: int
    working: bool
    weekend: bool

    def hour(self, t: int) -> int:
        """Return the hour of the day of `t` (0 to 23), counted from midnight, ignoring clock changes."""
        return min(23, (t - self.midnight) // HOUR)


class Days:
    """The calendar of a floor in `zone`, with the hours and holidays of `profile`."""

    def __init__(self, zone: ZoneInfo, profile: Profile) -> None:
        self._zone = zone
        self._profile = profile
        self._known: dict[dt.date, Day] = {}
        country = profile.holidays_country
        name, _, subdivision = (country or "").partition("-")
        self._holidays = holidays.country_holidays(name, subdiv=subdivision or None) if name else {}

    def on(self, date: dt.date) -> Day:
        """Return the day of `date`."""
        day = self._known.get(date)
        if day is None:
            weekend = date.weekday() >= SATURDAY
            day = Day(
                date=date,
                midnight=self._at(date, 0),
                ends=self._at(date + dt.timedelta(days=1), 0),
                opens=self._at(date, self._profile.opens_min),
                closes=self._at(date, self._profile.closes_min),
                working=(self._profile.every_day or not weekend) and date not in self._holidays,
                weekend=weekend,
            )
            self._known[date] = day
        return day

    def of(self, t: int) -> Day:
        """Return the day in which `t` (ms since the epoch) lies."""
        return self.on(dt.datetime.fromtimestamp(t / 1000, self._zone).date())

    def after(self, day: Day) -> Day:
        """Return the day after `day`."""
        return self.on(day.date + dt.timedelta(days=1))

    def open_from(self, t: int) -> int:
        """Return the first moment at or after `t` at which the floor is open, in ms since the epoch."""
        day = self.of(t)
        while not day.working or t >= day.closes:
            day = self.after(day)
            t = day.midnight
        return max(t, day.opens)

    def is_open(self, t: int) -> bool:
        """Return whether the floor is open at `t` (ms since the epoch)."""
        return self.open_from(t) == t

    def _at(self, date: dt.date, minutes: int) -> int:
        local = dt.datetime.combine(date, dt.time(minutes // 60, minutes % 60), self._zone)
        return int(local.timestamp() * 1000)
