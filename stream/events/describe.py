"""How a wrong value is spoken of: by its shape, never by a text that may hold a number, a name or a secret."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

_LARGEST_SHOWN = 10**20


def shape_of(value: Any) -> str:
    """
    Return what `value` looks like: "a string of 12 characters", "a boolean", "-5".

    Only numbers are shown as they are, and only short ones; where even these may be private, use `kind_of`.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value) if -_LARGEST_SHOWN < value < _LARGEST_SHOWN else kind_of(value)
    return kind_of(value)


def kind_of(value: Any) -> str:
    """Return what kind of thing `value` is, without any of its content."""
    if isinstance(value, (bool, int, float)) or value is None:
        return _kind_of_scalar(value)
    if isinstance(value, str):
        return f"a string of {_count(len(value), 'character')}" if value else "an empty string"
    if isinstance(value, bytes):
        return _count(len(value), "byte")
    if isinstance(value, Mapping):
        return f"an object of {_count(len(value), 'field')}"
    return f"a list of {_count(len(value), 'value')}" if isinstance(value, Sequence) else f"a {type(value).__name__}"


def _kind_of_scalar(value: float | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "a whole number"
    return "a number with a fraction" if math.isfinite(value) else "not a finite number"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
