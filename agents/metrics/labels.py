"""Bounds the values of labels: beyond a limit they are shown as `other`, and counted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER: Final = "other"
_COUNTED_AT_MOST: Final = 100_000
# A query writes these values between backticks, so it could not contain a backtick; nor a backslash, which may end the
# literal. Control characters have been refused on admission.
_UNQUOTABLE: Final = re.compile(r"[`\\]")


def as_shown(value: str) -> str:
    """Return `value` as a label shows it: with a question mark for what a query could not contain."""
    return _UNQUOTABLE.sub("?", value)


class Labels:
    """At most `limits` values of each label, the first that occur; a missing value is empty."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._known: dict[str, dict[str, str]] = {label: {} for label in limits}
        self._over: dict[str, set[str]] = {label: set() for label in limits}

    def of(self, label: str, value: str | None) -> str:
        """Return what `value` is shown as."""
        if not value:
            return ""
        known = self._known[label]
        shown = known.get(value)
        if shown is not None:
            return shown
        if len(known) < self._limits[label]:
            return known.setdefault(value, as_shown(value))
        over = self._over[label]
        if len(over) < _COUNTED_AT_MOST:
            over.add(value)
        return OTHER

    def over(self, label: str) -> int:
        """Return how many values of `label` are shown as `other`."""
        return len(self._over[label])
