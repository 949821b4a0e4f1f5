"""Makes the answers on what goes on now: reps by the state they are in, and queues with the callers who wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from agents.metrics.metrics import REP_STATES
from agents.pages.answers import moment
from agents.pages.parameters import as_object
from stream.events.money import decimals_of
from stream.kpi import measures as m
from stream.kpi.catalogue import BY_ID
from stream.kpi.codes import detail_of
from stream.kpi.reading import Filters, Reading
from stream.kpi.service import OFFLINE, UNKNOWN, state_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.pages.answers import Answers
    from agents.peers.floor_view import FloorNow
    from stream.journeys.floor_state import RepNow
    from stream.kpi.cells import Cell, Owner
    from stream.settings.model import Settings

STATES: Final = (*REP_STATES, UNKNOWN)
QUEUE_KPIS: Final = ("service_level", "abandon_rate", "average_speed_of_answer")
QUEUES_KNOWN: Final = "7d"
"""Queues of this window are listed, and reps who answered a call of a queue within it are taken to be of it."""
_COUNTS: Final = {
    "offered": m.OFFERED,
    "answered": m.QUEUE_ANSWERED,
    "abandoned": m.ABANDONED,
    "timed_out": m.TIMED_OUT,
}


class _Caller(NamedTuple):
    """The callers of one queue: how many wait, and since when the first of them does (ms)."""

    waiting: int
    since: int


class LiveAnswers:
    """Makes these answers of one floor; `answers` shows its KPIs."""

    def __init__(self, settings: Settings, answers: Answers) -> None:
        self._answers = answers
        self._zone = settings.zone
        self._within_s = settings.service_level_s
        self._formula = settings.service_level_formula

    def reps(self, floor: FloorNow, filters: Filters, limit: int) -> dict[str, Any]:
        """
        Return the reps by the state they are in, who has been in it for longest first, at most `limit`.

        `states` counts all of them. While a part of the floor is missing, the known reps are listed, and the counts are
        None.
        """
        as_of = floor.snapshot.as_of
        reps = [self._rep(rep, as_of) for rep in floor.snapshot.reps if filters.match((None, rep.team, rep.rep))]
        reps.sort(key=lambda one: (STATES.index(one["state"]), -one["in_state_s"], one["rep"]))
        counts: dict[str, int | None] = dict.fromkeys(STATES)
        if floor.recovering is None:
            counts = {state: sum(one["state"] == state for one in reps) for state in STATES}
        return {
            **self._answers.state(floor),
            "filters": as_object(filters),
            "states": counts,
            "left_out": max(len(reps) - limit, 0),
            "reps": reps[:limit],
        }

    def _rep(self, rep: RepNow, as_of: int) -> dict[str, Any]:
        state = state_at(rep.state, rep.since, as_of, rep.lasts)
        since = rep.since if state == UNKNOWN or rep.began is None else rep.began
        return {
            "rep": rep.rep,
            "team": rep.team,
            "state": state,
            "since": moment(since, self._zone),
            "in_state_s": max(as_of - since, 0) / 1000,
            "reason": None if state == UNKNOWN else rep.reason,
        }

    def queues(self, floor: FloorNow, window: str, limit: int) -> dict[str, Any]:
        """
        Return the queues: who waits longest first, then by name, at most `limit`; with the KPIs of `window` of each.

        A call that waits is of no campaign, team or rep yet, so there are no filters. While a part of the floor is
        missing, the callers who are known to wait are listed, and the counts are None.
        """
        snapshot, whole = floor.snapshot, floor.recovering is None
        callers = _callers(floor)
        reps = _reps_by_queue(snapshot.sums[QUEUES_KNOWN])
        cells = _cells_by_queue(snapshot.sums[window])
        known = cells if window == QUEUES_KNOWN else _cells_by_queue(snapshot.sums[QUEUES_KNOWN])
        names = sorted(
            {*callers, *cells, *known},
            key=lambda name: (callers[name].since if name in callers else snapshot.as_of + 1, name),
        )
        states = {rep.rep: state_at(rep.state, rep.since, snapshot.as_of, rep.lasts) for rep in snapshot.reps}
        queues = []
        for name in names[:limit]:
            waiting, since = callers.get(name, _Caller(0, 0))
            cell = cells.get(name, {})
            reading = Reading(cell, None, decimals_of, self._formula)
            queues.append(
                {
                    "queue": name,
                    "waiting": waiting if whole else None,
                    "oldest_since": moment(since, self._zone) if waiting else None,
                    "oldest_wait_s": max(snapshot.as_of - since, 0) / 1000 if waiting else None,
                    "reps": _logged_in(reps.get(name, set()), states) if whole else None,
                    **{count: cell.get(measure, 0) if whole else None for count, measure in _COUNTS.items()},
                    "kpis": {
                        kpi: self._answers.shown(floor, BY_ID[kpi], reading, Filters(), window) for kpi in QUEUE_KPIS
                    },
                }
            )
        return {
            "window": window,
            **self._answers.state(floor),
            "answer_within_s": self._within_s,
            "waiting": sum(one.waiting for one in callers.values()) if whole else None,
            "left_out": len(names) - len(queues),
            "queues": queues,
        }


def _callers(floor: FloorNow) -> dict[str, _Caller]:
    callers: dict[str, _Caller] = {}
    for call in floor.snapshot.calls:
        waiting, since = callers.get(call.queue, _Caller(0, call.since))
        callers[call.queue] = _Caller(waiting + 1, min(since, call.since))
    return callers


def _cells_by_queue(sums: Iterable[tuple[Owner, Cell]]) -> dict[str, Cell]:
    """Return what was counted by queue, as a cell for each."""
    cells: dict[str, Cell] = {}
    for _, cell in sums:
        for code, amount in cell.items():
            if isinstance(code, str):
                measure, queue = detail_of(code)
                if measure in m.TABLE and m.TABLE[measure].detail == "queue":
                    of_queue = cells.setdefault(queue, {})
                    of_queue[measure] = of_queue.get(measure, 0) + amount
    return {queue: cell for queue, cell in cells.items() if any(cell.values())}


def _reps_by_queue(sums: Iterable[tuple[Owner, Cell]]) -> dict[str, set[str]]:
    """Return for each queue the reps who have answered a call of it."""
    reps: dict[str, set[str]] = {}
    for (_, _, rep), cell in sums:
        for code, amount in cell.items() if rep is not None else ():
            if rep is not None and isinstance(code, str) and amount:
                measure, queue = detail_of(code)
                if measure == m.QUEUE_ANSWERED:
                    reps.setdefault(queue, set()).add(rep)
    return reps


def _logged_in(reps: set[str], states: dict[str, str]) -> dict[str, int] | None:
    """Return how many of the `reps` are logged in, and how many of them are free; None where no rep is known."""
    here = [states[rep] for rep in reps if states.get(rep, OFFLINE) not in (OFFLINE, UNKNOWN)]
    return {"logged_in": len(here), "available": here.count("available")} if reps else None
