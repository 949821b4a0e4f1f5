"""What the windows come to over many partitions, and what waits now: added up first, made into KPIs last."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from stream.journeys.events import EventsState, WaitingLead
from stream.journeys.floor_state import RepNow, WaitingCall
from stream.kpi.cells import Cell, Owner  # noqa: TC001  msgspec reads the annotations
from stream.kpi.codes import ripe_of
from stream.kpi.facts import Spend  # noqa: TC001  msgspec reads the annotations
from stream.kpi.money import spend_by_currency
from stream.kpi.reading import Filters, Reading, narrow
from stream.kpi.rules import HOUR, MINUTE, REP_STATE_LASTS
from stream.kpi.service import state_code
from stream.kpi.slices import HOURS, add_up
from stream.kpi.windows import WINDOWS, Span, span_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import tzinfo

    from stream.journeys.base import JourneyState
    from stream.journeys.over_time import OverTime
    from stream.journeys.spend import SpendState
    from stream.kpi.cells import Deltas

_CALL_WAITS_AT_MOST = 4 * HOUR


class Snapshot(msgspec.Struct, frozen=True):
    """
    What some partitions know at `as_of` (ms): sums by window and owner, spend, and the live views.

    Snapshots of different partitions at one `as_of` add up (`combine`); they go between workers as they are.
    `steps` are the sums over time that were asked for, by the number of the step.
    """

    as_of: int
    sums: dict[str, list[tuple[Owner, Cell]]]
    spends: list[Spend]
    leads: list[WaitingLead]
    calls: list[WaitingCall]
    reps: list[RepNow]
    steps: dict[int, Cell] = {}

    def reading(
        self, window: str, filters: Filters, zone: tzinfo, exponent_of: Callable[[str], int], formula: int = 4
    ) -> Reading:
        """Return a reading of `window` under `filters`. Raises KeyError for a window that there is not."""
        span = span_of(window, self.as_of, zone)
        cell = add_up(narrow(self.sums[window], filters))
        spend = None
        if filters.team is None and filters.rep is None:
            spend = spend_by_currency(self.spends, span, self.as_of, filters.campaign)
        return Reading(cell, spend, exponent_of, formula)

    def readings_over_time(
        self, request: OverTime, zone: tzinfo, exponent_of: Callable[[str], int], formula: int = 4
    ) -> list[tuple[Span, Reading]]:
        """Return a reading of each step of `request`, which `steps` must be of."""
        readings = []
        for number, span in enumerate(request.spans(self.as_of, zone)):
            spend = None
            if request.filters.team is None and request.filters.rep is None:
                spend = spend_by_currency(self.spends, span, self.as_of, request.filters.campaign)
            readings.append((span, Reading(self.steps.get(number, {}), spend, exponent_of, formula)))
        return readings

    def readings_by(
        self,
        place: int,
        window: str,
        filters: Filters,
        zone: tzinfo,
        *,
        exponent_of: Callable[[str], int],
        formula: int = 4,
    ) -> dict[str | None, Reading]:
        """Return a reading of `window` for each campaign, team or rep: the one at `place` of an owner."""
        span = span_of(window, self.as_of, zone)
        parts: dict[str | None, list[Cell]] = {}
        for owner, cell in self.sums[window]:
            if filters.match(owner):
                parts.setdefault(owner[place], []).append(cell)
        spends: dict[str | None, dict[str, int]] = {}
        if place == 0 and filters.team is None and filters.rep is None:
            names = {spend.campaign for spend in self.spends if filters.campaign in (None, spend.campaign)}
            spends = {name: spend_by_currency(self.spends, span, self.as_of, name) for name in names}
            parts = {name: [] for name, spent in spends.items() if spent} | parts
        return {name: Reading(add_up(cells), spends.get(name), exponent_of, formula) for name, cells in parts.items()}


def snapshot(
    as_of: int,
    zone: tzinfo,
    states: Iterable[JourneyState],
    spends: SpendState | None,
    *,
    waiting: bool = True,
    windows: Collection[str] = WINDOWS,
    by_rep: Collection[str] = WINDOWS,
) -> Snapshot:
    """
    Return what `states`, and the state of spend if it is here, come to at `as_of` (ms).

    Windows that are not in `windows` stay empty; in those that are not in `by_rep`, what reps did is added up by
    campaign and team. The leads that wait are read only if `waiting`.
    """
    sums: dict[str, list[tuple[Owner, Cell]]] = {window: [] for window in WINDOWS}
    leads: list[WaitingLead] = []
    calls: list[WaitingCall] = []
    reps: list[RepNow] = []
    spans = {window: span_of(window, as_of, zone) for window in windows}
    for state in states:
        for window, cells in state.windows.at(as_of, windows, by_rep).items():
            sums[window] += [(owner, cell.copy()) for owner, cell in cells.items()]
        deltas, live = state.ahead(as_of)
        _overlay(sums, spans, deltas, as_of)
        for view in live.values() if waiting or not isinstance(state, EventsState) else ():
            if type(view) is WaitingLead:
                leads.append(view)
            elif type(view) is WaitingCall and as_of - view.since <= _CALL_WAITS_AT_MOST:
                calls.append(view)
            elif type(view) is RepNow:
                reps.append(view)
                _overlay_state(sums, spans, view, as_of)
    leads.sort(key=lambda lead: (lead.since, lead.lead))
    return Snapshot(as_of, sums, list(spends.spends.values()) if spends else [], leads, calls, reps)


def sums_of_reps(
    as_of: int, zone: tzinfo, states: Iterable[JourneyState], windows: Collection[str], measures: Collection[int]
) -> dict[str, dict[Owner, Cell]]:
    """Add up only `measures` in `windows` at `as_of` (ms), by owner: cheaper than a snapshot by rep."""
    found: dict[str, dict[Owner, Cell]] = {window: {} for window in windows}
    spans = {window: span_of(window, as_of, zone) for window in windows}
    for state in states:
        coming: dict[str, list[tuple[Owner, Cell]]] = {window: [] for window in windows}
        _overlay(coming, spans, state.ahead(as_of)[0], as_of)
        for window, cells in state.windows.at(as_of, windows).items():
            totals = found[window]
            for owner, cell in chain(cells.items(), coming[window]):
                total = totals.get(owner)
                if total is None:
                    total = totals[owner] = dict.fromkeys(measures, 0)
                for measure in measures:
                    if measure in cell:
                        total[measure] += cell[measure]
    return found


def combine(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Put the snapshots of different partitions together; `as_of` is the earliest."""
    parts = list(snapshots)
    return Snapshot(
        min(part.as_of for part in parts),
        {window: [pair for part in parts for pair in part.sums[window]] for window in WINDOWS},
        [spend for part in parts for spend in part.spends],
        sorted((lead for part in parts for lead in part.leads), key=lambda lead: (lead.since, lead.lead)),
        [call for part in parts for call in part.calls],
        [rep for part in parts for rep in part.reps],
        {
            number: add_up(part.steps.get(number, {}) for part in parts)
            for number in {number for part in parts for number in part.steps}
        },
    )


