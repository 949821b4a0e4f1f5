"""What the slices of some partitions come to, step by step of a window: gathered at one instant, added up after it."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import msgspec

from stream.journeys.floor_state import RepNow
from stream.kpi.catalogue import BY_ID
from stream.kpi.cells import Cell  # noqa: TC001  msgspec reads the annotations
from stream.kpi.codes import LAST, detail_of, ripe_of
from stream.kpi.formulas import measures_of
from stream.kpi.measures import SIMULATED
from stream.kpi.rules import HOUR, MINUTE
from stream.kpi.service import state_code
from stream.kpi.slices import HOURS, LIMITS, unpack_cell
from stream.kpi.steps import cut
from stream.kpi.windows import Span, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from stream.journeys.base import JourneyState
    from stream.kpi.codes import Code
    from stream.kpi.reading import Filters
    from stream.kpi.slices import Owners


class OverTime(msgspec.Struct, frozen=True):
    """What is asked for: which KPIs, of which window, by which step, under which filters."""

    kpis: tuple[str, ...]
    window: str
    step: str
    filters: Filters

    def spans(self, as_of: int, zone: tzinfo) -> list[Span]:
        """Return the steps, oldest first."""
        return cut(span_of(self.window, as_of, zone), self.step, zone)


class Gathered:
    """
    Cells as they are kept, or as they will be, by the number of their step; nothing changes them any more.

    So whatever takes long can be done with them elsewhere, while the states go on.
    """

    def __init__(self, request: OverTime, as_of: int, spans: Sequence[Span]) -> None:
        self.ahead: list[tuple[int, Cell]] = []
        self.limits_ahead: list[Cell] = []
        self._slices: list[tuple[int, Owners, dict[bytes, bytes]]] = []
        self._limits: list[tuple[Owners, dict[bytes, bytes]]] = []
        self._match = request.filters.match
        self._measures = frozenset({SIMULATED}).union(*(measures_of(BY_ID[kpi].formula) for kpi in request.kpis))
        self._minute = as_of // MINUTE
        self._firsts = [span.first_minute for span in spans]

    def take(self, number: int, owners: Owners, cells: dict[bytes, bytes]) -> None:
        """Take the cells of a slice of step `number`, packed, by their packed owners."""
        self._slices.append((number, owners, cells))

    def take_limits(self, owners: Owners, cells: dict[bytes, bytes]) -> None:
        """Take what limits decide in an hour, packed, by packed owners."""
        self._limits.append((owners, cells))

    def add_up(self) -> dict[int, Cell]:
        """Add up the cells of each step under the filters: of the measures asked for, what has ripened."""
        steps: dict[int, Cell] = {}
        wanted: dict[bytes, bool] = {}
        for number, owners, cells in self._slices:
            total = steps.setdefault(number, {})
            for packed in self._matching(owners, cells, wanted):
                self._add(total, unpack_cell(packed))
        for number, cell in self.ahead:
            self._add(steps.setdefault(number, {}), cell)
        for owners, cells in self._limits:
            for packed in self._matching(owners, cells, wanted):
                self._decide(steps, unpack_cell(packed))
        for cell in self.limits_ahead:
            self._decide(steps, cell)
        return {number: total for number, total in steps.items() if total}

    def _matching(self, owners: Owners, cells: dict[bytes, bytes], wanted: dict[bytes, bool]) -> Iterator[bytes]:
        for owner, packed in cells.items():
            matches = wanted.get(owner)
            if matches is None:
                matches = wanted[owner] = self._match(owners.unpack(owner))
            if matches:
                yield packed

    def _decide(self, steps: dict[int, Cell], cell: Cell) -> None:
        """Add what limits decided, each to the step in which it ran out."""
        for code, amount in cell.items():
            plain = self._plain(code)
            number = bisect_right(self._firsts, ripe_of(code)[0]) - 1
            if plain is not None and number >= 0:
                total = steps.setdefault(number, {})
                total[plain] = total.get(plain, 0) + amount

    def _add(self, total: Cell, cell: Cell) -> None:
        # Most of a cell is measures that nobody asked for: those are passed over without a call for each.
        for code in cell.keys() & self._measures:
            total[code] = total.get(code, 0) + cell[code]
        for code in cell:
            if isinstance(code, str) or code > LAST:
                plain = self._plain(code)
                if plain is not None:
                    total[plain] = total.get(plain, 0) + cell[code]

    def _plain(self, code: Code) -> Code | None:
        """Return what a code with a detail or a minute of ripening counts as; None if it does not."""
        ripens, plain = ripe_of(code)
        measure = detail_of(plain)[0] if isinstance(plain, str) else plain
        return plain if measure in self._measures and ripens < self._minute else None


def gather(request: OverTime, as_of: int, zone: tzinfo, states: Iterable[JourneyState]) -> Gathered:
    """Gather what `states` hold of `request` at `as_of` (ms)."""
    spans = request.spans(as_of, zone)
    gathered = Gathered(request, as_of, spans)
    match = request.filters.match
    for state in states:
        for number, span in enumerate(spans):
            for index in range(span.first, span.last + 1):
                cells = state.slices.packed(span.granularity, index)
                if cells:
                    gathered.take(number, state.slices.owners, cells)
        for hour in range(spans[0].first_minute // 60, as_of // HOUR + 1):
            cells = state.slices.packed(LIMITS, hour)
            if cells:
                gathered.take_limits(state.slices.owners, cells)
        deltas, live = state.ahead(as_of)
        for owner, changes in deltas.items():
            if match(owner):
                _take_ahead(gathered, spans, changes)
        for view in live.values():
            if type(view) is RepNow and match((None, view.team, view.rep)):
                _take_state(gathered, spans, view, as_of)
    return gathered


def _take_ahead(gathered: Gathered, spans: list[Span], cells: dict[int, Cell]) -> None:
    """Take what facts that have just come due change of an owner, by slot, before it is committed."""
    firsts = [span.first for span in spans]
    for slot, cell in cells.items():
        if slot < 0:
            gathered.limits_ahead.append(cell)
            continue
        index = slot // 60 if spans[0].granularity == HOURS else slot
        number = bisect_right(firsts, index) - 1
        if number >= 0 and index <= spans[number].last:
            gathered.ahead.append((number, cell))


def _take_state(gathered: Gathered, spans: list[Span], view: RepNow, as_of: int) -> None:
    """Take the time a rep has spent so far in the state that nothing has followed yet."""
    code = state_code(view.state)
    if code is None:
        return
    end = min(as_of, view.since + view.lasts)
    for number, span in enumerate(spans):
        part = min(end, span.end) - max(view.since, span.start)
        if part > 0:
            gathered.ahead.append((number, {code: part}))
