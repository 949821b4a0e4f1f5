"""Text that is no JSON without the names in it: only words that logs and records are made of are kept."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

LEFT_OUT: Final = "…"

_WORD: Final = re.compile(r"[^\W\d_][\w'\u2019.@-]*")
_KEPT: Final = re.compile(r"(?:num|id)_[0-9a-f]{32}")
_KEY: Final = re.compile(r"^[A-Za-z][A-Za-z0-9-]*(?=: )", re.MULTILINE)
# A name as it stands before an address: "Ada" <1001>, or ""Ada" <1001>" where quoting is broken.
_BEFORE_ADDRESS: Final = re.compile(r"[^\s\"',;|<>][^\"',;|<>]{0,120}?(?=\"*\s*<)")
_AGAIN: Final = re.compile(rf"{LEFT_OUT}(?:[ '\u2019.-]*{LEFT_OUT})+")


def without_words(text: str) -> str:
    """
    Return `text` with each word left out that is none of those that logs are made of.

    What has a digit in it stays (an id, a channel, a time), and so does a single letter, and the key of a line.
    """
    keys = {match.start() for match in _KEY.finditer(text)}
    spared = _BEFORE_ADDRESS.sub(LEFT_OUT, text) if "<" in text and not keys else text

    def one(match: re.Match[str]) -> str:
        word = match[0]
        if len(word) == 1 or match.start() in keys or _KEPT.fullmatch(word):
            return word
        if any(character.isdigit() for character in word) and "@" not in word:
            return word
        return word if all(part in _known() for part in word.lower().split(".") if part) else LEFT_OUT

    return _AGAIN.sub(LEFT_OUT, _WORD.sub(one, spared))


@cache
def _known() -> frozenset[str]:
    """Return the words that records and logs are made of; all else may be somebody's name."""
    return frozenset(files("stream.privacy").joinpath("log_words.txt").read_text("utf-8").split())
