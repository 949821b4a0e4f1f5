"""
Which journeys have something open, by the hour in which it runs out: a follow-up to be made, a customer at risk.

The slices have how many there are; this is how they are found. Nothing of it is kept in a changelog: it is read off the
journeys of the last days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.journeys.batch import CUSTOMER, LEAD, NUMBER
from stream.journeys.erasing import is_past
from stream.journeys.store import header
from stream.kpi.rules import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream.kpi.rules import Rules

LATE_FOR: Final = 7 * DAY
"""For so long after its limit something is found, and at most an hour longer."""
_KEPT_HOURS: Final = LATE_FOR // HOUR


class OpenLimits:
    """The keys of the journeys of one partition, by the hour in which what is open of them runs out."""

    def __init__(self) -> None:
        self._follow_ups: dict[int, set[bytes]] = {}
        self._risks: dict[int, set[bytes]] = {}
        self._oldest = 0

    @staticmethod
    def candidates(journeys: Iterable[tuple[bytes, bytes]], now: int, rules: Rules) -> Iterator[tuple[bytes, bytes]]:
        """Yield those of packed `journeys` of which something may be open: of older ones it ran out too long ago."""
        oldest = {
            CUSTOMER: now - rules.risk - HOUR,
            **dict.fromkeys((LEAD, NUMBER), now - rules.follow_up - LATE_FOR - HOUR),
        }
        for key, packed in journeys:
            since = oldest.get(key[:1])  # None for a key that a stranger wrote
            if since is not None and header(packed)[0] >= since and not is_past(key):
                yield key, packed

    def move(self, key: bytes, before: int | None, after: int | None, now: int) -> None:
        """Take that what is open of a journey runs out at `after` (ms) in place of `before`; None where nothing is."""
        by_hour = self._risks if key[:1] == CUSTOMER else self._follow_ups
        if before is not None:
            keys = by_hour.get(before // HOUR)
            if keys is not None:
                keys.discard(key)
                if not keys:
                    del by_hour[before // HOUR]
        self._forget(now // HOUR - _KEPT_HOURS)
        if after is not None and after // HOUR >= self._oldest and not is_past(key):
            by_hour.setdefault(after // HOUR, set()).add(key)

    def _forget(self, oldest: int) -> None:
        if oldest > self._oldest:
            self._oldest = oldest
            for by_hour in (self._follow_ups, self._risks):
                for hour in [hour for hour in by_hour if hour < oldest]:
                    del by_hour[hour]

    def follow_ups(self, hour: int) -> Iterable[bytes]:
        """Return the leads and numbers whose follow-up runs out in `hour` (since the epoch)."""
        return self._follow_ups.get(hour, ())

    def risks(self, since: int) -> Iterator[bytes]:
        """Yield the customers whose risk fades in the hour `since` (since the epoch) or later."""
        for hour, keys in self._risks.items():
            if hour >= since:
                yield from keys
