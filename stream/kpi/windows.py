"""Windows as sums of slices: which slices a window has at a moment, and their running sums."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.kpi.codes import LAST, ripe_of
from stream.kpi.hours import HourlySums
from stream.kpi.rules import HOUR, MINUTE
from stream.kpi.slices import HOURS, LIMITS, MINUTES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from stream.kpi.cells import Cell, Owner
    from stream.kpi.codes import Code
    from stream.kpi.slices import Slices

WINDOWS: Final = ("5m", "15m", "1h", "today", "7d", "30d")
_LENGTH: Final = {"5m": 5, "15m": 15, "1h": 60, "7d": 168, "30d": 720}
_BY_HOUR: Final = frozenset({"7d", "30d"})
_LITTLE: Final = 200  # cells: some 3 ms
_HOURS_AT_HAND: Final = 8


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
    def first_minute(self) -> int:
        """The minute with which the first slice begins, since the epoch."""
        return self.first * 60 if self.granularity == HOURS else self.first

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


class LimitMinutes:
    """What limits decide in a minute, from the slices of their hours; those that were looked at last are at hand."""

    def __init__(self, slices: Slices) -> None:
        self._slices = slices
        self._hours: dict[int, dict[int, list[tuple[Owner, Parts]]]] = {}

    def forget(self, hour: int) -> None:
        """Read an hour anew, as it has changed."""
        self._hours.pop(hour, None)

    def within(self, first: int, end: int) -> Iterator[tuple[Owner, Parts]]:
        """Yield whose it is and what it is that limits decide in the minutes from `first` until before `end`."""
        for hour in range(first // 60, -(-end // 60)):
            begins = hour * 60
            if first <= begins and begins + 60 <= end:
                for owner, cell in self._slices.slice(LIMITS, hour):
                    yield owner, [(0, plain, plain, amount) for _, plain, _, amount in parts_of(cell)]
            else:
                minutes = self._minutes(hour)
                for minute in range(max(first, begins), min(end, begins + 60)):
                    yield from minutes.get(minute, ())

    def _minutes(self, hour: int) -> dict[int, list[tuple[Owner, Parts]]]:
        minutes = self._hours.get(hour)
        if minutes is None:
            minutes = {}
            for owner, cell in self._slices.slice(LIMITS, hour):
                for minute, plain, _, amount in parts_of(cell):
                    minutes.setdefault(minute, []).append((owner, [(0, plain, plain, amount)]))
            if len(self._hours) >= _HOURS_AT_HAND:
                del self._hours[min(self._hours)]
            self._hours[hour] = minutes
        return minutes


class RunningSum:
    """
    The sums of one window over the slices of one partition, kept up as cells change and time goes on.

    They are kept by owner (`sums`), and once more without reps (`teams`, whose owners have no rep): most
    who read want these, and there are far fewer of them.

    What a limit decides counts once its minute lies before the running one. A code of another slice that ripens stays
    aside until then, and is its plain measure after that.
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
        if span is None:
            return
        if granularity == LIMITS:
            first, now = span.first_minute, self._now
            decided = [(0, plain, plain, amount) for minute, plain, _, amount in changes if first <= minute < now]
            if decided:
                self._add(owner, decided, 1)
        elif granularity == span.granularity and span.first <= index <= span.last:
            self._add(owner, changes, 1)

    def advance(self, span: Span, now: int, slices: Slices, limits: LimitMinutes) -> None:
        """Go on to `span` at the minute `now`; a step back, or one past all that was there, begins anew."""
        old, then = self.span, self._now
        if old is None or now < then or span.first < old.first or not old.first <= span.first <= old.last:
            self.sums.clear()
            self.teams.clear()
            self._aside.clear()
            self._now, self.span = now, span
            self._take(slices, span.first, span.last, 1)
            self._decide(limits, span.first_minute, now, 1)
            return
        self._ripen(now)
        if span.last < old.last:
            self._take(slices, span.last + 1, old.last, -1)
        self._take(slices, old.first, span.first - 1, -1)
        self._take(slices, old.last + 1, span.last, 1)
        self.span = span
        self._decide(limits, old.first_minute, span.first_minute, -1)
        self._decide(limits, then, now, 1)

    def _take(self, slices: Slices, first: int, last: int, sign: int) -> None:
        granularity = self.span.granularity if self.span else MINUTES
        for index in range(first, last + 1):
            for owner, cell in slices.slice(granularity, index):
                self._add(owner, parts_of(cell), sign)

    def _decide(self, limits: LimitMinutes, first: int, end: int, sign: int) -> None:
        for owner, parts in limits.within(first, end):
            self._add(owner, parts, sign)


class Windows:
    """All windows over one partition's slices."""

    def __init__(self, slices: Slices, zone: tzinfo) -> None:
        self._slices = slices
        self._zone = zone
        self._sums: dict[str, RunningSum] = {}
        self._limits = LimitMinutes(slices)
        self._hourly: dict[frozenset[int], HourlySums] = {}
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
            if granularity == LIMITS:
                self._limits.forget(index)
            for running in self._sums.values():
                running.change(granularity, index, owner, parts)
            if granularity == HOURS:
                for hourly in self._hourly.values():
                    hourly.change(index, owner, changes)

    def _begin_anew(self) -> None:
        """Forget the sums of slices that are no more."""
        if self._epoch != self._slices.epoch:
            self._sums = {window: RunningSum() for window in WINDOWS}
            self._limits = LimitMinutes(self._slices)
            self._hourly = {}
            self._epoch = self._slices.epoch

    def hourly(self, measures: frozenset[int]) -> HourlySums:
        """Return the sums of `measures` by hour and campaign; read them before the next call changes them."""
        self._begin_anew()
        self._take_changes()
        found = self._hourly.get(measures)
        if found is None:
            found = self._hourly[measures] = HourlySums(self._slices, measures)
        return found

    def at(
        self, as_of: int, windows: Collection[str] = WINDOWS, by_rep: Collection[str] = WINDOWS
    ) -> dict[str, dict[Owner, Cell]]:
        """
        Return the sums of each of `windows` at `as_of` (ms), by owner; read them before the next call changes them.

        Those in `by_rep` are also summed by rep.
        """
        self._begin_anew()
        self._take_changes()
        found: dict[str, dict[Owner, Cell]] = {}
        for window in windows:
            running = self._sums[window]
            running.advance(span_of(window, as_of, self._zone), as_of // MINUTE, self._slices, self._limits)
            found[window] = dict(running.sums if window in by_rep else running.teams)
        return found
