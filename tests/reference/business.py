"""Open time: the clock that stands still while the floor is closed."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.reference.config import Config

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A floor that does not open for so long is never open again.
FAR_DAYS = 400


def local_date(moment: int, config: Config) -> date:
    return datetime.fromtimestamp(moment // 1_000, ZoneInfo(config.zone)).date()


def instant(day: date, clock: str, config: Config) -> int:
    """The ms of a local time `HH:MM` of a day; 24:00 is the next day's midnight."""
    hour, minute = (int(part) for part in clock.split(":"))
    if hour == 24:
        return instant(day + timedelta(days=1), "00:00", config)
    return int(datetime.combine(day, time(hour, minute), ZoneInfo(config.zone)).timestamp()) * 1_000


def openings(day: date, config: Config) -> list[tuple[int, int]]:
    """The intervals [open, close) of one local day, in ms and in order; none on a holiday."""
    if day in config.holidays:
        return []
    spans = [span.split("-") for span in config.opening_hours.get(WEEKDAYS[day.weekday()], ())]
    return sorted((instant(day, begin, config), instant(day, end, config)) for begin, end in spans)


def openings_from(since: int, days: int, config: Config) -> Iterator[tuple[int, int]]:
    """The intervals of the `days` days that follow the day before `since`."""
    first = local_date(since, config) - timedelta(days=1)
    return (opening for n in range(days) for opening in openings(first + timedelta(days=n), config))


def open_time(since: int, until: int, config: Config) -> int:
    """How many ms of [since, until] the floor was open."""
    days = (local_date(until, config) - local_date(since, config)).days + 3
    spans = openings_from(since, days, config)
    return sum(max(0, min(close, until) - max(begin, since)) for begin, close in spans)


def limit_instant(since: int, limit: int, config: Config) -> int | None:
    """The first instant at which the floor has been open for `limit` ms since `since`; None if that never comes."""
    left = limit
    for begin, close in openings_from(since, FAR_DAYS, config):
        usable = max(0, close - max(begin, since))
        if left <= usable:
            return max(begin, since) + left
        left -= usable
    return None
