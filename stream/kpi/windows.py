"""Windows as sums of slices: which slices a window has at a moment, and their running sums."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.kpi.codes import LAST, ripe_of
from stream.kpi.rules import HOUR, MINUTE
from stream.kpi.slices import HOURS, MINUTES

if TYPE_CHECKING:
    from collections.abc import Collection

    from stream.kpi.cells import Cell, Owner
    from stream.kpi.codes import Code
    from stream.kpi.slices import Slices

WINDOWS: Final = ("5m", "15m", "1h", "today", "7d", "30d")
_LENGTH: Final = {"5m": 5, "15m": 15, "1h": 60, "7d": 168, "30d": 720}
_BY_HOUR: Final = frozenset({"7d", "30d"})
_LITTLE: Final = 200  # cells: some 3 ms


class Span(NamedTuple):
    """The slices of a window: `first` to `last`, the running one, both in it; indices since the epoch."""

    granularity: bytes
    first: int
    last: int

    @property
    def start(self) -> int:
        """When the first slice begins, in ms."""
        return self.first * self._length

    @property
    def end(self) -> int:
        """When the last slice ends, in ms."""
        return (self.last + 1) * self._length

    @property
    def _length(self) -> int:
        return HOUR if self.granularity == HOURS else MINUTE


def span_of(window: str, as_of: int, zone: tzinfo) -> Span:
    """
    Return which slices `window` has at `as_of` (ms); `today` begins at the midnight of `zone`.

    Raises KeyError for a window that there is not.
    """
    if window in _BY_HOUR:
        hour = as_of // HOUR
        return Span(HOURS, hour - _LENGTH[window] + 1, hour)
    minute = as_of // MINUTE
    if window == "today":
        return Span(MINUTES, midnight(as_of, zone) // MINUTE, minute)
    return Span(MINUTES, minute - _LENGTH[window] + 1, minute)


def midnight(as_of: int, zone: tzinfo) -> int:
    """Return the start of the local day of `as_of`, in ms: its first instant, also where DST takes midnight away."""
    local = datetime.fromtimestamp(as_of / 1000, zone)
    # A midnight that comes twice is the first by `fold`; one that does not come is read as the end of what is skipped.
    start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return round(start.timestamp() * 1000)


def next_midnight(as_of: int, zone: tzinfo) -> int:
    """Return the end of the local day of `as_of`, in ms: 23, 24 or 25 hours after its start."""
    start = datetime.fromtimestamp(midnight(as_of, zone) / 1000, zone)
    noon = start.replace(hour=12) + timedelta(days=1)
    return midnight(round(noon.timestamp() * 1000), zone)


Parts = list[tuple[int, "Code", "Code", int]]
"""Of each number of a cell the minute at which it ripens (0: it has), its plain code, its code, and the number."""


def parts_of(cell: Cell) -> Parts:
    """Take a cell apart."""
    return [
        (0, code, code, amount) if type(code) is int and code <= LAST else (*ripe_of(code), code, amount)
        for code, amount in cell.items()
    ]


class RunningSum:
    """
    The sums of one window over the slices of one partition, kept up as cells change and time goes on.

    They are kept by owner (`sums`), and once more without reps (`teams`, whose owners have no rep): most
    who read want these, and there are far fewer of them.

    A code that ripens stays aside until its minute lies before the running one, and is its plain measure then.
    """

    def __init__(self) -> None:
        self.span: Span | None = None
        self._now = 0
        self.sums: defaultdict[Owner, Cell] = defaultdict(dict)
        self.teams: defaultdict[Owner, Cell] = defaultdict(dict)
        self._aside: defaultdict[int, defaultdict[tuple[Owner, Code], int]] = defaultdict(lambda: defaultdict(int))

    def _add(self, owner: Owner, parts: Parts, sign: int) -> None:
        team = (owner[0], owner[1], None)
        sums, of_team = self.sums[owner], self.teams[team]
        now = self._now
        for minute, key, code, amount in parts:
            if minute >= now:
                self._aside[minute][owner, code] += sign * amount
                continue
            total = sums.get(key, 0) + sign * amount
            if total:
                sums[key] = total
            else:
                sums.pop(key, None)
            total = of_team.get(key, 0) + sign * amount
            if total:
                of_team[key] = total
            else:
                of_team.pop(key, None)
        if not sums:
            del self.sums[owner]
        if not of_team:
            del self.teams[team]

    def _ripen(self, now: int) -> None:
        due = range(self._now, now) if now - self._now < len(self._aside) else sorted(m for m in self._aside if m < now)
        self._now = now
        for minute in due:
            for (owner, code), amount in self._aside.pop(minute, {}).items():
                if amount:
                    plain = ripe_of(code)[1]
                    self._add(owner, [(0, plain, plain, amount)], 1)

    def change(self, granularity: bytes, index: int, owner: Owner, changes: Parts) -> None:
        """Take what the cell of a slice changed by, if that lies in the window."""
        span = self.span
        if span and granularity == span.granularity and span.first <= index <= span.last:
            self._add(owner, changes, 1)

    def advance(self, span: Span, now: int, slices: Slices) -> None:
        """Go on to `span` at the minute `now`; a step back, or one past all that was there, begins anew."""
        old = self.span
        if old is None or now < self._now or span.first < old.first or not old.first <= span.first <= old.last:
            self.sums.clear()
            self.teams.clear()
            self._aside.clear()
            self._now, self.span = now, span
            self._take(slices, span.first, span.last, 1)
            return
        self._ripen(now)
        if span.last < old.last:
            self._take(slices, span.last + 1, old.last, -1)
        self._take(slices, old.first, span.first - 1, -1)
        self._take(slices, old.last + 1, span.last, 1)
        self.span = span

    def _take(self, slices: Slices, first: int, last: int, sign: int) -> None:
        granularity = self.span.granularity if self.span else MINUTES
        for index in range(first, last + 1):
            for owner, cell in slices.slice(granularity, index):
                self._add(owner, parts_of(cell), sign)


class Windows:
    """All windows over one partition's slices."""

    def __init__(self, slices: Slices, zone: tzinfo) -> None:
        self._slices = slices
        self._zone = zone
        self._sums: dict[str, RunningSum] = {}
        self._epoch = -1

    def keep_up(self) -> None:
        """
        Take in what has changed, if it is little and somebody reads the sums.

        Then whoever reads them next waits for less. After much has changed it is cheaper to take all of it at once.
        """
        if self._sums and self._epoch == self._slices.epoch and self._slices.touched <= _LITTLE:
            self._take_changes()

    def _take_changes(self) -> None:
        for granularity, index, owner, changes in self._slices.take_touched():
            parts = parts_of(changes)
            for running in self._sums.values():
                running.change(granularity, index, owner, parts)

    def at(
        self, as_of: int, windows: Collection[str] = WINDOWS, by_rep: Collection[str] = WINDOWS
    ) -> dict[str, dict[Owner, Cell]]:
        """
        Return the sums of each of `windows` at `as_of` (ms), by owner; read them before the next call changes them.

        Those in `by_rep` are also summed by rep.
        """
        if self._epoch != self._slices.epoch:
            self._sums = {window: RunningSum() for window in WINDOWS}
            self._epoch = self._slices.epoch
        self._take_changes()
        found: dict[str, dict[Owner, Cell]] = {}
        for window in windows:
            running = self._sums[window]
            running.advance(span_of(window, as_of, self._zone), as_of // MINUTE, self._slices)
            found[window] = dict(running.sums if window in by_rep else running.teams)
        return found
