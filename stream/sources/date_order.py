"""Whether the day or the month comes first in the dates of a log: as set, as its ids show, or a day after the 12th."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, Final

from stream.events.refusal import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

_MONTHS: Final = 12
_DAY_S: Final = 26 * 3600  # and the widest offset from UTC
# A cell that begins with a date whose year stands last, and goes on with a time.
_CELL: Final = re.compile(rb'(?m)(?:^|[,;|\t"])(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}[ T]+\d{1,2}:\d\d')
_HEAD: Final = 65_536
_CHUNK: Final = 1 << 20
_LONGEST: Final = 40  # bytes of such a cell
_OPEN: Final = (
    'dates of which nothing shows whether the day comes first; set date_order = "day-first" or "month-first" '
    "(RINGBOARD_DATE_ORDER), or write them as YYYY-MM-DD"
)


class DateOrder:
    """The order of one file's dates, once something has shown it; `set_to` is the setting of that name."""

    def __init__(self, set_to: str = "clear") -> None:
        self._day_first: bool | None = {"day-first": True, "month-first": False}.get(set_to)
        self._is_set = self._day_first is not None
        self._guessed = False

    def look(self, file: BinaryIO) -> None:
        """Look for a day after the 12th in all of `file`, where its beginning has dates that need it."""
        start = file.tell()
        head = file.read(_HEAD)
        rest = b""
        while head and self._day_first is None and (rest or _CELL.search(head)):
            for first, second in _CELL.findall(rest + head):
                if int(first) > _MONTHS or int(second) > _MONTHS:
                    self._day_first = int(first) > _MONTHS
                    break
            rest = (rest + head)[-_LONGEST:]
            head = file.read(_CHUNK)
        file.seek(start)

    def day_and_month(self, first: int, second: int, year: int, field: str, born: float | None) -> tuple[int, int]:
        """
        Return the day and the month that are written as `first` and `second`; raises Refused where it is not clear.

        `born` is about when it was, in seconds since the epoch, if that is known.
        """
        if self._is_set:
            return (first, second) if self._day_first else (second, first)
        if first > _MONTHS or second > _MONTHS:
            self._day_first = first > _MONTHS
        elif first != second and born is not None:
            as_day, as_month = _near(year, second, first, born), _near(year, first, second, born)
            if as_day is not as_month:
                self._day_first = as_day
        if first == second:
            return first, second
        if self._day_first is None:
            raise Refused(Reason.WRONG_TYPE, field, f"{field}: {_OPEN}")
        self._guessed = True
        return (first, second) if self._day_first else (second, first)

    def remarks(self) -> Iterator[str]:
        """Yield which it was taken to be."""
        if self._guessed:
            which = "day" if self._day_first else "month"
            yield f"in its dates the {which} comes first, as some of them show; date_order says otherwise if set"


def _near(year: int, month: int, day: int, born: float) -> bool:
    try:
        return abs(datetime(year, month, day, 12, tzinfo=UTC).timestamp() - born) <= _DAY_S
    except (ValueError, OverflowError):
        return False
