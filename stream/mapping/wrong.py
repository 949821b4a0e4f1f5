"""What is wrong with a mapping file: the key, and what belongs there."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from stream.events.describe import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable


class WrongError(Exception):
    """A mistake in a mapping: `key` is where, from inside to outside, `message` what is wrong and the right form."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key
        self.message = message

    def within(self, outer: str) -> WrongError:
        """Return the same mistake, as seen from further outside."""
        return WrongError(f"{outer}, {self.key}" if self.key else outer, self.message)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint at the name that was meant, "" if none is near."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def no_others(table: dict[str, Any], known: Iterable[str]) -> None:
    """Refuse a key that is not `known`."""
    for key in table:
        if key not in known:
            raise WrongError(key, f"no such key{did_you_mean(key, known)}; write one of {', '.join(sorted(known))}")


def text_at(table: dict[str, Any], key: str, form: str, default: str | None = None) -> str | None:
    """Return the text at `key`, or `default`; WrongError, with the right `form`, for anything else."""
    value = table.get(key, default)
    if value is default or (isinstance(value, str) and value):
        return value
    raise WrongError(key, f"{kind_of(value)}; write {form}")


def one_of(key: str, value: Any, known: Iterable[str]) -> str:
    """Return `value`, which is one of `known`; WrongError for anything else."""
    if isinstance(value, str) and value in known:
        return value
    hint = did_you_mean(value, known) if isinstance(value, str) else ""
    raise WrongError(key, f"{kind_of(value)}{hint}; write one of {', '.join(known)}")
