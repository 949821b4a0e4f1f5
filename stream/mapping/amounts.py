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
    """Return the seconds of a length that is written in `unit`."""
    if unit != CLOCK:
        return decimal_of(text, form) * UNITS[unit]
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise NoNumberError
    return Decimal(3600 * int(match[1] or 0) + 60 * int(match[2])) + Decimal(match[3].replace(",", "."))


def is_clock(text: str) -> bool:
    """Return whether a length is written as on a stopwatch: 1:02:03 or 2:03."""
    return _CLOCK.fullmatch(text) is not None


def plain(number: Decimal) -> str:
    """Return `number` without an exponent, and without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
