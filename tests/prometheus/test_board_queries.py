"""Every query of every panel and of the cookbook, by a real Prometheus on a real worker: as the plain floor says."""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from grafana.boards import queries as q
from grafana.boards.files import boards
from grafana.boards.pipeline import SELDOM
from stream.clock import SystemClock
from stream.kpi.catalogue import BY_ID
from stream.simulate.play import Sizes, history
from tests.kafka.worker_process import DEADLINE_S
from tests.prometheus.expecting import HOSTILE, TARGETS, Answer, Chosen, Looked, agrees, by_of, of_kpi, same
from tests.prometheus.plain import Plain
from tests.prometheus.stack import a_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.broker import Broker
    from tests.prometheus.stack import Sample

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
MOST_TRIES = 12
NOBODY = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
NO_SOURCE = "there is no live source here"
# Queries that have no answer here, and why: the panel's key and the query's place in it.
EMPTY: dict[tuple[str, int], str] = {
    **{(f"{kpi}.week", 1): "a week ago this Prometheus did not run" for kpi in BY_ID},
    **{(key, place): NO_SOURCE for key in ("live_sources", "source_events", "source_trouble") for place in range(5)},
    **{("seldom", place): f"{metric} has not grown" for place, (metric, _) in enumerate(SELDOM)},
    **{
        (f"gateway_{key}", place): "there is no gateway here"
        for key in ("ready", "requests", "events", "turned_away", "time")
        for place in range(2)
    },
    ("lead_alerts_failed", 0): "Alertmanager was there all along",
    ("rejected", 0): "what this door refuses never reaches the worker, and nobody else writes to its topics",
    ("recovering", 0): "all partitions are ready",
    ("labels_over", 0): "no label is past its limit",
}


class Asked:
    """Prometheus, asked over one connection."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/api/v1/query"

    async def result(self, query: str, at: float) -> list[dict[str, Any]]:
        """Answer a query for a moment."""
        async with self._session.post(self._url, data={"query": query, "time": str(at)}) as answer:
            told = await answer.json()
        assert told["status"] == "success", (query, told)
        found: list[dict[str, Any]] = told["data"]["result"]
        return found

    async def samples(self, query: str, at: float) -> list[Sample]:
        """Answer a query with labels and values."""
        return [(one["metric"], float(one["value"][1])) for one in await self.result(query, at)]

    async def look(self, plain: Plain) -> Looked:
        """Take all series of the next scrape: at its moment exactly, so that nothing is still on its way."""
        at = await self._next_scrape()
        series: defaultdict[str, list[Sample]] = defaultdict(list)
        for labels, value in await self.samples('{__name__=~"ringboard_.*"}', at):
            series[labels["__name__"]].append((labels, value))
        clocks = await self.result("ringboard_clock_seconds[1m]", at)
        moments = [round(float(value) * 1000) for clock in clocks for _, value in clock["values"]]
        return Looked(plain, at, moments[-3:], series)

    async def _next_scrape(self) -> float:
        now = time.time()
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for _, at in await self.samples("timestamp(ringboard_clock_seconds)", time.time()):
                    if at > now:
                        return round(at, 3)
                await asyncio.sleep(0.1)

    async def answer(self, query: q.Query, chosen: Chosen, at: float) -> Answer:
        """Answer a panel's query; the answer has just the labels that it should, and no place twice."""
        by = by_of(query.means)
        found: Answer = {}
        for labels, value in await self.samples(chosen.fill(query.expr), at):
            assert labels.keys() - {"__name__"} <= set(by), query
            key = tuple(labels.get(name, "") for name in by)
            assert key not in found, query
            found[key] = value
        return found


def drawn() -> Iterator[tuple[str, int, q.Query]]:
    """Yield each query once, with the panel and the place where it was met first: languages have the same."""
    seen = set()
    for board in boards():
        for panel, _ in board.placed:
            for place, query in enumerate(panel.queries):
                if query.expr not in seen:
                    seen.add(query.expr)
                    yield panel.key, place, query


