"""Every query of every panel and of the cookbook, by a real Prometheus on a real worker: as the plain floor says."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from agents.pages.answers import is_met
from grafana.boards import queries as q
from grafana.boards.files import boards
from grafana.boards.pipeline import SELDOM
from grafana.boards.selection import EVERYTHING
from stream.clock import SystemClock
from stream.kpi.catalogue import BY_ID, Cost, Count, Distribution
from stream.kpi.reading import Filters, quantile
from stream.simulate.play import Sizes, history
from tests.prometheus.plain import Plain
from tests.prometheus.stack import a_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.broker import Broker
    from tests.prometheus.stack import Sample, Stack

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
MOST_TRIES = 20
HOSTILE = '"}{<script>`\\E\N{BELL}'
SHOWN = '"}{<script>??E\N{BELL}'
# Some are met, others not, whichever way is good, and one is nothing.
TARGETS = {kpi: 0.4 if BY_ID[kpi].unit == "ratio" else 30 for kpi in BY_ID} | {"loss_rate": 0, "cost_per_customer": 1e6}
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
    ("rejected", 0): "what this door refuses never reaches the worker, and nobody else writes to its topics",
    ("recovering", 0): "all partitions are ready",
    ("labels_over", 0): "no label is past its limit",
}

Answer = dict[tuple[str, ...], float]


class Chosen(NamedTuple):
    """What a viewer has chosen; None is all."""

    window: str = "30d"
    campaign: str | None = None
    team: str | None = None
    rep: str | None = None
    queue: str | None = None

    def fill(self, expression: str) -> str:
        """Put it into a query, as Grafana does."""
        for name in ("campaign", "team", "rep", "queue"):
            value = self.shown(name)
            expression = expression.replace(f"${{{name}:raw}}", EVERYTHING if value is None else value)
        expression = expression.replace("$rep_window", self.rep_window).replace("$window", self.window)
        return expression.replace("$__rate_interval", "2m")

    def shown(self, name: str) -> str | None:
        value: str | None = getattr(self, name)
        return SHOWN if value == HOSTILE else value

    @property
    def rep_window(self) -> str:
        return self.window if self.window in {"today", "30d"} else "today"

    def window_of(self, asked: str) -> str:
        return asked.replace("$rep_window", self.rep_window).replace("$window", self.window)


class Looked(NamedTuple):
    """What there was at a moment: series as scraped, and the moments that the floor's clock showed in the scrapes."""

    plain: Plain
    at: float
    moments: list[int]
    series: dict[str, list[Sample]]

    def samples(self, means: q.OfSamples, scope: tuple[str, ...], chosen: Chosen) -> Answer:
        """Add up what was scraped, in plain Python."""
        wanted = dict(means.labels)
        if means.window is not None:
            wanted["window"] = chosen.window_of(means.window)
        wanted |= {name: shown for name in scope if (shown := chosen.shown(name)) is not None}
        groups: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
        for labels, value in self.series[means.metric]:
            if all(labels.get(name, "") == value for name, value in wanted.items()):
                groups[tuple(labels.get(name, "") for name in means.by)].append(value)
        hows: dict[str, Callable[[list[float]], float]] = {"sum": math.fsum, "max": max, "min": min}
        how = hows[means.how]
        made = {key: how(values) for key, values in groups.items()}
        return {key: value for key, value in made.items() if means.more_than is None or value > means.more_than}


def by_of(means: q.Meaning) -> tuple[str, ...]:
    """Name the labels that an answer must have, in order."""
    match means:
        case q.OfKpi(kpi=kpi, by=by):
            return (*by, "currency") if isinstance(BY_ID[kpi].formula, Cost) else by
        case q.OfTargetReached(kpi=kpi):
            return ("currency",) if isinstance(BY_ID[kpi].formula, Cost) else ()
        case q.OfQuotient(top=top):
            return top.by
        case q.OfQuantile(buckets=buckets):
            return buckets.by
        case q.OfSamples(by=by) | q.OfRate(by=by) | q.OfAge(by=by):
            return by
        case _:
            return ()


def of_kpi(means: q.OfKpi, chosen: Chosen, plain: Plain, as_of: int) -> Answer:
    """Read a KPI off the plain floor."""
    kpi, by, window = means.kpi, means.by, chosen.window_of(means.window)
    formula, scope = BY_ID[kpi].formula, q.scope_of(kpi)
    if isinstance(formula, Distribution) and chosen.team is not None and "team" in scope:
        return {}  # these are not kept by team
    fixed = {name: value for name in scope if (value := getattr(chosen, name)) is not None}
    if by == ("channel",):
        if "team" in fixed:
            return {}
        places = [(channel, code) for channel in plain.values["channel"] for code in plain.values["currency"]]
        found = {
            (channel, code): plain.of_channel(as_of, {**fixed, "channel": channel, "currency": code, "window": window})
            for channel, code in places
        }
        return {place: value for place, value in found.items() if value is not None}
    answer: Answer = {}
    for value in plain.values[by[0]] if by else [None]:
        if value is not None and fixed.get(by[0], value) != value:
            continue
        labels = {**fixed, **({by[0]: value} if value is not None else {}), "window": window}
        key = (SHOWN if value == HOSTILE else value,) if value is not None else ()
        if isinstance(formula, Cost):
            told = plain.kpis(as_of, window, Filters(labels.get("campaign"), labels.get("team")))[kpi]
            each = told.get("by_currency") or {told["currency"]: told}
            answer |= {(*key, code): float(one["value"]) for code, one in each.items() if one["value"] is not None}
        elif (number := plain.expected(kpi, labels, as_of)) is not None:
            answer[key] = number
    return answer


