"""The questions of the cookbook, on a floor of a week: a real Prometheus answers each, as the plain floor does."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from grafana.boards import queries as q
from grafana.rules.limits import ENOUGH_IN_AN_HOUR
from stream.clock import FixedClock
from stream.simulate.play import Sizes, history
from tests.floor_in_memory import FloorInMemory
from tests.prometheus.expecting import Answer, Chosen, Looked, WeekAgo, of_kpi, same
from tests.prometheus.past import RECORDED_AFTER, WEEK, Past, asking, record
from tests.prometheus.plain import Plain

if TYPE_CHECKING:
    from tests.prometheus.asking import Asked

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
NOW = round(datetime(2026, 3, 19, 16, 30, tzinfo=ZoneInfo("Europe/Paris")).timestamp() * 1000)
DAYS = 9  # a week, and the day a week before with something to compare
PARTITIONS = 3
AIMS = {"contact_rate": 0.33}
OWN_AIMS = {"solar-home": {"contact_rate": 0.9}}
SETTINGS: dict[str, Any] = {"timezone": "Europe/Paris", "targets": AIMS, "targets_by_campaign": OWN_AIMS}


async def test_each_question_of_the_cookbook_has_a_right_answer_on_a_floor_of_a_week(tmp_path: Path) -> None:
    sizes = Sizes(reps=8, campaigns=3, leads_per_day=60.0)
    told = [(max(arrival, event["at"]), event) for arrival, event in history(11, DAYS, NOW, sizes)]
    moments = [NOW - WEEK, NOW]
    events = [[event for at, event in told if at <= moment] for moment in moments]
    floor = FloorInMemory(clock=FixedClock(moments[0]), settings=SETTINGS)
    past, data = Past(), tmp_path / "prometheus"
    await past.take_of(floor, moments, lambda at: floor.feed(events[moments.index(at)]))
    past.write(data)
    await record(data, [(at, at) for at in moments])
    then, now = (Plain(told, PARTITIONS, now=at, **SETTINGS) for told, at in zip(events, moments, strict=True))
    async with asking(tmp_path, data) as asked:
        at = (NOW + 2 * RECORDED_AFTER) / 1000
        looked = Looked(now, at, [NOW], await asked.series(at), WeekAgo(then, [moments[0]]))
        assert await faults_of(asked, looked) == []


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
    answered, placed = (
        series(f"ringboard_hour_of_week_{name}", "day", "hour", window=None) for name in ("answered", "attempts")
    )
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
        {key: rate for key, rate in rates.items() if rate < OWN_AIMS.get(key[0], AIMS)["contact_rate"]},
        {key: rate - then[key] for key, rate in today.items()},
        series("ringboard_window_follow_ups_missed", "team"),
        series("ringboard_window_first_contacts", "after_attempts"),
        kpi("wins_after_four_noes"),
        kpi("fast_response_uplift"),
        kpi("conversion_rate", "campaign"),
        {key: won[key] / count for key, count in created.items() if count >= 3},
        of_kpi(q.OfKpi("cost_per_lead", ("channel",), "30d"), Chosen(), looked.plain, as_of),
        named(series("ringboard_window_reason_leads_lost", "reason")),
        kpi("loss_rate"),
        kpi("service_level", "queue"),
        {(): 1},
        {key: answered[key] / count for key, count in placed.items() if count >= ENOUGH_IN_AN_HOUR},
        series("ringboard_follow_ups_due", "band", window=None),
    ]


async def faults_of(asked: Asked, looked: Looked) -> list[Any]:
    """List which recipe is answered otherwise than the plain floor does, and which not at all."""
    text = (Path(__file__).parents[2] / "docs/cookbook.md").read_text(encoding="utf-8")
    recipes = re.findall(r"^## (\d+)\. .*?```promql\n(.*?)```", text, re.MULTILINE | re.DOTALL)
    assert [int(number) for number, _ in recipes] == [*range(1, 23)]
    labels = (
        "campaign", "team", "rep", "queue", "channel", "currency", "band", "reason", "after_attempts", "day", "hour",
    )  # fmt: skip
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
