"""Puts rows together by their calls while a table is read through, and lets go of a call when no more rows can come."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stream.sources.sql.queries import Row
    from stream.sources.table_layout import TableLayout

_OVERLAPS: Final = 4  # of rows that no call is named in, so many reaches are read at a time, and the last one again


@dataclass(slots=True)
class _Call:
    rows: list[Row] = field(default_factory=list)
    latest: float | None = None
    fresh: bool = False


class OpenCalls:
    """The calls whose rows are being read; a call none of whose rows is fresh is let go of in silence."""

    def __init__(self, layout: TableLayout) -> None:
        self._layout = layout
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._alone: list[Row] = []
        self._alone_fresh = False
        self._ready: list[Row] = []

    def add(self, row: Row, *, fresh: bool) -> None:
        """Take a row."""
        layout = self._layout
        if not layout.call:
            if fresh:
                self._ready.append(row)
            return
        name = layout.call_of(row.record)
        if name is None:
            self._alone.append(row)
            self._alone_fresh |= fresh
            return
        call = self._calls.setdefault(name, _Call())
        self._calls.move_to_end(name)
        call.rows.append(row)
        call.fresh |= fresh
        if row.seconds is not None:
            call.latest = row.seconds if call.latest is None else max(call.latest, row.seconds)
        if layout.closes(row.record):
            self._let_go(name)

    def ready(self, newest_s: float | None) -> list[Row]:
        """Return the rows of the calls that are whole where the newest row is of `newest_s`; of all without one."""
        for name, call in list(self._calls.items()):
            if newest_s is not None and call.latest is not None and newest_s - call.latest <= self._layout.reach_s:
                break
            self._let_go(name)
        self._let_go_alone(newest_s)
        ready, self._ready = self._ready, []
        return ready

    def _let_go(self, name: str) -> None:
        call = self._calls.pop(name)
        if call.fresh:
            self._ready += call.rows

    def _let_go_alone(self, newest_s: float | None) -> None:
        """Let go of the rows of no call, and keep the last of them, which may belong to what follows."""
        if not self._alone:
            return
        first = self._alone[0].seconds
        reach = self._layout.reach_s
        if newest_s is not None and first is not None and newest_s - first <= _OVERLAPS * reach:
            return
        if self._alone_fresh:
            self._ready += self._alone
        self._alone_fresh = False
        self._alone = (
            [] if newest_s is None else [row for row in self._alone if row.seconds and newest_s - row.seconds <= reach]
        )