def expected(query: q.Query, chosen: Chosen, looked: Looked) -> list[Answer]:  # noqa: PLR0911  one for each meaning
    """Give what an answer may be: what holds at one of the moments."""
    match query.means:
        case q.OfKpi(ago=ago) if ago:
            return [{}]
        case q.OfKpi() as means:
            return [of_kpi(means, chosen, looked.plain, as_of) for as_of in looked.moments]
        case q.OfTarget(kpi=kpi):
            return [{(): TARGETS[kpi]} if kpi in TARGETS else {}]
        case q.OfTargetReached(kpi=kpi):
            aim = TARGETS.get(kpi)
            values = [of_kpi(q.OfKpi(kpi), chosen, looked.plain, as_of) for as_of in looked.moments]
            met = [{key: is_met(kpi, value, aim) for key, value in one.items()} for one in values]
            return [{key: float(is_) for key, is_ in one.items() if is_ is not None} for one in met]
        case q.OfSamples() as means:
            return [looked.samples(means, query.scope, chosen)]
        case q.OfQuotient(top=top, bottom=bottom):
            below: defaultdict[tuple[str, ...], float] = defaultdict(float)
            for one in bottom:
                for key, value in looked.samples(one, query.scope, chosen).items():
                    below[key] += value
            above = looked.samples(top, query.scope, chosen)
            return [{key: value / below[key] for key, value in above.items() if below[key] > 0}]
        case q.OfQuantile(share=share, buckets=buckets):
            return [quantiles(share, looked.samples(buckets._replace(by=(*buckets.by, "le")), query.scope, chosen))]
        case q.OfNumber(number=number):
            return [{(): number}]
        case q.OfAge(metric=metric, by=by, how=how):
            moments: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
            for labels, value in looked.series[metric]:
                moments[tuple(labels.get(name, "") for name in by)].append(value)
            pick = max if how == "max" else min
            return [{key: looked.at - pick(found) for key, found in moments.items() if pick(found) > 0}]
        case q.OfComplete():
            return [{(): 1}]
        case _:
            raise AssertionError(query.means)


def quantiles(share: float, below: Answer) -> Answer:
    """Read a quantile of each histogram, whose buckets are cumulative."""
    grouped: defaultdict[tuple[str, ...], list[tuple[float, float]]] = defaultdict(list)
    for labels, count in below.items():
        grouped[labels[:-1]].append((float(labels[-1]), count))
    found: Answer = {}
    for key, buckets in grouped.items():
        counts = [count for _, count in sorted(buckets)]
        each = [int(b - a) for a, b in zip([0.0, *counts], counts, strict=False)]
        if (value := quantile(share, each)) is not None:
            found[key] = value
    return found


def agrees(query: q.Query, found: Answer, chosen: Chosen, looked: Looked) -> bool:
    """Tell whether an answer is right."""
    match query.means:
        case q.OfRate(metric=metric, by=by, more_than=more_than):
            keys = {tuple(labels.get(name, "") for name in by) for labels, _ in looked.series[metric]}
            full = found.keys() == keys if more_than is None else found.keys() <= keys
            return full and all(value >= (more_than or 0) for value in found.values())
        case q.OfRateQuantile():
            return all(value >= 0 for value in found.values())
        case q.OfTargetReached():
            return any(
                found.keys() == one.keys() and all((found[key] >= 1) == bool(met) for key, met in one.items())
                for one in expected(query, chosen, looked)
            )
        case q.OfKpi(kpi=kpi) if isinstance(BY_ID[kpi].formula, Count):
            named = {key: value for key, value in found.items() if "" not in key}
            return any(
                all(near(named.get(key, 0), one.get(key, 0)) for key in named.keys() | one.keys())
                for one in expected(query, chosen, looked)
            )
        case q.OfKpi():
            # What belongs to no campaign or team has an empty label, and no filter of the API finds it.
            named = {key: value for key, value in found.items() if "" not in key}
            return any(same(named, one) for one in expected(query, chosen, looked))
        case _:
            return any(same(found, one) for one in expected(query, chosen, looked))


def same(found: Answer, wanted: Answer) -> bool:
    return found.keys() == wanted.keys() and all(near(value, wanted[key]) for key, value in found.items())


