"""Reads telephone numbers: whether a text is one, and its international form."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import phonenumbers

_LOCAL: Final = re.compile(r"[2-9][0-9]{2}[-. ][0-9]{4}")


class PossibleNumber(NamedTuple):
    """A number of the right length for its region, as E.164; `valid` if it is also in use there."""

    e164: str
    valid: bool


def possible_number(text: str, region: str) -> PossibleNumber | None:
    """Return the number in `text`, read in `region` unless it is international; None where there is none."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return PossibleNumber(e164, phonenumbers.is_valid_number(parsed))


def digits_of(text: str) -> str:
    """Return the digits of `text`, of whatever script, as 0 to 9."""
    digits: str = phonenumbers.normalize_digits_only(text)
    return digits


def is_region(code: str) -> bool:
    """Return whether telephone numbers are known for the region `code` (two upper-case letters of ISO 3166)."""
    return code in phonenumbers.SUPPORTED_REGIONS


def local_in_north_america(text: str, region: str) -> bool:
    """Return whether `text` is a number without its area code, as North America writes it (555-0199), in `region`."""
    return _LOCAL.fullmatch(text) is not None and phonenumbers.country_code_for_region(region) == 1
