"""In which form the times of a column are written, and which column of hours belongs to which of dates."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from stream.mapping.times import NoTimeError, NoZoneError, milliseconds, time_form

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST: Final = 0.9
_LOOKED_AT: Final = 50
_NAMED: Final = ("iso", "year-first", "day-first", "month-first", "epoch", "epoch-ms")
_DATES: Final = (
    "%a, %d %b %Y", "%a %d %b %Y", "%a, %b %d, %Y", "%a %b %d %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y",
    "%b %d, %Y", "%b %d %Y", "%B %d, %Y",
)  # fmt: skip
_HOURS: Final = (
    "", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", ", %H:%M:%S", ", %H:%M", ", %I:%M:%S %p", ", %I:%M %p",
    " at %I:%M %p", " %H:%M:%S %z", ", %H:%M:%S %z",
)  # fmt: skip
_PATTERNS: Final = tuple(f"{date}{hour}" for date in _DATES for hour in _HOURS)
_HOUR: Final = re.compile(r"([01]?\d|2[0-3])[:hH]([0-5]\d)(?::[0-5]\d)?(?:\s*([AaPp])\.?[Mm]\.?)?")
_EPOCH_S: Final = range(946_684_800, 4_102_444_800)
_DAY_MS: Final = 86_400_000
_EARLIEST: Final = 6
_UTC: Final = ZoneInfo("UTC")


def forms_of(texts: Sequence[str]) -> list[str]:
    """Return the forms that nearly all of `texts` are times of: names, or else a pattern; none where they are none."""
    found = [form for form in _NAMED if _fit(texts, form)]
    if {"day-first", "month-first"} & set(found) and "year-first" in found:
        found.remove("year-first")  # a year of two digits comes last
    if found or not texts or not (any(map(str.isalpha, texts[0])) and any(map(str.isdigit, texts[0]))):
        return found
    return [next((form for form in _PATTERNS if _fit(texts, form)), "")] if _tells_a_day(texts) else []


def moment_in(text: str, form: str) -> int | None:
    """Return the time that `text` writes in `form`, in ms as if of UTC; None where it is none."""
    if not text or (form == "iso" and (text.isdecimal() or len(text) < 8)):  # noqa: PLR2004
        return None
    if form.startswith("epoch"):
        if not text.isdecimal():
            return None
        seconds = int(text) // (1000 if form == "epoch-ms" else 1)
        return seconds * 1000 if seconds in _EPOCH_S else None
    known = _form(form)
    try:
        return None if known is None else milliseconds(known.read(text), _UTC)
    except (NoTimeError, NoZoneError, OverflowError):
        return None


def are_dates(texts: Sequence[str], form: str) -> bool:
    """Return whether times have no hour."""
    return all((moment_in(text, form) or 0) % _DAY_MS == 0 for text in texts[:_LOOKED_AT])


def are_hours(texts: Sequence[str]) -> bool:
    """Return whether hours of a day stand there, and no lengths: with am and pm, or mostly by day."""
    found = [_HOUR.fullmatch(text) for text in texts[:_LOOKED_AT]]
    right = [match for match in found if match is not None]
    if not right or len(right) < _MOST * len(found):
        return False
    return any(match[3] for match in right) or sorted(int(match[1]) for match in right)[len(right) // 2] >= _EARLIEST


_form = lru_cache(maxsize=256)(time_form)


def _tells_a_day(texts: Sequence[str]) -> bool:
    """Return whether a year, or a month by its name, stands in the first text: most texts need not be tried."""
    return re.search(r"\d{4}|-\d{2}\b", texts[0]) is not None and re.search(r"[A-Za-z]{3}", texts[0]) is not None


def _fit(texts: Sequence[str], form: str) -> bool:
    for some in (texts[:_LOOKED_AT], texts):
        if not some or sum(moment_in(text, form) is not None for text in some) < _MOST * len(some):
            return False
    return True