def near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


async def look(stack: Stack, plain: Plain) -> Looked:
    """Take all series of now, as they were scraped."""
    at = round(time.time(), 3)
    series: defaultdict[str, list[Sample]] = defaultdict(list)
    for labels, value in await stack.query('{__name__=~"ringboard_.*"}', at):
        series[labels["__name__"]].append((labels, value))
    read = await stack.prometheus.get("/api/v1/query", query="ringboard_clock_seconds[30s]", time=str(at))
    moments = [round(float(value) * 1000) for _, value in read["data"]["result"][0]["values"]][-3:]
    return Looked(plain, at, moments, series)


async def answer_of(stack: Stack, query: q.Query, chosen: Chosen, at: float) -> Answer:
    """Ask Prometheus; its answer has just the labels that it should, and no place twice."""
    by = by_of(query.means)
    found: Answer = {}
    for labels, value in await stack.query(chosen.fill(query.expr), at):
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
        won, lost, waiting = (f"{rep}-{kind}" for kind in ("won", "lost", "waiting"))
        events += [
            {"type": "lead.requested", "at": base, "lead": won, "channel": "web", **owner},
            {"type": "lead.requested", "at": base, "lead": lost, "channel": "web", **owner},
            {"type": "lead.requested", "at": now - 1_200_000, "lead": waiting, "channel": "post", **owner},
            {**call, "at": base + 3_000, "placed_at": base + 1_000, "call": f"{won}-1", "lead": won, "talk_s": 0},
            {**call, "at": base + 6_000, "placed_at": base + 4_000, "call": f"{won}-2", "lead": won, "talk_s": 95},
            {**call, "at": base + 6_000, "placed_at": base + 4_000, "call": f"{lost}-1", "lead": lost, "talk_s": 0},
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
    settings: dict[str, Any] = {"timezone": noon_somewhere(now), "targets": TARGETS}
    async with a_stack(broker, app_id, tmp_path, **settings) as stack:
        await stack.tell(events)
        plain = Plain(events, partitions=stack.settings.partitions, **settings)
        await stack.settled()
        owners = sorted({(one[0], one[1]) for one, _ in plain.snapshot(now).sums["7d"] if one[0] and one[1]})
        campaign, team = next((campaign, team) for campaign, team in owners if campaign not in {"Spring", HOSTILE})
        for chosen in (
            Chosen(),
            Chosen("today", campaign=HOSTILE, queue="sales", rep="bo"),
            Chosen("7d", campaign=campaign, team=team),
            Chosen("1h", team="north"),
        ):
            await all_agree(stack, plain, chosen)
        await the_cookbook_agrees(stack, plain)


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


async def the_cookbook_agrees(stack: Stack, plain: Plain) -> None:
    text = (Path(__file__).parents[2] / "docs/cookbook.md").read_text(encoding="utf-8")
    asked = re.findall(r"^## (\d+)\. .*?```promql\n(.*?)```", text, re.MULTILINE | re.DOTALL)
    assert [int(number) for number, _ in asked] == [*range(1, 21)]
    labels = ("campaign", "team", "rep", "queue", "channel", "currency", "band", "reason", "after_attempts")
    for tries in range(MOST_TRIES + 1):
        looked = await look(stack, plain)
        found: list[Answer] = [
            {
                tuple(its[name] for name in labels if name in its): value
                for its, value in await stack.query(query, looked.at)
            }
            for _, query in asked
        ]
        wanted = [cookbook(looked, as_of) for as_of in looked.moments]
        wrong = [
            (number, query, answer, [one[place] for one in wanted])
            for place, ((number, query), answer) in enumerate(zip(asked, found, strict=True))
            if not any(
                same(answer, {tuple(one for one in key if one): v for key, v in one[place].items()}) for one in wanted
            )
        ]
        if not wrong or tries == MOST_TRIES:
            break
        await asyncio.sleep(1)
    assert wrong == []
    assert [number for (number, _), answer in zip(asked, found, strict=True) if not answer] == ["9"]


async def all_agree(stack: Stack, plain: Plain, chosen: Chosen) -> None:
    """Hold every query to the plain floor; a scrape that came too late on a busy machine is waited out."""
    for tries in range(MOST_TRIES + 1):
        looked = await look(stack, plain)
        answers = [
            (key, place, query, await answer_of(stack, query, chosen, looked.at)) for key, place, query in drawn()
        ]
        wrong = [
            (key, place, chosen.fill(query.expr), found)
            for key, place, query, found in answers
            if not agrees(query, found, chosen, looked)
        ]
        if not wrong or tries == MOST_TRIES:
            break
        await asyncio.sleep(1)
    assert wrong == [], f"{len(wrong)} of {len(answers)}"
    assert len(answers) > 150
    if chosen == Chosen():
        assert {(key, place) for key, place, _, found in answers if not found} <= EMPTY.keys()
