"""The demo's first two minutes, whenever it is begun: each KPI moves, and a lead turns red and is saved."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.metrics.targets import is_met
from stream.alerts.leads import Stage, late_leads, limits_of
from stream.clock import FixedClock
from stream.demo.floor import TARGETS, floor_settings
from stream.demo.run import SEED
from stream.demo.state import HOUR, MINUTE, DemoState
from stream.journeys.due import BANDS, follow_ups_due
from stream.journeys.events import EventsState
from stream.kpi.catalogue import THE_SIX
from stream.kpi.measures import COLD
from stream.kpi.slices import add_up
from stream.simulate.people import name_campaigns
from stream.simulate.profile import CAMPAIGNS
from tests.floor_in_memory import FloorInMemory

PARIS = ZoneInfo("Europe/Paris")
UP_AFTER_MS = 30_000  # from the command to the wall
LOOK_EVERY_MS = 5_000
WINDOWS = ("5m", "15m", "1h", "today", "7d", "30d")
LOOKED_AT = ("1h", "today")
DAYS = 4  # of the whole month only one is played: it takes half a minute
WHOLE = 33
BEGUN = (
    "2026-11-25T15:00",  # a Wednesday afternoon
    "2026-11-29T03:00",  # a Sunday night
    "2026-11-24T00:01",
    "2026-11-28T23:58",
    "2026-11-23T09:30",
    "2026-03-29T12:00",  # the clocks went forward this night
    "2026-10-25T02:30",  # the clocks go back: this comes twice
    "2026-12-25T11:15",  # a holiday
)


class Told:
    """A demo begun at a local time, kept in memory, looked at for two minutes once its wall is up."""

    def __init__(self, begun: str, seed: int, days: int) -> None:
        now_ms = int(dt.datetime.fromisoformat(begun).replace(tzinfo=PARIS).timestamp() * 1000)
        settings: dict[str, Any] = floor_settings()
        settings["opening_hours"] = json.loads(settings["opening_hours"])
        self.clock = FixedClock(now_ms + UP_AFTER_MS)
        self.floor = FloorInMemory(clock=self.clock, settings=settings)
        self.limits = limits_of(self.floor.settings, self.floor.floor.rules)
        state = DemoState.new(seed, days, now_ms, PARIS)
        self.at_work = state.play.is_open(now_ms) and state.play.is_open(now_ms + HOUR)
        self._events = state.events(now_ms)
        self._next = next(self._events)
        self._follow()
        self.met = {name: self._met(name) for name in THE_SIX}
        self.due = self._due()
        self.values: dict[tuple[str, str], list[Any]] = defaultdict(list)
        self.stages: list[dict[str, Stage]] = []
        self.waiting: list[set[str]] = []
        self.callers: list[int] = []
        self.states: set[str] = set()
        for _ in range(0, 2 * MINUTE, LOOK_EVERY_MS):
            self._look()
            self.clock.advance(LOOK_EVERY_MS)
            self._follow()
        self._look()

    def _follow(self) -> None:
        arrived = []
        while self._next[0] <= self.clock.now_ms():
            arrived.append(self._next[1])
            self._next = next(self._events)
        self.floor.feed(arrived).settle()

    def _look(self) -> None:
        for window in LOOKED_AT:
            kpis = self.floor.kpis(window)
            for name in THE_SIX:
                self.values[window, name].append(kpis[name]["value"])
        shot = self.floor.snapshot()
        # In the order of the stages, so that the last one stands.
        late = sorted(late_leads(shot.leads, self.limits, self.clock.now_ms()), key=lambda one: one.since)
        self.stages.append({one.lead: one.stage for one in late})
        self.waiting.append({one.lead for one in shot.leads})
        self.callers.append(len(shot.calls))
        self.states |= {rep.state for rep in shot.reps}

    def _met(self, name: str) -> set[bool | None]:
        """Return whether `name` is on target, for each window and campaign that has a value."""
        found = set()
        for window in WINDOWS:
            for campaign in (None, *name_campaigns(len(CAMPAIGNS))):
                value = self.floor.kpis(window, campaign=campaign)[name]["value"]
                if value is not None:
                    found.add(is_met(name, value, TARGETS[name]))
        return found

    def _due(self) -> dict[str, int]:
        states = [state for state in self.floor.states.values() if isinstance(state, EventsState)]
        total: dict[str, int] = defaultdict(int)
        for _, bands in follow_ups_due(self.clock.now_ms(), PARIS, states):
            for band, number in bands.items():
                total[band] += number
        return {band: total[band] for band in BANDS if total[band]}


@cache
def told(begun: str, days: int = DAYS) -> Told:
    return Told(begun, SEED, days)


begun_at_any_time = pytest.mark.parametrize(
    "begun", [pytest.param(one, marks=[] if place < 2 else [pytest.mark.slow]) for place, one in enumerate(BEGUN)]
)


@begun_at_any_time
def test_the_floor_is_at_work_and_nothing_of_it_is_refused(begun: str) -> None:
    assert told(begun).at_work
    assert told(begun).floor.refused == []


@begun_at_any_time
def test_each_of_the_six_moves_within_two_minutes(begun: str) -> None:
    still = {place for place, values in told(begun).values.items() if len(set(values)) == 1}
    # A day that has just begun may stand still: 1 of 2 becomes 2 of 4.
    assert {name for window, name in still if window == "1h" or "T00:" not in begun} == set()


@begun_at_any_time
def test_a_lead_turns_red_and_is_saved_and_another_turns_amber(begun: str) -> None:
    looks = told(begun).stages
    turned_red = {
        lead
        for before, after in pairwise(looks)
        for lead, stage in after.items()
        if stage is Stage.OVERDUE and before.get(lead) is Stage.WARNED
    }
    saved = {lead for lead in turned_red if lead not in told(begun).waiting[-1]}
    turned_amber = {lead for before, after in pairwise(looks) for lead in after.keys() - before.keys()}
    assert saved
    assert turned_amber


@begun_at_any_time
def test_the_banner_comes_and_goes(begun: str) -> None:
    alarmed = [any(stage is not Stage.WARNED for stage in look.values()) for look in told(begun).stages]
    assert (False, True) in pairwise(alarmed)
    assert (True, False) in pairwise(alarmed)


@pytest.mark.slow
def test_each_of_the_six_is_on_target_here_and_off_it_there() -> None:
    always = {name: found for name, found in told(BEGUN[0], days=WHOLE).met.items() if len(found) == 1}
    assert always == {}


@pytest.mark.slow
def test_what_needs_a_past_of_a_month_has_one() -> None:
    floor = told(BEGUN[0], days=WHOLE).floor
    for window in ("7d", "30d"):
        kpis = floor.kpis(window)
        sensible = {name: (0.05 < float(kpis[name]["value"]) < 0.95) for name in THE_SIX if name != "cost_per_lead"}
        assert all(sensible.values()), (window, sensible)
        # Nothing was done about them for 30 days, so they are older than the month itself.
        assert add_up(cell for _, cell in floor.snapshot().sums[window])[COLD] > 10


@begun_at_any_time
def test_follow_ups_fall_due_soon_and_later(begun: str) -> None:
    due = told(begun).due
    assert {"late", "1h", "tomorrow"} <= due.keys()
    # A band of today is empty where midnight, or the end of the floor's day, comes first.
    assert begun != BEGUN[0] or list(due) == list(BANDS)


@begun_at_any_time
def test_the_live_views_have_something_to_show(begun: str) -> None:
    assert {"available", "talking", "wrap_up"} <= told(begun).states
    assert max(told(begun).callers) > 0
    assert 0 in told(begun).callers
