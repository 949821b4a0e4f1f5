"""The local times of a log as moments: by the zone that is configured, that the log's own ids show, or the floor's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.sources.date_order import DateOrder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

_STEP: Final = 900  # offsets from UTC are whole quarters of an hour
_WIDEST: Final = 14 * 3600
_BEFORE: Final = 2  # seconds by which a time may lie before the birth of what it is the time of
_AFTER: Final = 5
_CHANGES: Final = frozenset({1800, 3600, 7200})  # what daylight saving moves a clock by
_FORM: Final = "write YYYY-MM-DD HH:MM:SS, or seconds since the epoch"
_EPOCH_DIGITS: Final = range(9, 12)
# 2026-11-29 09:00:00.250+01:00, 2/3/2026 10:00
_TIME: Final = re.compile(
    r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r" ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
)
_DIGITS_OF_A_YEAR: Final = 4
_USUAL: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_USUAL_LENGTH: Final = len("2026-11-29 09:00:00")


class _Local(NamedTuple):
    """A local time, and the seconds since the epoch that it were in UTC."""

    time: datetime
    as_utc: float


class WallClock:
    """
    Reads times, with an offset from UTC or without.

    With `zone`, in that one. Without it, by the ids: a channel's id holds the second of its birth, and what begins
    with it shows how far the log's clock is from UTC. Where no id has said anything yet, in `otherwise`. `order` knows
    whether the day or the month comes first in a date that does not begin with its year.
    """

    def __init__(self, zone: ZoneInfo | None, otherwise: ZoneInfo, key: str, order: DateOrder | None = None) -> None:
        self._zone = zone
        self._otherwise = otherwise
        self._key = key
        self.order = order or DateOrder()
        self._offset: int | None = None
        self._skipped = 0
        self._twice = 0
        self._contradicted = 0

    def moment(self, text: str, field: str, *, born: float | None = None, begins: bool = False) -> int:
        """
        Return the moment that `text` writes, in ms since the epoch; raises Refused where it writes none.

        `born` is the moment (in seconds) of the birth of what it is a time of; `begins` where it is that very moment.
        """
        text = text.strip()
        if len(text) == _USUAL_LENGTH and (usual := _usual(text)) is not None:
            if begins and born is not None:
                self._learn(usual, born, coarse=False)
            return round(1000 * self._seconds(usual, born))
        whole, _, fraction = text.partition(".")
        if whole.isascii() and whole.isdigit() and len(whole) in _EPOCH_DIGITS:
            return int(whole) * 1000 + _milliseconds(fraction)
        match = _TIME.fullmatch(text)
        if match is None:
            raise _no_time(text, field)
        local = self._local(match, field, born)
        ms = _milliseconds(match[7] or "")
        if match[8]:
            return round(1000 * (local.as_utc - _offset_of(match[8]))) + ms
        if begins and born is not None:
            self._learn(local, born, coarse=match[6] is None)
        return round(1000 * self._seconds(local, born)) + ms

    def remarks(self) -> Iterator[str]:
        """Yield what is to be known of the times that were read."""
        yield from self.order.remarks()
        if self._zone is None and self._offset is not None:
            yield f"its times are of {_written(self._offset)}, as the ids in it say; {self._key} says otherwise if set"
        if self._contradicted:
            yield (
                f"{self._contradicted} of its times disagree with the ids in it, which hold the second they were made "
                f"at: is {self._key} right?"
            )
        if self._skipped:
            yield (
                f"{self._skipped} of its times lie in an hour that the clocks skip ({self._key}); "
                "they are read as if the clocks had not been put forward"
            )
        if self._twice:
            yield f"{self._twice} of its times lie in an hour that comes twice ({self._key}); read as its first coming"

    def _local(self, match: re.Match[str], field: str, born: float | None) -> _Local:
        first, second, third = match[1], match[2], match[3]
        try:
            if len(first) == _DIGITS_OF_A_YEAR:
                year, month, day = int(first), int(second), int(third)
            elif len(third) == _DIGITS_OF_A_YEAR and len(first) < 3:  # noqa: PLR2004  a day or a month
                year = int(third)
                day, month = self.order.day_and_month(int(first), int(second), year, field, born)
            else:
                raise _no_time(match[0], field)
            return _as_local(datetime(year, month, day, int(match[4]), int(match[5]), int(match[6] or 0)))  # noqa: DTZ001  it has no zone: that is the point
        except (ValueError, OverflowError) as error:
            raise _no_time(match[0], field) from error

    def _learn(self, local: _Local, born: float, *, coarse: bool) -> None:
        away = local.as_utc - born
        offset = round((away + (30 if coarse else 0)) / _STEP) * _STEP
        if abs(offset) > _WIDEST or not -_BEFORE - (60 if coarse else 0) <= away - offset <= _AFTER:
            return
        if self._zone is not None:
            self._contradicted += offset not in _offsets(local.time, self._zone)
        elif self._offset is None or abs(offset - self._offset) in _CHANGES:
            self._offset = offset

    def _seconds(self, local: _Local, born: float | None) -> float:
        if self._zone is None and self._offset is not None:
            return local.as_utc - self._offset
        zone = self._zone or self._otherwise
        first, second = (local.time.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        if first.utcoffset() == second.utcoffset():
            return first.timestamp()
        if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local.time:
            self._skipped += 1
            return first.timestamp()
        if born is None:
            self._twice += 1
            return first.timestamp()
        return first.timestamp() if first.timestamp() >= born - _BEFORE - 60 else second.timestamp()


@lru_cache(maxsize=4096)
def _usual(text: str) -> _Local | None:
    """Return the time in `text` where it is written as most are: a row's times are often those of the rows before."""
    if _USUAL.fullmatch(text) is None:
        return None
    try:
        return _as_local(datetime.fromisoformat(text))
    except ValueError:
        return None


def _as_local(time: datetime) -> _Local:
    return _Local(time, time.replace(tzinfo=UTC).timestamp())


def _offsets(local: datetime, zone: ZoneInfo) -> set[int]:
    offsets = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return {round((offset or timedelta()).total_seconds()) for offset in offsets}


def _offset_of(text: str) -> int:
    """Return the seconds that `+01`, `+0100`, `-03:30` or `Z` is ahead of UTC."""
    if text[0] not in "+-":
        return 0
    seconds = 3600 * int(text[1:3]) + 60 * int(text[3:].lstrip(":") or 0)
    return -seconds if text[0] == "-" else seconds


def _no_time(text: str, field: str) -> Refused:
    return Refused(Reason.WRONG_TYPE, field, f"{field}: {len(text)} characters that are no time; {_FORM}")


def _milliseconds(fraction: str) -> int:
    digits = fraction[:3]
    return int(digits.ljust(3, "0")) if digits.isascii() and digits.isdigit() else 0


def _written(offset: int) -> str:
    sign = "-" if offset < 0 else "+"
    hours, seconds = divmod(abs(offset), 3600)
    return f"UTC{sign}{hours:02}:{seconds // 60:02}" if offset else "UTC"
