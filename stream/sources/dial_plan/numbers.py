"""Reads telephone numbers as telephones dial them, and dial strings: which peer is rung, and for which number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

_PUNCTUATION: Final = re.compile(r"[\s().\-]+")
# Codes before a number: closed ones (#31#, *31#, **0 without its zero), and those of North America.
_CODES: Final = re.compile(r"(?:[*#]+[0-9]{1,3}[*#]+)?(?:[*#]*)(?:(?<=\*)(?:67|82)(?=[0-9+]{10}))?")
_NUMBER: Final = re.compile(r"\+?[0-9]+")
_SCHEME: Final = re.compile(r"(?:sips?|tel):", re.IGNORECASE)
_SHORTEST: Final = 5  # digits after a code; fewer are a code themselves: *98, **101
_ARGUMENTS: Final = re.compile(r"[,|]")
_ASKS_FOR_A_LINE: Final = frozenset({"9"})
_LAST_PEER: Final = frozenset({"IAX2"})
LOCAL: Final = "Local"
# What is put around an extension, or a number, that a follow-me, a ring group or a queue rings by a Local channel.
_AROUND: Final = re.compile(r"(?:(?:FM(?:PR|GL)-|RG-[0-9]+-|LC-)(\+?[0-9]+)#?)|(\+?[0-9]+)#")


class DialString(NamedTuple):
    """What a dial string rings: `tech` and `peer` of a telephone or a line, and the number dialled over it, if any."""

    tech: str
    peer: str
    number: str


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """
    Return the number in `text`, without punctuation and the codes before it: `#31#06 39 98 00 01`; empty if none.

    What is no number but a word (`s`, `dial`), or a code of the telephone system alone (`*98`), is none.
    """
    bare = _PUNCTUATION.sub("", text.strip())
    bare = _SCHEME.sub("", bare, count=1).partition("@")[0].partition(";")[0]
    if _NUMBER.fullmatch(bare):
        return bare
    match = _CODES.match(bare)
    number = bare[match.end() :].rstrip("#") if match else bare
    if not _NUMBER.fullmatch(number) or len(number) < _SHORTEST:
        return ""
    return number


def bare_extension(text: str) -> str:
    """Return the extension, or the number, that a Local channel leads to: `FMGL-0639980001#` to `0639980001`."""
    around = _AROUND.fullmatch(text)
    return text if around is None else around[1] or around[2]


def without_line_prefix(dialled: str, *on_lines: str) -> str:
    """
    Return the number that was dialled without the digits that only ask for a line: `90639980001` sent on as `06…`.

    `on_lines` are the numbers sent on. One that lacks more than such a prefix (the zero of a national number, the codes
    of a country's exit) is a line's way of writing, and says nothing.
    """
    for number in on_lines:
        asks = dialled.removesuffix(number)
        if number and asks not in {"", dialled} and (number[0] in "0+" or asks in _ASKS_FOR_A_LINE):
            return number
    return dialled


@lru_cache(maxsize=8192)
def dial_strings(data: str) -> tuple[DialString, ...]:
    """Return what `Dial(data)` rings, in its order: `SIP/provider/0639980001`, `PJSIP/101&Local/102@phones,20`."""
    first = _ARGUMENTS.split(data, maxsplit=1)[0]
    return tuple(_dial_string(one.strip()) for one in first.split("&") if "/" in one)


@lru_cache(maxsize=8192)
def _dial_string(text: str) -> DialString:
    tech, _, rest = text.partition("/")
    before, _, after = rest.partition("/")
    if tech == LOCAL:
        extension = bare_extension(before.partition("@")[0])
        return DialString(tech, extension, plain(extension))
    if tech in _LAST_PEER:  # user:secret@peer/extension
        return DialString(tech, before.rpartition("@")[2].partition(":")[0], plain(after))
    user, at, peer = before.partition("@")
    if at:
        return DialString(tech, peer.partition(":")[0], plain(user))
    number = plain(after)
    # PJSIP/107/sip:107@10.0.0.7 is a telephone at its address.
    return DialString(tech, user, "" if number == plain(user) else number)
