"""Calls that wait for a row of theirs which has yet to come, for as long as rows of one call may; then they go on."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from stream.sources.sql.queries import Row
    from stream.sources.table_layout import TableLayout

MOST: Final = 2_000
"""Calls that may wait; of more, the one that has waited longest waits no more."""


@dataclass(slots=True)
class _Call:
    since: float
    rows: dict[int, Row] = field(default_factory=dict)


class Partial:
    """
    The rows of calls that their reader waits with.

    Moments are in seconds of a clock that is never set; by it rows grow older that were old when they were read.
    """

    def __init__(self, layout: TableLayout, most: int = MOST) -> None:
        self._layout = layout
        self._most = most
        self._calls: OrderedDict[str, _Call] = OrderedDict()

    def __len__(self) -> int:
        """Return how many calls wait."""
        return len(self._calls)

    def of(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows that are kept of the calls that `rows` are of."""
        names = dict.fromkeys(self._layout.call_of(row.record) or "" for row in rows)
        return [row for name in names if name in self._calls for row in self._calls[name].rows.values()]

    def given_up(self, rows: Sequence[Row], now: float, newest_s: float | None) -> set[str]:
        """Return which calls of `rows` wait no longer, where the table's newest row is of `newest_s`."""
        since = self._since(rows, now, newest_s)
        return {name for name, moment in since.items() if now - moment > self._layout.reach_s}

    def note(self, rows: Sequence[Row], waiting: Collection[str], now: float, newest_s: float | None) -> None:
        """Keep the rows of those of the calls that are `waiting`; the others were read."""
        for name, moment in self._since(rows, now, newest_s).items():
            if name in waiting:
                self._calls.setdefault(name, _Call(moment))
            else:
                self._calls.pop(name, None)
        for row in rows:
            of_row = self._layout.call_of(row.record) or ""
            if of_row in waiting:
                self._calls[of_row].rows[row.digest] = row
        for call in list(self._calls.values())[: max(len(self._calls) - self._most, 0)]:
            call.since = float("-inf")

    def due(self, now: float) -> list[Row]:
        """Return the rows of the calls that have waited long enough."""
        calls = (call for call in self._calls.values() if now - call.since > self._layout.reach_s)
        return [row for call in calls for row in call.rows.values()]

    def _since(self, rows: Sequence[Row], now: float, newest_s: float | None) -> dict[str, float]:
        """Return since when the calls of `rows` wait: as is known, or since their last row was the newest one."""
        latest: dict[str, float] = {}
        for row in rows:
            name = self._layout.call_of(row.record)
            if name is not None:
                seconds = newest_s if row.seconds is None else row.seconds
                latest[name] = max(latest.get(name, float("-inf")), seconds if seconds is not None else 0.0)
        return {
            name: self._calls[name].since if name in self._calls else now - max((newest_s or seconds) - seconds, 0.0)
            for name, seconds in latest.items()
        }
