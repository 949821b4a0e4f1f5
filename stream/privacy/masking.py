"""Masks what reads as a telephone number or an e-mail address in a short text, and leaves dates, versions and ids."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from stream.privacy.numbers import local_in_north_america, possible_number

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER: Final = "[number]"
EMAIL: Final = "[email]"

FEWEST_DIGITS: Final = 7
SURELY_DIGITS: Final = 9
"""So many digits are a number whatever the region; fewer are one where the region has such a number."""

_HIDDEN: Final = "\u2060"  # stands for what is not seen: joiners, marks, soft hyphens
_ALIKE: Final = {"\u3002": ".", "\uff61": ".", "\u00b7": ".", "\u2215": "/", "\u2044": "/"}
_LOCAL_PART: Final = r'(?:"[^"]{1,64}"|[^\s@<>(),;:\\"\[\]]{1,64})'
_LABEL: Final = rf"[\w{_HIDDEN}-]{{1,63}}"
_EMAIL: Final = re.compile(rf"{_LOCAL_PART}(?:@|%40)(?P<domain>(?:{_LABEL}\.)+{_LABEL})")

_YEAR: Final = r"(?:19|20)[0-9]{2}"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_DAY: Final = r"(?:0?[1-9]|[12][0-9]|3[01])"
_CLOCK: Final = r"(?:[01]?[0-9]|2[0-3])[:hH][0-5][0-9](?:[:m][0-5][0-9])?(?:\.[0-9]{1,6})?"
_ZONE: Final = r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?"
_HEX: Final = r"(?:[0-9a-f]{16}|[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})"
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_VERSION: Final = r"v?(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2,3}"
_KEPT: Final = re.compile(
    rf"(?<![0-9])(?:{_YEAR}(?P<between>[-/._]?)(?:0[1-9]|1[0-2])(?P=between)(?:0[1-9]|[12][0-9]|3[01])"
    rf"|{_DAY}(?P<among>[-/._]){_MONTH}(?P=among){_YEAR}|{_MONTH}(?P<us>[-/]){_DAY}(?P=us){_YEAR}"
    rf"|{_YEAR}[-/]{_YEAR}|{_YEAR}-(?:0[1-9]|1[0-2])(?![-/. ]?[0-9]))"
    rf"(?:[Tt _]{_CLOCK}{_ZONE})?(?![0-9])"
    rf"|(?<![0-9]){_CLOCK}(?![0-9:])"
    rf"|(?<![0-9A-Za-z])(?i:(?P<hex>{_HEX})|{_UUID})(?![0-9A-Za-z])"
    rf"|(?<![0-9A-Za-z.])(?P<version>{_VERSION})(?![0-9]|[.\- ][0-9])"
)
_FEWEST_LETTERS: Final = 2

_BETWEEN: Final = rf"[ {_HIDDEN}().\-/_]{{0,4}}"
_AREA_CODE: Final = r"(?:\((?=[0-9]{1,5}\)))?"
_DIGITS: Final = re.compile(
    rf"(?P<plus>(?:\+|%2[Bb]){_HIDDEN}*)?{_AREA_CODE}[0-9](?:{_BETWEEN}[0-9]){{{FEWEST_DIGITS - 1},}}"
)
_LEADING_YEARS: Final = re.compile(rf"(?:{_YEAR}[ ().\-/_{_HIDDEN}]+)+")
_IN_PAIRS: Final = re.compile(r"(?<![0-9])0[1-9]([^\w\s])[0-9]{2}(?:\1[0-9]{2}){3}(?![0-9])")


def masked(text: str, region: str) -> str:
    """
    Return `text` with each e-mail address and each telephone number in it masked; national ones are of `region`.

    Nine digits or more are a number, also in groups, in whatever script, and so are seven that follow a `+`. Seven or
    eight are one where they are in use in the region. Dates, times, years, versions and hexadecimal ids are none.
    """
    plain = _plain(text)
    done, end = [], 0
    for start, stop, mask in _found(plain, region):
        done += [text[end:start], mask]
        end = stop
    return "".join(done) + text[end:]


def emails_in(text: str) -> list[tuple[int, int]]:
    """Return where e-mail addresses begin and end in `text`."""
    return [
        match.span()
        for match in _EMAIL.finditer(_plain(text))
        if any(map(str.isalpha, match["domain"].rpartition(".")[2]))
    ]


def without_emails(text: str) -> str:
    """Return `text` with each e-mail address in it masked."""
    done, end = [], 0
    for start, stop in emails_in(text) if "@" in text or "%40" in text or not text.isascii() else ():
        done += [text[end:start], EMAIL]
        end = stop
    return "".join(done) + text[end:]


def _found(plain: str, region: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each mask begins and ends, in order."""
    end = 0
    for start, stop in emails_in(plain):
        yield from _numbers(plain, end, start, region)
        yield start, stop, EMAIL
        end = stop
    yield from _numbers(plain, end, len(plain), region)


def _numbers(plain: str, start: int, stop: int, region: str) -> Iterator[tuple[int, int, str]]:
    """Yield the numbers in a part of `plain`, around what is none in spite of its digits."""
    end = start
    for pairs in _IN_PAIRS.finditer(plain, start, stop):
        yield from _numbers_around_kept(plain, end, pairs.start(), region)
        yield (*pairs.span(), NUMBER)
        end = pairs.end()
    yield from _numbers_around_kept(plain, end, stop, region)


def _numbers_around_kept(plain: str, start: int, stop: int, region: str) -> Iterator[tuple[int, int, str]]:
    end = start
    for kept in _KEPT.finditer(plain, start, stop):
        if not _is_kept(kept):
            continue
        yield from _numbers_between(plain, end, kept.start(), region)
        end = kept.end()
    yield from _numbers_between(plain, end, stop, region)


def _is_kept(match: re.Match[str]) -> bool:
    """Return whether it is none after all: a hexadecimal id has letters, a version a part of one digit."""
    if match["hex"]:
        return sum(map(str.isalpha, match["hex"])) >= _FEWEST_LETTERS
    if match["version"]:
        parts = match["version"].lstrip("v").split(".")
        return match["version"][0] == "v" or any(len(part) == 1 for part in parts[1:])
    return True


def _numbers_between(plain: str, start: int, stop: int, region: str) -> Iterator[tuple[int, int, str]]:
    for match in _DIGITS.finditer(plain, start, stop):
        if _is_number(match, region):
            yield (*match.span(), NUMBER)


def _is_number(match: re.Match[str], region: str) -> bool:
    text = match[0]
    years = _LEADING_YEARS.match(text)
    body = text[years.end() :] if years else text
    if match["plus"] or _count(body) >= SURELY_DIGITS:
        return True
    if local_in_north_america(text, region):
        return True
    return any(
        found is not None and found.valid
        for found in (possible_number(one, region) for one in {text.replace(_HIDDEN, ""), body})
    )


def _count(text: str) -> int:
    return sum(map(str.isdigit, text))


def _plain(text: str) -> str:
    """Return `text`, character by character, with digits of all scripts as 0 to 9, and what looks alike as ASCII."""
    return text if text.isascii() else "".join(map(_plain_character, text))


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category == "Pd":
        return "-"
    if category in {"Cf", "Mn", "Me", "Mc"}:
        return _HIDDEN
    alike = _ALIKE.get(character) or unicodedata.normalize("NFKC", character)
    return alike if len(alike) == 1 else character
