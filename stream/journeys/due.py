"""What is to be done now: the follow-ups still to be made, by when their limit runs out, and the customers at risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from stream.journeys.batch import CUSTOMER, NUMBER
from stream.journeys.erasing import name_of
from stream.journeys.events import EventsState
from stream.journeys.store import facts_of
from stream.kpi.cells import Owner  # noqa: TC001  msgspec reads the annotations
from stream.kpi.codes import measure_of, minute_of
from stream.kpi.facts import visible_until
from stream.kpi.leads import Lead, number_lead
from stream.kpi.measures import DUE
from stream.kpi.reading import Filters
from stream.kpi.risks import open_risk_of
from stream.kpi.rules import HOUR, MINUTE
from stream.kpi.slices import LIMITS
from stream.kpi.windows import next_midnight, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import tzinfo

    from stream.journeys.base import JourneyState
    from stream.kpi.cells import Cell

BANDS: Final = ("late", "1h", "4h", "today", "tomorrow")
"""Each follow-up is in the first of these that it belongs to; `late`: its limit ran out within the window of 7 days."""
_LATE: Final = "7d"


class ToDo(msgspec.Struct, frozen=True):
    """What is asked for of the follow-ups: how many, and the first `most` of a band, or of all, under filters."""

    most: int = 0
    band: str | None = None
    filters: Filters = Filters()


class FollowUp(msgspec.Struct, frozen=True):
    """
    A follow-up that is to be made until `limit`: of a `lead`, or of a `number` that is its own lead, by its pseudonym.

    `called_at` is the latest attempt, which made it due and whose `owner` it has, and `attempts` how many there were.
    """

    lead: str | None
    number: str | None
    owner: Owner
    limit: int
    called_at: int
    attempts: int


class AtRisk(msgspec.Struct, frozen=True):
    """A customer at risk `since` a moment, by the owner of that; the risk fades at `until`."""

    customer: str
    owner: Owner
    since: int
    until: int


def bands_at(as_of: int, zone: tzinfo) -> dict[str, tuple[int, int]]:
    """Return the minutes of each band at `as_of` (ms): from the first until before the second."""
    now = as_of // MINUTE
    tonight = next_midnight(as_of, zone)
    ends = (now, now + 60, now + 240, tonight // MINUTE, next_midnight(tonight, zone) // MINUTE)
    bands, begins = {}, span_of(_LATE, as_of, zone).first_minute
    for name, end in zip(BANDS, ends, strict=True):
        bands[name] = (begins, max(begins, end))
        begins = max(begins, end)
    return bands


def band_in(bands: Mapping[str, tuple[int, int]], minute: int) -> str | None:
    """Return which of `bands` a limit in `minute` belongs to."""
    return next((name for name, (begins, end) in bands.items() if begins <= minute < end), None)


def follow_ups_due(as_of: int, zone: tzinfo, states: Iterable[JourneyState]) -> list[tuple[Owner, dict[str, int]]]:
    """Count what is still to be made at `as_of` (ms), by owner and band."""
    bands = bands_at(as_of, zone)
    now, (_, last) = as_of // MINUTE, bands[BANDS[-1]]
    found: dict[Owner, dict[str, int]] = {}

    def add(owner: Owner, minute: int, amount: int) -> None:
        band = band_in(bands, minute)
        if band is not None:
            counts = found.setdefault(owner, {})
            counts[band] = counts.get(band, 0) + amount

    for state in states:
        for owner, cell in state.windows.at(as_of, (_LATE,), (_LATE,))[_LATE].items():
            if DUE in cell:
                add(owner, now - 1, cell[DUE])
        for hour in range(now // 60, (last - 1) // 60 + 1):
            for owner, cell in state.slices.slice(LIMITS, hour):
                for minute, amount in _due_in(cell):
                    if minute >= now:
                        add(owner, minute, amount)
        for owner, cells in state.ahead(as_of)[0].items():
            for slot, cell in cells.items():
                for minute, amount in _due_in(cell) if slot < 0 else ():
                    add(owner, minute, amount)
    return [
        (owner, {band: count for band, count in counts.items() if count})
        for owner, counts in found.items()
        if any(counts.values())
    ]


def _due_in(cell: Cell) -> Iterator[tuple[int, int]]:
    for code, amount in cell.items():
        if type(code) is int and measure_of(code) == DUE:
            yield minute_of(code), amount


def in_order(follow_ups: Iterable[FollowUp], as_of: int, most: int) -> list[FollowUp]:
    """
    Return the first `most` of `follow_ups` at `as_of` (ms).

    The late ones come first, that which ran out last before the others: it is the likeliest to be mended. After them,
    whichever runs out first.
    """
    now = as_of // MINUTE

    def place(one: FollowUp) -> tuple[bool, int, str, str]:
        late = one.limit // MINUTE < now
        return not late, -one.limit if late else one.limit, one.lead or "", one.number or ""

    return sorted(follow_ups, key=place)[:most]


def follow_ups_listed(as_of: int, zone: tzinfo, states: Iterable[JourneyState], wanted: ToDo) -> list[FollowUp]:
    """Return the first follow-ups that are `wanted` at `as_of` (ms), in order."""
    bands = bands_at(as_of, zone)
    (begins, _), (_, ends) = bands[BANDS[0]], bands[BANDS[-1]]
    if wanted.band is not None:
        begins, ends = bands[wanted.band]
    found: list[FollowUp] = []
    for state in states:
        if isinstance(state, EventsState):
            found += _Lister(state, as_of, begins, ends, wanted).list()
    return in_order(found, as_of, wanted.most)


class _Lister:
    """Lists the first follow-ups of one partition whose limits lie in the minutes from `begins` until before `ends`."""

    def __init__(self, state: EventsState, as_of: int, begins: int, ends: int, wanted: ToDo) -> None:
        self._state = state
        self._as_of = as_of
        self._begins = begins
        self._ends = ends
        self._wanted = wanted
        self._changing = set(state.journeys.came_due(as_of))

    def list(self) -> list[FollowUp]:
        """Return as many as are wanted, and those of the same hour."""
        found = [one for key in self._changing for one in self._read(key)]
        now, most = self._as_of // MINUTE, self._wanted.most
        late = (self._begins, min(self._ends, now))
        ahead = (max(self._begins, now), self._ends)
        for (first, end), step in ((late, -1), (ahead, 1)):
            hours = range(first // 60, (end - 1) // 60 + 1) if first < end else range(0)
            for hour in hours[::step]:
                if len(found) >= most + len(self._changing):
                    return found
                if self._is_wanted(hour):
                    keys = [key for key in self._state.open_limits.follow_ups(hour) if key not in self._changing]
                    found += [one for key in keys for one in self._read(key) if first <= one.limit // MINUTE < end]
        return found

    def _is_wanted(self, hour: int) -> bool:
        """Return whether anything in `hour` may pass the filters; the journeys need not be read for that."""
        filters = self._wanted.filters
        return filters == Filters() or any(
            filters.match(owner) and any(_due_in(cell)) for owner, cell in self._state.slices.slice(LIMITS, hour)
        )

    def _read(self, key: bytes) -> Iterator[FollowUp]:
        packed = self._state.journeys.get(key)
        if packed is None:
            return
        facts = visible_until(facts_of(packed), self._as_of + 1)
        rules = self._state.rules
        lead = number_lead(facts, rules) if key[:1] == NUMBER else Lead(facts, rules)
        limit = lead.follow_up_limit(rules) if lead is not None else None
        if lead is None or limit is None or not self._begins <= limit // MINUTE < self._ends:
            return
        last = lead.counting[-1]
        if self._wanted.filters.match(last.owner):
            name, by_number = name_of(key), key[:1] == NUMBER
            yield FollowUp(
                None if by_number else name,
                name if by_number else None,
                last.owner,
                limit,
                last.placed_at,
                len(lead.counting),
            )


def customers_at_risk(as_of: int, states: Iterable[JourneyState]) -> list[AtRisk]:
    """Return the customers who are at risk at `as_of` (ms), those first who have been for longest."""
    minute = as_of // MINUTE
    found: list[AtRisk] = []
    for state in states:
        if not isinstance(state, EventsState):
            continue
        changing = {key for key in state.journeys.came_due(as_of) if key[:1] == CUSTOMER}
        for key in changing.union(state.open_limits.risks(as_of // HOUR)):
            packed = state.journeys.get(key)
            begun = None
            if packed is not None:
                begun = open_risk_of(visible_until(facts_of(packed), as_of + 1), state.rules)
            if begun is not None and (begun.at + state.rules.risk) // MINUTE >= minute:
                owner = (begun.campaign, None, begun.rep)
                found.append(AtRisk(name_of(key), owner, begun.at, begun.at + state.rules.risk))
    return sorted(found, key=lambda one: (one.since, one.customer))