def _overlay(sums: dict[str, list[tuple[Owner, Cell]]], spans: Mapping[str, Span], deltas: Deltas, as_of: int) -> None:
    """Add what facts that have just come due change, before it is committed."""
    now = as_of // MINUTE
    for owner, cells in deltas.items():
        for minute, changes in cells.items():
            cell = _ripened(changes, now)
            for window, span in spans.items():
                index = minute // 60 if span.granularity == HOURS else minute
                if span.first <= index <= span.last:
                    sums[window].append((owner, cell))


def _ripened(changes: Cell, now: int) -> Cell:
    """Return what of `changes` counts at the minute `now`, as what it counts."""
    cell: Cell = {}
    for code, amount in changes.items():
        ripens, plain = ripe_of(code)
        if ripens < now:
            cell[plain] = cell.get(plain, 0) + amount
    return cell


def _overlay_state(
    sums: dict[str, list[tuple[Owner, Cell]]], spans: Mapping[str, Span], view: RepNow, as_of: int
) -> None:
    """Add the time a rep has spent so far in the state that nothing has followed yet."""
    code = state_code(view.state)
    if code is None:
        return
    end = min(as_of, view.since + REP_STATE_LASTS)
    for window, span in spans.items():
        part = end - max(view.since, span.start)
        if part > 0:
            sums[window].append(((None, view.team, view.rep), {code: part}))
