"""The metrics of hours of the week, and of how long reps have been in their states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.metrics import metric_defs as d
from stream.kpi.service import OFFLINE, UNKNOWN, state_at

if TYPE_CHECKING:
    from agents.metrics.exposition import Out
    from agents.metrics.labels import Labels
    from agents.peers.floor_view import FloorView
    from stream.journeys.reader import Snapshot

_MEASURES: Final = frozenset(one.measure for one in d.BY_WEEK_HOUR)


def write_hours_of_week(view: FloorView, as_of: int, labels: Labels, out: Out) -> None:
    """Add what 30 days had in each hour of the week; one in which nothing was placed has no samples."""
    totals: dict[tuple[str, str, str], dict[int, int]] = {}
    for ((day, hour), campaign), cell in view.own_hours(as_of, _MEASURES).items():
        total = totals.setdefault((labels.of("campaign", campaign), str(day), str(hour)), dict.fromkeys(_MEASURES, 0))
        for measure in _MEASURES:
            total[measure] += cell[measure]
    for where, total in sorted(totals.items()):
        for one in d.BY_WEEK_HOUR:
            out.add(one.metric, where, total[one.measure])


def write_states_of_reps(now: Snapshot, labels: Labels, out: Out) -> None:
    """Add for how long each rep who is there has been in the present state: the longest, of those shown as one."""
    longest: dict[tuple[str, str, str], int] = {}
    for rep in now.reps:
        state = state_at(rep.state, rep.since, now.as_of, rep.lasts)
        if state not in (OFFLINE, UNKNOWN):
            where = labels.of("rep", rep.rep), labels.of("team", rep.team), state
            since = rep.since if rep.began is None else rep.began
            longest[where] = max(longest.get(where, 0), now.as_of - since)
    for where, lasted in sorted(longest.items()):
        out.add(d.REP_STATE_SECONDS, where, lasted / 1000)
