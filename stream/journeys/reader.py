"""What the windows come to over many partitions, and what waits now: added up first, made into KPIs last."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from stream.journeys.due import AtRisk, FollowUp, ToDo, customers_at_risk, follow_ups_due, follow_ups_listed, in_order
from stream.journeys.events import EventsState, WaitingLead
from stream.journeys.floor_state import FloorState, RepNow, WaitingCall
from stream.kpi.cells import Cell, Owner  # noqa: TC001  msgspec reads the annotations
from stream.kpi.codes import ripe_of
from stream.kpi.facts import Spend  # noqa: TC001  msgspec reads the annotations
from stream.kpi.measures import SIMULATED
from stream.kpi.money import spend_by_currency
from stream.kpi.reading import Filters, Reading, narrow
from stream.kpi.rules import HOUR, MINUTE
from stream.kpi.service import REP_REMEMBERED, state_code
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
    `steps` are the sums over time that were asked for, by the number of the step; `due` the follow-ups to be made, by
    owner and band; `follow_ups` the first of them, as many as were asked for; `at_risk` the customers at risk.
    `simulated` names the spend that is; `empty` is whether nothing is held that any event has led to.
    """

    as_of: int
    sums: dict[str, list[tuple[Owner, Cell]]]
    spends: list[Spend]
    leads: list[WaitingLead]
    calls: list[WaitingCall]
    reps: list[RepNow]
    steps: dict[int, Cell] = {}
    due: list[tuple[Owner, dict[str, int]]] = []
    follow_ups: list[FollowUp] = []
    at_risk: list[AtRisk] = []
    simulated: list[str] = []
    empty: bool = False

    def is_simulated(self, window: str, filters: Filters, zone: tzinfo) -> bool:
        """Return whether a simulated event has led to anything that a reading of `window` under `filters` counts."""
        if add_up(narrow(self.sums[window], filters)).get(SIMULATED, 0) > 0:
            return True
        return self._spend_is_simulated(span_of(window, self.as_of, zone), filters)

    def steps_are_simulated(self, request: OverTime, zone: tzinfo) -> bool:
        """Return the same of the steps of `request`."""
        if any(cell.get(SIMULATED, 0) > 0 for cell in self.steps.values()):
            return True
        return any(self._spend_is_simulated(span, request.filters) for span in request.spans(self.as_of, zone))

    def _spend_is_simulated(self, span: Span, filters: Filters) -> bool:
        if not self.simulated or filters.team is not None or filters.rep is not None:
            return False
        simulated = frozenset(self.simulated)
        return bool(spend_by_currency((one for one in self.spends if one.id in simulated), span, filters.campaign))

    def reading(
        self, window: str, filters: Filters, zone: tzinfo, exponent_of: Callable[[str], int], formula: int = 4
    ) -> Reading:
        """Return a reading of `window` under `filters`. Raises KeyError for a window that there is not."""
        span = span_of(window, self.as_of, zone)
        cell = add_up(narrow(self.sums[window], filters))
        spend = None
        if filters.team is None and filters.rep is None:
            spend = spend_by_currency(self.spends, span, filters.campaign)
        return Reading(cell, spend, exponent_of, formula)

    def readings_over_time(
        self, request: OverTime, zone: tzinfo, exponent_of: Callable[[str], int], formula: int = 4
    ) -> list[tuple[Span, Reading]]:
        """Return a reading of each step of `request`, which `steps` must be of."""
        readings = []
        for number, span in enumerate(request.spans(self.as_of, zone)):
            spend = None
            if request.filters.team is None and request.filters.rep is None:
                spend = spend_by_currency(self.spends, span, request.filters.campaign)
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
            spends = {name: spend_by_currency(self.spends, span, name) for name in names}
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
    due: ToDo | None = None,
) -> Snapshot:
    """
    Return what `states`, and the state of spend if it is here, come to at `as_of` (ms).

    Windows that are not in `windows` stay empty; in those that are not in `by_rep`, what reps did is added up by
    campaign and team. The leads that wait are read only if `waiting`, the follow-ups to be made and the customers at
    risk only where `due` says which.
    """
    sums: dict[str, list[tuple[Owner, Cell]]] = {window: [] for window in WINDOWS}
    leads: list[WaitingLead] = []
    calls: list[WaitingCall] = []
    reps: list[RepNow] = []
    spans = {window: span_of(window, as_of, zone) for window in windows}
    events: list[JourneyState] = []
    empty = not spends or not spends.spends
    for state in states:
        empty = empty and state.is_empty
        if isinstance(state, EventsState):
            events.append(state)
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
                if as_of - view.since < REP_REMEMBERED:
                    reps.append(state.with_beginning(view) if isinstance(state, FloorState) else view)
                _overlay_state(sums, spans, view, as_of)
    leads.sort(key=lambda lead: (lead.since, lead.lead))
    spent = list(spends.spends.values()) if spends else []
    simulated = [key.decode() for key in sorted(spends.simulated)] if spends else []
    found = Snapshot(as_of, sums, spent, leads, calls, reps, simulated=simulated, empty=empty)
    if due is None:
        return found
    return msgspec.structs.replace(
        found,
        due=follow_ups_due(as_of, zone, events),
        follow_ups=follow_ups_listed(as_of, zone, events, due) if due.most else [],
        at_risk=customers_at_risk(as_of, events),
    )


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
    """
    Put the snapshots of different partitions together; `as_of` is the earliest.

    Of follow-ups it has all that the parts list: the first of them stand first.
    """
    parts = list(snapshots)
    as_of = min(part.as_of for part in parts)
    follow_ups = [one for part in parts for one in part.follow_ups]
    return Snapshot(
        as_of,
        {window: [pair for part in parts for pair in part.sums[window]] for window in WINDOWS},
        [spend for part in parts for spend in part.spends],
        sorted((lead for part in parts for lead in part.leads), key=lambda lead: (lead.since, lead.lead)),
        [call for part in parts for call in part.calls],
        [rep for part in parts for rep in part.reps],
        {
            number: add_up(part.steps.get(number, {}) for part in parts)
            for number in {number for part in parts for number in part.steps}
        },
        [one for part in parts for one in part.due],
        in_order(follow_ups, as_of, len(follow_ups)),
        sorted((one for part in parts for one in part.at_risk), key=lambda one: (one.since, one.customer)),
        [one for part in parts for one in part.simulated],
        all(part.empty for part in parts),
    )


