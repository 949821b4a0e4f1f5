"""From the text that was found to the value of a field, by the kind of the field."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from stream.events.describe import kind_of
from stream.events.refusal import Reason
from stream.events.types import LONGEST
from stream.mapping.amounts import CLOCK, DECIMALS, NAMES, UNITS, NoNumberError, decimal_of, is_clock, plain, seconds_of
from stream.mapping.fields import Kind
from stream.mapping.wrong import WrongError, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream.mapping.defaults import Defaults
    from stream.mapping.fields import Field

    Convert = Callable[[str], Any]

_AS_ON_A_STOPWATCH: Final = 'unit = "clock" beside its column in the mapping, which reads 1:02:03 and 2:03'
_IDENTIFIERS: Final = frozenset({"lead", "into", "call", "customer", "opportunity"})
_SHORTENED: Final = re.compile(r"([1-9])[.,](\d+)[eE]\+(\d{2})")
_FLAGS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "yes", "y", "1", "t"), True),
    **dict.fromkeys(("false", "no", "n", "0", "f"), False),
}


class Unfit(Exception):  # noqa: N818  it is an answer: the text is of another form
    """A text that is no value of its field: what it should be, and an example."""

    def __init__(self, what: str, example: str, reason: Reason = Reason.WRONG_TYPE) -> None:
        super().__init__(what)
        self.what = what
        self.example = example
        self.reason = reason


def converter(field: Field, table: Mapping[str, Any], defaults: Defaults) -> Convert:
    """Return what turns a text into the value of `field`; it raises Unfit. WrongError for a wrong `table`."""
    if field.kind is Kind.FLAG:
        return _flag
    if field.kind is Kind.WHOLE:
        return _whole
    if field.kind is Kind.TEXT:
        return _text(field, table, defaults)
    decimal = one_of("decimal", table.get("decimal", defaults.decimal), DECIMALS)
    if field.kind is Kind.SECONDS:
        unit = one_of("unit", table.get("unit", "s"), (*UNITS, CLOCK))
        if unit == CLOCK and "decimal" in table:
            raise WrongError("decimal", 'of no effect beside unit = "clock", which reads both signs; leave it out')
        return _seconds(unit, decimal)
    return _money(decimal)


def _flag(text: str) -> bool:
    flag = _FLAGS.get(text.casefold())
    if flag is None:
        raise Unfit("yes or no", "yes or no, or a map")
    return flag


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise Unfit("whole number", '3, or say how it is written where it is a time: time = "iso"')
    return int(text)


def _text(field: Field, table: Mapping[str, Any], defaults: Defaults) -> Convert:
    if field.choices and "region" in table:
        raise WrongError("region", f"of no effect, as {field.name} is one of {', '.join(field.choices)}; leave it out")
    if field.choices:
        return _choice(field.choices)
    region = table.get("region", defaults.region if field.name == "number" else None)
    if region is None:
        if field.name == "number":
            return _whole_number
        return _identifier if field.name in _IDENTIFIERS else str
    return _number(region_of(region), strict=field.name != "number")


def region_of(given: Any) -> str:
    """Return the region that `given` names; WrongError where there is none."""
    from stream.privacy.numbers import is_region  # noqa: PLC0415  it loads all regions, and most mappings need none

    if isinstance(given, str) and is_region(given.upper()):
        return given.upper()
    raise WrongError("region", f'{kind_of(given)} that names no telephone region; write two letters of ISO 3166: "FR"')


def _choice(choices: tuple[str, ...]) -> Convert:
    def convert(text: str) -> str:
        if text not in choices:
            raise Unfit("value of the list", f"one of {', '.join(choices)}, or a map", Reason.UNKNOWN_VALUE)
        return text

    return convert


def _whole_number(text: str) -> str:
    """Return a telephone number with all of its digits, of which a spreadsheet may have left some out: 6,3998E+08."""
    match = _SHORTENED.fullmatch(text) if "E" in text or "e" in text else None
    if match is None:
        return text
    if len(match[2]) != int(match[3]):
        raise Unfit("number that has all of its digits, as a spreadsheet cut it short", "it where its column is text")
    return match[1] + match[2]


def _identifier(text: str) -> str:
    """Return an id; of one that is longer than a field can be, a digest, which is the same wherever it stands."""
    if len(text) <= LONGEST:
        return text
    return "sha256-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _number(region: str, *, strict: bool) -> Convert:
    """Write numbers as E.164: what is none stays as it is in `number`, and is refused where an id is made of it."""
    from stream.privacy.numbers import possible_number  # noqa: PLC0415  as above

    def convert(text: str) -> str:
        text = _whole_number(text)
        possible = possible_number(text, region)
        if possible is not None:
            return possible.e164
        if strict:
            raise Unfit(f"number of {region}", "a telephone number")
        return text

    return convert


def _seconds(unit: str, decimal: str) -> Convert:
    example = "1:02:03" if unit == CLOCK else DECIMALS[decimal]
    what = "length of time as on a stopwatch" if unit == CLOCK else f"number of {NAMES[unit]}"

    def convert(text: str) -> float:
        if unit == "s" and text.isascii() and text.isdecimal():
            return float(text)
        try:
            return float(seconds_of(text, unit, decimal))
        except NoNumberError:
            raise Unfit(what, _AS_ON_A_STOPWATCH if unit != CLOCK and is_clock(text) else example) from None

    return convert


def _money(decimal: str) -> Convert:
    def convert(text: str) -> str:
        try:
            return plain(decimal_of(text, decimal))
        except NoNumberError:
            raise Unfit(f"amount with a {decimal} before its decimals", DECIMALS[decimal]) from None

    return convert
