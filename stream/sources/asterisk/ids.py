"""The ids that Asterisk gives its channels: `pbx1-1795469627.716` holds the second of the channel's birth."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from stream.events.refusal import Reason, Refused

_ID: Final = re.compile(r"(?:[^|,\s]*-)?([0-9]{9,11})\.([0-9]{1,12})")


@lru_cache(maxsize=4096)
def birth(unique: str) -> tuple[int, int] | None:
    """Return the second of a channel's birth and its number since the start; None for an id of another form."""
    match = _ID.fullmatch(unique)
    return (int(match[1]), int(match[2])) if match else None


def born(unique: str) -> int | None:
    """Return the second of a channel's birth, if its id holds it."""
    found = birth(unique)
    return found[0] if found else None


def nth(name: str, number: int) -> str:
    """Return what the `number`th (from 1) of those that are called `name` is called."""
    return name if number == 1 else f"{name}/{number}"


def not_before_birth(at: int, unique: str, field: str, *, slack_s: int) -> None:
    """Raise Refused for a moment `at` (ms) that lies more than `slack_s` before the birth of its channel."""
    second = born(unique)
    if second is not None and at < 1000 * (second - slack_s):
        raise Refused(
            Reason.OUT_OF_RANGE,
            field,
            f"{field}: {second - at // 1000} s before what its id says it was born at; was the clock set?",
        )