def minutes_of_today(now: int) -> list[dict[str, Any]]:
    """Tell what gives every KPI of today a number: two campaigns, two currencies, leads that wait, callers too."""
    base = now - 50_000
    events: list[dict[str, Any]] = []
    for campaign, team, rep, currency in (("Spring", "north", "ada", "EUR"), (HOSTILE, "south", "bo", "CHF")):
        owner = {"campaign": campaign, "team": team, "rep": rep}
        call = {"type": "call.ended", "direction": "outbound", **owner}
        won, lost, waiting, pressed = (f"{rep}-{kind}" for kind in ("won", "lost", "waiting", "pressed"))
        events += [
            {"type": "lead.requested", "at": base, "lead": won, "channel": "web", **owner},
            {"type": "lead.requested", "at": base, "lead": lost, "channel": "web", **owner},
            {"type": "lead.requested", "at": now - 1_200_000, "lead": waiting, "channel": "post", **owner},
            {**call, "at": base + 3_000, "placed_at": base + 1_000, "call": f"{won}-1", "lead": won, "talk_s": 0},
            {**call, "at": base + 6_000, "placed_at": base + 4_000, "call": f"{won}-2", "lead": won, "talk_s": 95},
            {**call, "at": base + 6_000, "placed_at": base + 4_000, "call": f"{lost}-1", "lead": lost, "talk_s": 0},
            *(
                # The second comes too soon after a no, the fifth is one too many, and all come at lunch.
                {**call, "at": at + 500, "placed_at": at, "call": f"{pressed}-{at}", "lead": pressed, "disposition": no}
                for at, no in ((base + 10_000 + 2_000 * nth, "refused") for nth in range(5))
            ),
            {"type": "lead.qualified", "at": base + 8_000, "lead": won, "rep": rep},
            {"type": "lead.won", "at": base + 9_000, "lead": won, "rep": rep},
            {"type": "lead.lost", "at": base + 9_000, "lead": lost, "reason": "price"},
            {
                "type": "spend.recorded",
                "at": base,
                "campaign": campaign,
                "channel": "web",
                "amount": "90.00",
                "currency": currency,
                "from": base - 1_000,
                "to": base + 20_000,
            },
            *(
                {"type": f"customer.{kind}", "at": base + later, "customer": f"{rep}-{fate}", **owner}
                for fate in ("kept", "lost")
                for kind, later in (("at_risk", 0), (fate, 5_000))
            ),
            {"type": "rep.state", "at": base, "rep": rep, "team": team, "state": "talking"},
            {"type": "rep.state", "at": base + 9_000, "rep": rep, "team": team, "state": "available"},
            {"type": "queue.joined", "at": base + 9_000, "call": f"{rep}-in", "queue": "sales"},
        ]
    return [{"id": f"minute-{place}", **event} for place, event in enumerate(events)]


def noon_somewhere(now: int) -> str:
    """Name a time zone in which it is early afternoon, so that today is neither young nor nearly over."""
    ahead = 13 - datetime.fromtimestamp(now / 1000, UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


async def test_every_query_of_every_panel_and_of_the_cookbook_has_the_number_of_the_plain_floor(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    now = SystemClock().now_ms()
    sizes = Sizes(reps=5, campaigns=2, leads_per_day=30.0)
    events = [*(event for _, event in history(11, 3, now, sizes)), *minutes_of_today(now)]
    settings: dict[str, Any] = {"timezone": noon_somewhere(now), "targets": TARGETS, "legal_pacing": "FR"}
    watched = a_stack(broker, app_id, tmp_path, alertmanager=NOBODY, **settings)
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
            looked = await asked.look(plain)
            faults = {chosen: await faults_of(asked, looked, chosen) for chosen in left}
            left = [chosen for chosen in left if faults[chosen]]
            wrong = [fault for chosen in left for fault in faults[chosen]]
            if not left:
                break
        assert wrong == []


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
    rates = kpi("contact_rate", "campaign")
    by_rep = {
        (rep,): looked.plain.expected("contact_rate", {"rep": rep, "window": "30d"}, as_of)
        for rep in looked.plain.values["rep"]
    }
    return [
        kpi("contact_rate", window="today"),
        rates,
        {key: rate for key, rate in by_rep.items() if rate is not None},
        kpi("lead_response_within_5m_attempt"),
        kpi("lead_response_p50_contact_business"),
        series("ringboard_leads_waiting", "band", window=None),
        {key: waited for key, waited in oldest.items() if waited > 900},
        {key: rate for key, rate in rates.items() if rate < TARGETS["contact_rate"]},
        {},
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
    # Only last week has no answer here.
    empty = [number for (number, _), answer in zip(recipes, found, strict=True) if not answer]
    return [*wrong, *(f"{number} has no answer" for number in empty if number != "9")]


def stripped(answer: Answer) -> Answer:
    """Leave out the empty labels of an answer, which Prometheus does not keep."""
    return {tuple(one for one in key if one): value for key, value in answer.items()}