def _overlay(sums: dict[str, list[tuple[Owner, Cell]]], spans: Mapping[str, Span], deltas: Deltas, as_of: int) -> None:
    """Add what facts that have just come due change, before it is committed."""
    now = as_of // MINUTE
    for owner, cells in deltas.items():
        for slot, changes in cells.items():
            for window, span in spans.items():
                if slot < 0:
                    cell = _ripened(changes, span.first_minute, now)
                else:
                    index = slot // 60 if span.granularity == HOURS else slot
                    cell = _ripened(changes, 0, now) if span.first <= index <= span.last else {}
                if cell:
                    sums[window].append((owner, cell))


def _ripened(changes: Cell, first: int, now: int) -> Cell:
    """Return what of `changes` counts at the minute `now`, as what it counts; of limits, since `first`."""
    cell: Cell = {}
    for code, amount in changes.items():
        ripens, plain = ripe_of(code)
        if first <= ripens < now:
            cell[plain] = cell.get(plain, 0) + amount
    return cell


def _overlay_state(
    sums: dict[str, list[tuple[Owner, Cell]]], spans: Mapping[str, Span], view: RepNow, as_of: int
) -> None:
    """Add the time a rep has spent so far in the state that nothing has followed yet."""
    code = state_code(view.state)
    if code is None:
        return
    end = min(as_of, view.since + view.lasts)
    for window, span in spans.items():
        part = end - max(view.since, span.start)
        if part > 0:
            sums[window].append(((None, view.team, view.rep), {code: part}))
