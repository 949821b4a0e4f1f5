"""Prometheus was gone for an hour: what boards and rules say of that hour, at its edges, and a week after it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from grafana.boards import queries as q
from grafana.rules import levels, recording
from grafana.rules.alerts import ALERTS
from stream.clock import FixedClock
from stream.kpi.catalogue import BY_BUSINESS, CATALOGUE, THE_SIX
from stream.simulate.play import Sizes, history
from tests.floor_in_memory import FloorInMemory
from tests.prometheus.asking import drawn
from tests.prometheus.expecting import HOSTILE, OWN_TARGETS, TARGETS, Chosen, Looked, WeekAgo, agrees, unlike
from tests.prometheus.minutes import minutes_of_today
from tests.prometheus.past import HOUR, MINUTE, RECORDED_AFTER, SECOND, WEEK, Past, a_scrape, asking, record
from tests.prometheus.plain import Plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from tests.prometheus.asking import Asked
    from tests.prometheus.past import Series

pytestmark = pytest.mark.slow
ZONE = ZoneInfo("Europe/Paris")
STOPPED = round(datetime(2026, 3, 24, 10, 30, tzinfo=ZONE).timestamp() * 1000)
"""The last scrape before the hour; the clocks change before the week is over."""
BACK = STOPPED + HOUR
LOOKS_BACK = 5 * MINUTE  # Prometheus' own: for so long the last sample stands for what came after it
PARTITIONS = 2
SETTINGS: dict[str, Any] = {
    "timezone": ZONE.key,
    "targets": TARGETS,
    "targets_by_campaign": OWN_TARGETS,
    "legal_pacing": "FR",
}
SPANS = (
    (STOPPED - 3 * MINUTE, STOPPED),
    (BACK, BACK + 3 * MINUTE),
    *((at + WEEK, at + WEEK) for at in (STOPPED, STOPPED + HOUR // 2, BACK)),
)
CHOICES = (Chosen(), Chosen("today", campaign=(HOSTILE,), queue=("sales",), rep=("bo",)))
RECORDED = ".+:ringboard_.+"
WITHOUT_ALERTMANAGER = "lead_alerts"  # there is none here, and a floor in memory tells nobody
OF_THIS_PROCESS = (q.OfRate, q.OfRateQuantile)

COUNTED: tuple[Series, ...] = (
    ("ringboard_events_total", (("type", "call.ended"),)),
    ("ringboard_events_rejected_total", (("reason", "missing_field"),)),
    ("ringboard_lead_alerts_failed_total", ()),
    ("ringboard_lead_alerts_last_success_seconds", ()),
    ("ringboard_floor_open", ()),
)


class Week:
    """A floor over some days, and a Prometheus that saw a little of it."""

    def __init__(self, arrivals: list[tuple[int, dict[str, Any]]], asked: Asked) -> None:
        self.arrivals = arrivals
        self.asked = asked
        self.plain = cache(self._plain)

    def _plain(self, at: int) -> Plain:
        """Fold what had come by then, and nothing else."""
        return Plain([event for arrival, event in self.arrivals if arrival <= at], PARTITIONS, now=at, **SETTINGS)

    async def looked(self, at: int) -> Looked:
        """Give what there is once the rules have been evaluated on a scrape."""
        moment = settled(at)
        return Looked(self.plain(at), moment, [at], await self.asked.series(moment))


def settled(at: int) -> float:
    """Tell when what was scraped has been recorded, in seconds."""
    return (at + 2 * RECORDED_AFTER) / 1000


@asynccontextmanager
async def a_week(place: Path) -> AsyncIterator[Week]:
    told = [(at, minutes_of_today(at, day)) for at, day in ((SPANS[0][0], ""), (SPANS[2][0], "later-"))]
    simulated = history(11, 2, SPANS[1][1], Sizes(reps=2, campaigns=1, leads_per_day=8.0))
    arrivals = sorted([*simulated, *((at, event) for at, events in told for event in events)], key=lambda one: one[0])
    floor = FloorInMemory(clock=FixedClock(0), partitions=PARTITIONS, settings=SETTINGS)
    fed = 0

    def feed(at: int) -> None:
        nonlocal fed
        floor.feed(event for arrival, event in arrivals if fed < arrival <= at)
        fed = at

    past, data = Past(), place / "prometheus"
    await past.take_of(floor, (at for begin, end in SPANS for at in range(begin, end + 1, MINUTE)), feed)
    past.write(data)
    await record(data, SPANS)
    async with asking(place, data) as asked:
        yield Week(arrivals, asked)


async def test_of_the_hour_it_says_nothing_and_after_it_each_query_and_rule_is_right_at_once(tmp_path: Path) -> None:
    async with a_week(tmp_path) as week:
        await nothing_is_said_of_the_hour(week)
        await nothing_is_recorded_of_the_hour(week)
        await each_query_is_right(week, STOPPED, CHOICES[:1])
        await each_query_is_right(week, BACK, CHOICES)
        await each_rule_is_right(week, BACK)
        await the_week_before_is_right(week)


async def nothing_is_said_of_the_hour(week: Week) -> None:
    """See that no query of a board bridges the hour, with a last value or with 0."""
    begin, end = (STOPPED - MINUTE + 30 * SECOND) / 1000, (BACK + MINUTE + 30 * SECOND) / 1000
    silent = range(STOPPED + RECORDED_AFTER + LOOKS_BACK, BACK)
    answered = 0
    for key, place, query in drawn():
        found = await week.asked.over(CHOICES[0].fill(query.expr), begin, end)
        inside = [at for at in found if round(at * 1000) in silent]
        if isinstance(query.means, q.OfNumber):
            assert inside, key  # a claim of the article does not need Prometheus to have been there
        else:
            assert inside == [], (key, place)
            if found and isinstance(query.means, q.OfKpi):  # a little while it goes on, as docs/grafana.md says
                assert max(at for at in found if at * 1000 < BACK) * 1000 >= STOPPED + LOOKS_BACK - MINUTE, (key, place)
            answered += bool(found)
    assert answered > 150


async def nothing_is_recorded_of_the_hour(week: Week) -> None:
    """See that nothing was recorded, and that a Prometheus which only lacks the scrapes would record nothing either."""
    at = (STOPPED + HOUR // 2) / 1000
    assert await week.asked.series(at, RECORDED) == {}
    for rule in recording.rules():
        assert await week.asked.samples(rule.expression, at) == [], rule.name


async def each_query_is_right(week: Week, at: int, choices: Iterable[Chosen]) -> None:
    looked = await week.looked(at)
    wrong = []
    for chosen in choices:
        for key, place, query in drawn():
            found = await week.asked.answer(query, chosen, looked.at)
            if key == WITHOUT_ALERTMANAGER:
                continue
            if isinstance(query.means, OF_THIS_PROCESS) and at == BACK:
                right = not found  # how fast something grows takes two scrapes to tell
            else:
                right = agrees(query, found, chosen, looked)
            if not right:
                wrong.append((key, place, chosen.fill(query.expr), found))
    assert wrong == []


async def each_rule_is_right(week: Week, at: int) -> None:
    plain, names, compared = week.plain(at), {rule.name for rule in recording.rules()}, 0
    recorded = await week.asked.series(settled(at), RECORDED)
    for kpi in CATALOGUE:
        for level in (*recording.levels_of(kpi), *levels.BY_REP):
            name = recording.name_of(kpi.id, level)
            if name in names:
                assert unlike(recorded[name], plain, level, kpi.id, [at]) == [], name
                compared += len(recorded[name])
    assert compared > 1000


LIMITED = {"follow_up_rate.week", f"{BY_BUSINESS}.week"}
"""What limits decide: on some of these days none has run out yet."""


async def the_week_before_is_right(week: Week) -> None:
    """See that today beside last week is what it was 168 hours ago, and nothing where nobody looked then."""
    panels = [(key, query) for key, place, query in drawn() if (key, place) in {(f"{kpi}.week", 1) for kpi in THE_SIX}]
    assert len(panels) == len(THE_SIX)
    in_the_hour = STOPPED + HOUR // 2
    for at, before in ((STOPPED, None), (STOPPED + WEEK, STOPPED), (in_the_hour + WEEK, None), (BACK + WEEK, BACK)):
        then = None if before is None else WeekAgo(week.plain(before), [before])
        looked = Looked(week.plain(STOPPED), settled(at), [], {}, then)
        for chosen in CHOICES:
            for key, query in panels:
                found = await week.asked.answer(query, chosen, looked.at)
                assert agrees(query, found, chosen, looked), (key, at, found)
                if key not in LIMITED:
                    assert bool(found) == (before is not None), (key, at, found)


async def test_an_hour_away_a_week_ago_ends_no_alert_on_follow_ups(tmp_path: Path) -> None:
    rising = expression_of("RingboardFollowUpsMissedRising")
    past, data, now = Past(), tmp_path / "prometheus", STOPPED + HOUR // 2 + WEEK
    window = (("window", "7d"),)
    kept: Series = ("campaign_window:ringboard_follow_up_rate:ratio", (("campaign", "Spring"), *window))
    counted: list[Series] = [
        (f"ringboard_window_follow_ups_{what}", (("campaign", "Spring"), *window)) for what in ("kept", "missed")
    ]
    past.take(a_scrape({kept: 0.8}), STOPPED)
    for at in (now, now + 3 * HOUR):
        past.take(a_scrape({kept: 0.5, **dict.fromkeys(counted, 20)}), at)
    past.write(data)
    async with asking(tmp_path, data) as asked:
        assert [value for _, value in await asked.samples(rising, now / 1000)] == [0.5]
        assert await asked.samples(rising, (now + 3 * HOUR) / 1000) == []  # too long ago to go by


async def test_who_was_away_for_an_hour_makes_no_alert_of_what_he_did_not_see(tmp_path: Path) -> None:
    came, refused, untold, told_at, is_open = COUNTED
    past, data = Past(), tmp_path / "prometheus"
    for at in range(STOPPED - 20 * MINUTE, STOPPED + 1, MINUTE):
        past.take(a_scrape({came: at // MINUTE, refused: 0, untold: 0, told_at: at // SECOND, is_open: 1}), at)
    for at in range(BACK, BACK + 20 * MINUTE, MINUTE):
        # Meanwhile much was refused and Alertmanager was gone too, for half an hour; and since then nothing comes.
        past.take(a_scrape({came: BACK // MINUTE, refused: 500, untold: 600, told_at: at // SECOND, is_open: 1}), at)
    past.write(data)
    looked = {"begin": (STOPPED - MINUTE) / 1000, "end": (BACK + 19 * MINUTE) / 1000, "step": 20}
    async with asking(tmp_path, data) as asked:
        for name in ("RingboardEventsRejected", "RingboardLeadAlertsFailing"):
            assert await asked.over(expression_of(name), **looked) == {}, name
        quiet = await asked.over(expression_of("RingboardNoEvents"), **looked)
    # That no event has come for a quarter of an hour is not said before it is true.
    assert BACK + 14 * MINUTE <= min(quiet) * 1000 <= BACK + 16 * MINUTE
    assert max(quiet) == looked["end"]


def expression_of(alert: str) -> str:
    return next(one.expression for one in ALERTS if one.name == alert)
