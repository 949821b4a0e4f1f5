"""What the slices of some partitions come to, step by step of a window: gathered at one instant, added up after it."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from stream.journeys.floor_share import RepNow
from stream.kpi import measures as m
from stream.kpi.catalogue import BY_ID
from stream.kpi.rules import HOUR, MINUTE, REP_STATE_LASTS
from stream.kpi.service import state_code
from stream.kpi.slices import HOURS, Cell, head_of, unpack_cell
from stream.kpi.steps import cut, measures_of
from stream.kpi.windows import Span, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from stream.journeys.base import JourneyShare
    from stream.kpi.measures import Code
    from stream.kpi.reading import Filters


class OverTime(msgspec.Struct, frozen=True):
    """What is asked for: which KPIs, of which window, by which step, under which filters."""

    kpis: tuple[str, ...]
    window: str
    step: str
    filters: Filters

    def spans(self, as_of: int, zone: tzinfo) -> list[Span]:
        """Give the steps, oldest first."""
        return cut(span_of(self.window, as_of, zone), self.step, zone)


class Gathered(NamedTuple):
    """
    Cells by the number of their step, as they are kept or as they will be; nothing changes them any more.

    So whatever takes long can be done with them elsewhere, while the shares go on.
    """

    packed: list[tuple[int, bytes]]
    ahead: list[tuple[int, Cell]]
    measures: frozenset[int]
    minute: int

    def add_up(self) -> dict[int, Cell]:
        """Add up the cells of each step: of the measures asked for, what has ripened."""
        steps: dict[int, Cell] = {}
        for number, packed in self.packed:
            self._add(steps, number, unpack_cell(packed))
        for number, cell in self.ahead:
            self._add(steps, number, cell)
        return steps

    def _add(self, steps: dict[int, Cell], number: int, cell: Cell) -> None:
        total = steps.setdefault(number, {})
        for code, amount in cell.items():
            plain = self._plain(code)
            if plain is not None:
                total[plain] = total.get(plain, 0) + amount

    def _plain(self, code: Code) -> Code | None:
        if type(code) is str:
            return code if m.detail_of(code)[0] in self.measures else None
        whole: Any = code
        if m.measure_of(whole) in self.measures and m.minute_of(whole) < self.minute:
            return m.measure_of(whole)
        return None


def gather(asked: OverTime, as_of: int, zone: tzinfo, shares: Iterable[JourneyShare]) -> Gathered:
    """Gather what `shares` have of `asked` at `as_of` (ms)."""
    spans = asked.spans(as_of, zone)
    measures = frozenset[int]().union(*(measures_of(BY_ID[kpi].formula) for kpi in asked.kpis))
    gathered = Gathered([], [], measures, as_of // MINUTE)
    match = asked.filters.match
    for share in shares:
        for number, span in enumerate(spans):
            for index in range(span.first, span.last + 1):
                kept = share.slices.packed(head_of(span.granularity, index))
                gathered.packed.extend((number, packed) for owner, packed in kept if match(owner))
        deltas, live = share.ahead(as_of)
        _take_ahead(gathered, spans, {place: cell for place, cell in deltas.items() if match(place[1])})
        for view in live.values():
            if type(view) is RepNow and match((None, view.team, view.rep)):
                _take_state(gathered, spans, view, as_of)
    return gathered


def _take_ahead(gathered: Gathered, spans: list[Span], deltas: dict[tuple[int, Any], Cell]) -> None:
    """Take what facts that have just come due change, before it is committed."""
    firsts = [span.first for span in spans]
    for (minute, _), cell in deltas.items():
        index = minute * MINUTE // HOUR if spans[0].granularity == HOURS else minute
        number = bisect_right(firsts, index) - 1
        if number >= 0 and index <= spans[number].last:
            gathered.ahead.append((number, cell))


def _take_state(gathered: Gathered, spans: list[Span], view: RepNow, as_of: int) -> None:
    """Take the time a rep has spent so far in the state that nothing has followed yet."""
    code = state_code(view.state)
    if code is None:
        return
    end = min(as_of, view.since + REP_STATE_LASTS)
    for number, span in enumerate(spans):
        part = min(end, span.end) - max(view.since, span.start)
        if part > 0:
            gathered.ahead.append((number, {code: part}))
