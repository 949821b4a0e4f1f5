"""The forms that a time is written in: by a name, or by a pattern of your own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_DAY: Final = timedelta(days=1)
_LOCAL_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  of whatever zone
_CENTURY: Final = 2000
_DIGITS_OF_A_YEAR: Final = 4
_NOON: Final = 12
_CACHED: Final = 4096

# 31/12/2025, 31.12.25 9:05, 12/31/2025 6:00:05 PM, 2025/12/31 18:00:05,250 +0100
_DATE: Final = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})"
    r"(?:(?:T|,?\s+)(\d{1,2})[:hH.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_NUMBER: Final = re.compile(r"(-?\d{1,17})(?:\.(\d{1,9})\d*)?")


class NoTimeError(ValueError):
    """A text that is no time of the form asked for."""


class NoZoneError(ValueError):
    """A local time, where nobody says of which zone."""


class TimeForm(NamedTuple):
    """A form of times: what it is called, an example, and how it is read: as a moment, or as ms since the epoch."""

    called: str
    example: str
    read: Callable[[str], datetime | int]


def milliseconds(moment: datetime | int, zone: tzinfo | None, hour: time | None = None, *, ends: bool = False) -> int:
    """
    Return `moment` as ms since the epoch: one without an offset is of `zone`, and a date alone means that `hour`.

    Where the clocks go back, the first of the two hours is meant. With `ends` it is the end of that day in `zone`.
    """
    if ends:
        if isinstance(moment, int):
            moment = _EPOCH + moment * _MS
        if zone is None:
            raise NoZoneError
        day = (moment if moment.tzinfo is None else moment.astimezone(zone)).date()
        moment, hour = datetime.combine(day + _DAY, time.min, tzinfo=zone), None
    if isinstance(moment, int):
        return moment
    if moment.tzinfo is None:
        if zone is None:
            raise NoZoneError
        if hour is not None and moment.time() == time.min:
            moment = datetime.combine(moment.date(), hour)
        return (moment - _LOCAL_EPOCH) // _MS - _local(zone, _minute(moment))[0]
    return (moment - _EPOCH) // _MS


def odd_hour(moment: datetime, zone: tzinfo) -> str | None:
    """Return whether the clocks of `zone` show a local time `twice` or `never`; None for any other."""
    return _local(zone, _minute(moment))[1]


def _minute(moment: datetime) -> tuple[int, int, int, int, int]:
    return moment.year, moment.month, moment.day, moment.hour, moment.minute


@lru_cache(maxsize=_CACHED)
def _local(zone: tzinfo, minute: tuple[int, int, int, int, int]) -> tuple[int, str | None]:
    """Return the offset of a local minute in ms, and whether the clocks show it `twice` or `never`."""
    local = datetime(*minute)  # noqa: DTZ001  of `zone`
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    offset = (first.utcoffset() or timedelta()) // _MS
    if first.utcoffset() == second.utcoffset():
        return offset, None
    return offset, "twice" if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local else "never"


@lru_cache(maxsize=_CACHED)
def _date(text: str, order: str) -> datetime:
    match = _DATE.fullmatch(text)
    if match is None:
        raise NoTimeError
    parts = dict(zip(order, match.groups()[:3], strict=True))
    if len(parts["y"]) not in {2, _DIGITS_OF_A_YEAR} or max(len(parts["m"]), len(parts["d"])) > 2:  # noqa: PLR2004
        raise NoTimeError
    year = int(parts["y"]) + (_CENTURY if len(parts["y"]) == 2 else 0)  # noqa: PLR2004
    micros = (match[7] or "").ljust(6, "0")[:6]
    try:
        return datetime(
            year,
            int(parts["m"]),
            int(parts["d"]),
            _hour(match[4], match[8]),
            int(match[5] or 0),
            int(match[6] or 0),
            int(micros),
            tzinfo=_offset(match[9]),
        )
    except ValueError:
        raise NoTimeError from None


def _hour(text: str | None, half: str | None) -> int:
    hour = int(text or 0)
    if half is None:
        return hour
    if not 1 <= hour <= _NOON:
        raise NoTimeError
    return hour % _NOON + (_NOON if half[0] in "pP" else 0)


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in {"Z", "UTC", "GMT"}:
        return UTC
    length = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(length if text[0] == "+" else -length)


def _iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise NoTimeError from None


def _since_epoch(text: str, digits: int) -> int:
    """Read a number of units since the epoch, of which 10 ** `digits` are a second, fractions cut off at the ms."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise NoTimeError
    fraction = (match[2] or "").ljust(9, "0")
    whole = int(match[1] + fraction)
    return whole // int(10 ** (digits + 6))


def _pattern(text: str, pattern: str) -> datetime:
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007  the zone comes from the mapping
    except ValueError:
        raise NoTimeError from None


ISO: Final = TimeForm("ISO 8601", "2025-12-31T18:00:00", _iso)
NAMED: Final[Mapping[str, TimeForm]] = {
    "iso": ISO,
    "day-first": TimeForm("a date with the day first", "31/12/2025 18:00", partial(_date, order="dmy")),
    "month-first": TimeForm("a date with the month first", "12/31/2025 6:00 PM", partial(_date, order="mdy")),
    "year-first": TimeForm("a date with the year first", "2025/12/31 18:00", partial(_date, order="ymd")),
    "epoch": TimeForm("seconds since 1970", "1767200400", partial(_since_epoch, digits=0)),
    "epoch-ms": TimeForm("milliseconds since 1970", "1767200400000", partial(_since_epoch, digits=3)),
    "epoch-us": TimeForm("microseconds since 1970", "1767200400000000", partial(_since_epoch, digits=6)),
}
_SAMPLE: Final = datetime(2025, 12, 31, 18, 0, tzinfo=UTC)


def time_form(form: str) -> TimeForm | None:
    """Return the form of that name, or of a pattern as `%d %b %Y`; None where it is neither."""
    if "%" not in form:
        return NAMED.get(form)
    try:
        example = _SAMPLE.strftime(form)
        datetime.strptime(example, form)  # noqa: DTZ007  only the pattern is tried
    except ValueError:
        return None
    return TimeForm(f'a time of the form "{form}"', example, partial(_pattern, pattern=form))
