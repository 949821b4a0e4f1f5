"""Every query of every panel and of the cookbook, by a real Prometheus on a real worker: as the plain floor says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from grafana.boards import queries as q
from grafana.boards.pipeline import SELDOM
from stream.clock import FixedClock, SystemClock
from stream.simulate.play import Sizes, history
from tests.floor_in_memory import FloorInMemory
from tests.prometheus.asking import Asked, drawn
from tests.prometheus.expecting import HOSTILE, TARGETS, Answer, Chosen, Looked, WeekAgo, agrees, of_kpi, same
from tests.prometheus.minutes import minutes_of_today, noon_somewhere
from tests.prometheus.past import HOUR, MINUTE, WEEK, Past, record
from tests.prometheus.plain import Plain
from tests.prometheus.stack import a_stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.broker import Broker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
MOST_TRIES = 12
NOBODY = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
NO_SOURCE = "there is no live source here"
# Queries that have no answer here, and why: the panel's key and the query's place in it. In test_counters.py they do.
EMPTY: dict[tuple[str, int], str] = {
    **{(key, place): NO_SOURCE for key in ("live_sources", "source_events", "source_trouble") for place in range(5)},
    **{("seldom", place): f"{metric} has not grown" for place, (metric, _) in enumerate(SELDOM)},
    **{
        (f"gateway_{key}", place): "there is no gateway here"
        for key in ("ready", "requests", "events", "turned_away", "time")
        for place in range(2)
    },
    ("lead_alerts_failed", 0): "Alertmanager was there all along",
    ("rejected", 0): "what admission refuses never reaches the worker, and nobody else writes to its topics",
    ("recovering", 0): "all partitions are ready",
    ("labels_over", 0): "no label is past its limit",
}


async def test_every_query_of_every_panel_and_of_the_cookbook_has_the_number_of_the_plain_floor(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    now = SystemClock().now_ms()
    sizes = Sizes(reps=5, campaigns=2, leads_per_day=30.0)
    settings: dict[str, Any] = {"timezone": noon_somewhere(now), "targets": TARGETS, "legal_pacing": "FR"}
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
        left: list[Chosen | None] = [
            everything,
            Chosen("today", campaign=HOSTILE, queue="sales", rep="bo"),
            Chosen("7d", campaign=campaign, team=team),
            Chosen("1h", team="north"),
            None,
        ]
        asked = Asked(session, stack.prometheus.url)
        wrong: list[Any] = []
        for _ in range(MOST_TRIES):
            # A scrape that came too late on a busy machine is waited out. What is told again changes no KPI,
            # and keeps growing what is shown as growth of late.
            await stack.tell(events[-50:])
            await stack.settled()
            looked = a_week_ago(await asked.look(plain))
            faults = {chosen: await faults_of(asked, looked, chosen) for chosen in left}
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


async def faults_of(asked: Asked, looked: Looked, chosen: Chosen | None) -> list[Any]:
    """List what is answered otherwise than the plain floor says: of the boards, or without a choice of the cookbook."""
    return await (cookbook_faults(asked, looked) if chosen is None else board_faults(asked, looked, chosen))


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


def cookbook(looked: Looked, as_of: int) -> list[Answer]:
    """Answer the questions of docs/cookbook.md in their order, from the plain floor or the series as scraped."""

    def kpi(name: str, *by: str, window: str = "30d") -> Answer:
        return of_kpi(q.OfKpi(name, by, window), Chosen(), looked.plain, as_of)

    def series(metric: str, *by: str, how: str = "sum", window: str | None = "30d") -> Answer:
        return looked.samples(q.OfSamples(metric, by, window=window, how=how), (), Chosen())

    def named(answer: Answer) -> Answer:
        return {key: value for key, value in answer.items() if "" not in key}

    oldest = named(series("ringboard_oldest_lead_waiting_seconds", "campaign", how="max", window=None))
    won, created = (named(series(f"ringboard_rep_{name}", "rep")) for name in ("won", "qualified"))
    rates, today = kpi("contact_rate", "campaign"), kpi("contact_rate", window="today")
    assert looked.week_ago is not None
    then = of_kpi(q.OfKpi("contact_rate", (), "today"), Chosen(), looked.week_ago.plain, looked.week_ago.moments[-1])
    by_rep = {
        (rep,): looked.plain.expected("contact_rate", {"rep": rep, "window": "30d"}, as_of)
        for rep in looked.plain.values["rep"]
    }
    return [
        today,
        rates,
        {key: rate for key, rate in by_rep.items() if rate is not None},
        kpi("lead_response_within_5m_attempt"),
        kpi("lead_response_p50_contact_business"),
        series("ringboard_leads_waiting", "band", window=None),
        {key: waited for key, waited in oldest.items() if waited > 900},
        {key: rate for key, rate in rates.items() if rate < TARGETS["contact_rate"]},
        {key: rate - then[key] for key, rate in today.items()},
        series("ringboard_window_follow_ups_missed", "team"),
        series("ringboard_window_first_contacts", "after_attempts"),
        kpi("wins_after_four_noes"),
        kpi("fast_response_uplift"),
        kpi("lead_to_customer", "campaign"),
        {key: won[key] / count for key, count in created.items() if count >= 3},
        of_kpi(q.OfKpi("cost_per_lead", ("channel",), "30d"), Chosen(), looked.plain, as_of),
        named(series("ringboard_window_reason_leads_lost", "reason")),
        kpi("loss_rate"),
        kpi("service_level", "queue"),
        {(): 1},
    ]


async def cookbook_faults(asked: Asked, looked: Looked) -> list[Any]:
    text = (Path(__file__).parents[2] / "docs/cookbook.md").read_text(encoding="utf-8")
    recipes = re.findall(r"^## (\d+)\. .*?```promql\n(.*?)```", text, re.MULTILINE | re.DOTALL)
    assert [int(number) for number, _ in recipes] == [*range(1, 21)]
    labels = ("campaign", "team", "rep", "queue", "channel", "currency", "band", "reason", "after_attempts")
    found: list[Answer] = []
    for _, query in recipes:
        samples = await asked.samples(query, looked.at)
        found.append({tuple(its[name] for name in labels if name in its): value for its, value in samples})
    wanted = [[stripped(one) for one in cookbook(looked, as_of)] for as_of in looked.moments]
    wrong = [
        (number, query, answer)
        for place, ((number, query), answer) in enumerate(zip(recipes, found, strict=True))
        if not any(same(answer, one[place]) for one in wanted)
    ]
    empty = [number for (number, _), answer in zip(recipes, found, strict=True) if not answer]
    return [*wrong, *(f"{number} has no answer" for number in empty)]


def stripped(answer: Answer) -> Answer:
    """Leave out the empty labels of an answer, which Prometheus does not keep."""
    return {tuple(one for one in key if one): value for key, value in answer.items()}
