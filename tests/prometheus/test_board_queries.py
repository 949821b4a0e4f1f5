"""Every query of every panel, by a real Prometheus on a real worker: as the plain floor says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from grafana.boards.pipeline import SELDOM
from stream.clock import FixedClock, SystemClock
from stream.simulate.play import Sizes, history
from tests.floor_in_memory import FloorInMemory
from tests.prometheus.asking import Asked, drawn
from tests.prometheus.expecting import HOSTILE, OWN_TARGETS, TARGETS, Chosen, Looked, WeekAgo, agrees
from tests.prometheus.minutes import minutes_of_today, noon_somewhere
from tests.prometheus.past import HOUR, MINUTE, WEEK, Past, record
from tests.prometheus.plain import Plain
from tests.prometheus.stack import a_stack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stream.broker import Broker

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(900)]
MOST_TRIES = 12
NOBODY = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
_OF_SOURCES = ("live_sources", "source_events", "source_trouble", "calls_by_fate")
NO_SOURCE = "there is no live source here"
# Queries that have no answer here, and why: the panel's key and the query's place in it. In test_counters.py they do.
EMPTY: dict[tuple[str, int], str] = {
    **{(key, place): NO_SOURCE for key in _OF_SOURCES for place in range(5)},
    **{("seldom", place): f"{metric} has not grown" for place, (metric, _) in enumerate(SELDOM)},
    **{
        (f"gateway_{key}", place): "there is no gateway here"
        for key in ("ready", "requests", "events", "turned_away", "unused", "time")
        for place in range(2)
    },
    ("follow_up_rate.week", 1): "a week ago the floor was a day old, and no follow-up's time had run out",
    ("lead_alerts_failed", 0): "Alertmanager was there all along",
    ("rejected", 0): "what admission refuses never reaches the worker, and nobody else writes to its topics",
    ("recovering", 0): "all partitions are ready",
    **{("pages_refused", place): "nobody came without a right token, nor too many" for place in range(2)},
    ("peers_refused", 0): "nobody but the worker writes to the control topic",
    ("labels_over", 0): "no label is past its limit",
}


async def test_every_query_of_every_panel_has_the_number_of_the_plain_floor(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    now = SystemClock().now_ms()
    sizes = Sizes(reps=5, campaigns=2, leads_per_day=30.0)
    settings: dict[str, Any] = {
        "timezone": noon_somewhere(now),
        "targets": TARGETS,
        "targets_by_campaign": OWN_TARGETS,
        "legal_pacing": "FR",
    }
    old = [*(event for _, event in history(12, 1, now - WEEK, sizes)), *minutes_of_today(now - WEEK, "old-")]
    events = [*old, *(event for _, event in history(11, 3, now, sizes)), *minutes_of_today(now)]
    data = tmp_path / "prometheus"
    a_week_ago = await seen_a_week_ago(data, old, now - WEEK, settings)
    watched = a_stack(broker, app_id, tmp_path, alertmanager=NOBODY, data=data, **settings)
    async with watched as stack, aiohttp.ClientSession() as session:
        await stack.tell(events)
        plain = Plain(events, partitions=stack.settings.partitions, **settings)
        owners = sorted({(one[0], one[1]) for one, _ in plain.snapshot(now).sums["7d"] if one[0] and one[1]})
        campaign, team = next((campaign, team) for campaign, team in owners if campaign not in {"Spring", HOSTILE})
        everything = Chosen()
        left = [
            everything,
            Chosen("today", campaign=(HOSTILE,), queue=("sales",), rep=("bo",)),
            Chosen("7d", campaign=(campaign,), team=(team,)),
            Chosen("1h", team=("north",)),
            Chosen(
                "today", campaign=("Spring", HOSTILE), rep=("ada", "bo"), queue=(*plain.values["queue"][:1], "sales")
            ),
            Chosen("30d", campaign=("Spring", campaign), team=("north", team)),
        ]
        asked = Asked(session, stack.prometheus.url)
        wrong: list[Any] = []
        for _ in range(MOST_TRIES):
            # A scrape that came too late on a busy machine is waited out. What is told again changes no KPI,
            # and keeps growing what is shown as growth of late.
            await stack.tell(events[-50:])
            await stack.settled()
            looked = a_week_ago(await asked.look(plain))
            faults = {chosen: await board_faults(asked, looked, chosen) for chosen in left}
            left = [chosen for chosen in left if faults[chosen]]
            wrong = [fault for chosen in left for fault in faults[chosen]]
            if not left:
                break
        assert wrong == []


async def seen_a_week_ago(
    data: Path, events: list[dict[str, Any]], since: int, settings: dict[str, Any]
) -> Callable[[Looked], Looked]:
    """Have Prometheus know the floor of a week ago for a while; and put that beside what there is at a moment."""
    floor = FloorInMemory(clock=FixedClock(since), settings=settings).feed(events)
    moments = range(since, since + HOUR, 4 * MINUTE)  # within what Prometheus looks back
    past = Past()
    await past.take_of(floor, moments)
    past.write(data)
    await record(data, [(moments[0], moments[-1])], 4 * MINUTE)
    plain = Plain(events, partitions=3, now=since, **settings)

    def put(looked: Looked) -> Looked:
        before = [at for at in moments if at <= looked.at * 1000 - WEEK]
        return looked._replace(week_ago=WeekAgo(plain, before[-2:]))

    return put


async def board_faults(asked: Asked, looked: Looked, chosen: Chosen) -> list[Any]:
    answers = [(key, place, query, await asked.answer(query, chosen, looked.at)) for key, place, query in drawn()]
    assert len(answers) > 150
    wrong: list[Any] = [
        (key, place, chosen.fill(query.expr), found)
        for key, place, query, found in answers
        if not agrees(query, found, chosen, looked)
    ]
    if chosen == Chosen():
        empty = {(key, place) for key, place, _, found in answers if not found}
        wrong += [(*one, "has no answer") for one in sorted(empty - EMPTY.keys())]
    return wrong
