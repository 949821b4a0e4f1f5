"""Numbers as people write them: money and quantities with their decimal signs, and lengths of time."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DECIMALS: Final[Mapping[str, str]] = {"point": "1,234.56", "comma": "1 234,56"}
"""How a number is written by what stands before its decimals, with an example."""

UNITS: Final[Mapping[str, Decimal]] = {
    "us": Decimal("0.000001"),
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
}
NAMES: Final[Mapping[str, str]] = {
    "us": "microseconds",
    "ms": "milliseconds",
    "s": "seconds",
    "min": "minutes",
    "h": "hours",
    "clock": "hours, minutes and seconds",
}
CLOCK: Final = "clock"
"""The unit of lengths that are written as on a stopwatch: 1:02:03 or 2:03."""

_BLANKS: Final = re.compile(r"[\s\u00a0\u2009\u202f'\u2019]")
_SIGN: Final = r"(?:[^\W\d_]|[€$£¥₹₽₺₩₪฿₫₴₦]){1,4}"
_CURRENCY: Final = re.compile(rf"^{_SIGN}|{_SIGN}$")
_PARTS: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_]+)\s*")
_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("us", "µs"), "us"),
    **dict.fromkeys(("ms", "msec", "msecs"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "seconde", "secondes"), "s"),
    **dict.fromkeys(("m", "min", "mins", "mn", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "heure", "heures"), "h"),
}
_CLOCK: Final = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):([0-5]\d(?:[.,]\d{1,9})?)")
_GROUPED: Final = {
    "point": re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,18})?(?:\.(\d{0,12}))?"),
    "comma": re.compile(r"([+-]?)(\d{1,3}(?:\.\d{3})+|\d{1,18})?(?:,(\d{0,12}))?"),
}


class NoNumberError(ValueError):
    """A text that is no number of the form asked for."""


def decimal_of(text: str, form: str) -> Decimal:
    """
    Return the number that `text` writes, with `point` or `comma` before its decimals.

    The other sign, blanks and apostrophes may stand between thousands, and a currency around it.
    """
    if text.isascii() and text.isdecimal():
        return Decimal(text)
    plain = _CURRENCY.sub("", _BLANKS.sub("", text))
    match = _GROUPED[form].fullmatch(plain)
    if match is None or not (match[2] or match[3]):
        raise NoNumberError
    whole = re.sub(r"[.,]", "", match[2] or "0")
    return Decimal(f"{match[1]}{whole}.{match[3] or '0'}" if match[3] else f"{match[1]}{whole}")


def seconds_of(text: str, unit: str, form: str) -> Decimal:
    """
    Return the seconds of a length that is written in `unit`.

    What names its own units, as `1 min 25 s`, is read by these. Raises NoNumberError.
    """
    if text[-1:].isalpha():
        return _by_its_words(text)
    if unit != CLOCK:
        return decimal_of(text, form) * UNITS[unit]
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise NoNumberError
    return Decimal(3600 * int(match[1] or 0) + 60 * int(match[2])) + Decimal(match[3].replace(",", "."))


def _by_its_words(text: str) -> Decimal:
    """Return the seconds of `1h 02m 03s`, or `85 sec`."""
    seconds, place = Decimal(0), 0
    for part in _PARTS.finditer(text):
        unit = _WORDS.get(part[2].casefold())
        if unit is None or part.start() != place:
            raise NoNumberError
        seconds, place = seconds + Decimal(part[1].replace(",", ".")) * UNITS[unit], part.end()
    if place != len(text):
        raise NoNumberError
    return seconds


def is_clock(text: str) -> bool:
    """Return whether a length is written as on a stopwatch: 1:02:03 or 2:03."""
    return _CLOCK.fullmatch(text) is not None


def names_its_units(text: str) -> bool:
    """Return whether a length names its units: `1 min 25 s`."""
    try:
        return text[-1:].isalpha() and _by_its_words(text) >= 0
    except NoNumberError:
        return False


def unit_named(word: str) -> str | None:
    """Return the unit of lengths that a `word` of a column's name names; None where it is none."""
    return _WORDS.get(word.casefold())


def plain(number: Decimal) -> str:
    """Return `number` without an exponent, and without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
