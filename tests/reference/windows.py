"""The six windows: their first and last instants."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.reference.config import HOUR, MINUTE

MINUTES = {"5m": 5, "15m": 15, "1h": 60}
HOURS = {"7d": 168, "30d": 720}
WINDOWS = ("5m", "15m", "1h", "today", "7d", "30d")


@dataclass(frozen=True)
class Window:
    """From the start of its first slice; `as_of` is the last instant in it, `end` the end of the running slice."""

    start: int
    as_of: int
    end: int

    def has(self, moment: int) -> bool:
        return self.start <= moment <= self.as_of

    def decides(self, limit: int) -> bool:
        """Whether a limit ran out in it: by then it lies before J, the last whole minute."""
        return self.start <= limit < last_whole_minute(self.as_of)


def window_of(name: str, as_of: int, zone: str) -> Window:
    """The window called `name` at `as_of` (ms); `today` begins at midnight in `zone`."""
    if name in HOURS:
        running = as_of // HOUR
        return Window((running - HOURS[name] + 1) * HOUR, as_of, (running + 1) * HOUR)
    running = as_of // MINUTE
    end = (running + 1) * MINUTE
    if name in MINUTES:
        return Window((running - MINUTES[name] + 1) * MINUTE, as_of, end)
    if name != "today":
        raise ValueError(f"no window {name!r}")
    return Window(local_midnight(as_of, zone) // MINUTE * MINUTE, as_of, end)


def local_midnight(as_of: int, zone: str) -> int:
    """The first instant (ms) of the local date of `as_of`."""
    here = datetime.fromtimestamp(as_of // 1_000, ZoneInfo(zone))
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return int(midnight.timestamp()) * 1_000


def last_whole_minute(as_of: int) -> int:
    """J: a limit has run out if it lies before this."""
    return as_of // MINUTE * MINUTE
