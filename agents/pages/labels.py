"""Values of labels, bounded: past a limit they are shown as `other`, and counted."""

from __future__ import annotations

from typing import Final

OTHER: Final = "other"
_COUNTED_AT_MOST: Final = 100_000


class Labels:
    """At most `limit` values of each label, the first to come; a value that something does not have is empty."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: dict[str, set[str]] = {}
        self._over: dict[str, set[str]] = {}

    def of(self, label: str, value: str | None) -> str:
        """Give what `value` is shown as."""
        if not value:
            return ""
        known = self._known.setdefault(label, set())
        if value in known:
            return value
        if len(known) < self._limit:
            known.add(value)
            return value
        over = self._over.setdefault(label, set())
        if len(over) < _COUNTED_AT_MOST:
            over.add(value)
        return OTHER

    def over(self, label: str) -> int:
        """Tell how many values of `label` are shown as `other`."""
        return len(self._over.get(label, ()))
