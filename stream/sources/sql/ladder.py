"""How far back to read: where a table stood at past moments, and a schedule that goes back far less often than near."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.sources.sql.values import Position

NEAREST: Final = 12  # looks that each look reaches back over
_LONGEST_CALL: Final = timedelta(hours=1)
_STEP_S: Final = 30.0  # between two moments that are remembered


class Ladder:
    """
    Remembers where the newest row was, over `window_s`; moments are in seconds of a clock that is never set.

    A row's own time is that of the telephone system, in a zone of its own, and may be set: it is compared with others
    of the table alone, never with a clock of ours.
    """

    def __init__(self, low: Position, window_s: float) -> None:
        self.low = low
        self._window_s = window_s
        self._at: list[float] = []
        self._positions: list[Any] = []

    def seed(self, now: float, newest_s: float, rows: Iterable[tuple[float, Position]]) -> None:
        """Remember rows that were there before, by how many seconds they are older than the newest one."""
        for seconds, position in rows:
            self._remember(now - max(newest_s - seconds, 0.0), position)

    def note(self, now: float, newest: Any) -> None:
        """
        Remember that `newest` is the newest row.

        If it lies before what was remembered, the system's clock was put back: from then on rows come from there on.
        """
        if (self._positions and newest < self._positions[-1]) or newest < self.low:
            newest = _with_calls_under_way(newest)
        put_back = bisect_right(self._positions, newest)
        if put_back < len(self._positions):
            self._positions[put_back:] = [newest] * (len(self._positions) - put_back)
        self.low = min(self.low, newest)
        if self._positions and self._positions[-1] == newest and len(self._positions) > 1:
            return
        if not self._at or now - self._at[-1] >= _STEP_S:
            self._remember(now, newest)
        self._forget(now)

    def back(self, now: float, age_s: float) -> Position:
        """Return from where to read, to see all that has come or changed of the last `age_s`."""
        place = bisect_right(self._at, now - age_s)
        return self._positions[place - 1] if place else self.low

    def before(self, position: Position, seconds: float) -> Position:
        """Return a position that lies at least `seconds` before `position`, as far as it is remembered."""
        place = bisect_left(self._positions, position)
        if not place:
            return self.low
        return self.back(self._at[place - 1], seconds)

    def _remember(self, at: float, position: Any) -> None:
        if self._at and at <= self._at[-1]:
            return
        if self._positions and position < self._positions[-1]:
            return
        self._at.append(at)
        self._positions.append(position)

    def _forget(self, now: float) -> None:
        gone = bisect_right(self._at, now - self._window_s) - 1
        if gone > 0:
            self.low = min(self._positions[gone], self._positions[-1])
            del self._at[:gone], self._positions[:gone]


def _with_calls_under_way(position: Any) -> Any:
    """Return a position before the calls that are going on, which began before the clock was put back."""
    return position - _LONGEST_CALL if isinstance(position, datetime) else position


def age_of_look(number: int, every_s: float, window_s: float) -> float:
    """
    Return how far back the look of this `number` (from 1) goes, in seconds.

    Every second one goes back NEAREST looks, every fourth twice as far, and so on up to the window: a row of the age x
    is looked at again within x / NEAREST, and each is read some NEAREST / 2 times for each doubling.
    """
    doublings = (number & -number).bit_length() - 1
    return min(every_s * NEAREST * float(2**doublings), window_s)
