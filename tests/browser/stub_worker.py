"""A worker that says what a test wants it to, to the real page: any number of KPIs, leads, campaigns and reps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Final

import orjson
from aiohttp import web

from agents.pages.live import QUEUE_KPIS
from agents.pages.parameters import DEFAULT_WINDOW
from stream.kpi.catalogue import BY_ID, CATALOGUE, THE_SIX
from stream.kpi.windows import WINDOWS
from tests.browser.conftest import Site
from tests.browser.stub_live import due_now, queues_now, reps_now
from tests.engine_in_memory import pages_of
from tests.unit.agents.pages.conftest import a_floor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from stream.kpi.formulas import Kpi

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NOW: Final = datetime(2026, 3, 18, 11, 0, 30, tzinfo=UTC)
CAMPAIGNS: Final = (
    "Solar",
    "Pompe à chaleur \u2013 Auvergne-Rhône-Alpes \u2013 Reconquête automne 2026",
    "Assurance emprunteur, comparateurs",
    "Krankenzusatzversicherungsneukundengewinnung",
    "Q3",
    "B2B energy brokers, renewals due within ninety days (re-engagement)",
)
REPS: Final = (
    "Marie-Antoinette de La Rochefoucauld-Liancourt",
    "Ng",
    "Jean-Christophe Grangé-Lambermont",
    "Ada Lovelace",
    "Wolfeschlegelsteinhausenbergerdorff",
    "agent.0417@plateau-lyon-part-dieu",
)
TEAMS: Final = ("Nord", "Accueil et rappels \u2013 Lyon Part-Dieu, équipe du soir", "B")
LONGEST: Final = tuple(sorted((kpi.id for kpi in CATALOGUE), key=lambda id_: -len(BY_ID[id_].name["fr"])))
"""All KPIs, those with the longest names first."""
COHORTS: Final = tuple(kpi.id for kpi in CATALOGUE if kpi.is_cohort)
_VERDICTS: Final = ("good", "close", "bad", None)
_BANDS: Final = (("0-5m", 5), ("5-15m", 15), ("15-60m", 60), ("60m+", 10**9))


def many(names: Sequence[str], count: int) -> list[str]:
    """Return `count` names, those given first, then the same again with a number."""
    return [name if n < len(names) else f"{name} {n}" for n, name in enumerate(islice(cycle(names), count))]


def clock(moment: datetime) -> str:
    """Return a moment as the API writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Given:
    """What the wallboard is given."""

    kpis: tuple[str, ...] = THE_SIX
    leads: int = 3
    late: int = 0
    campaigns: int = 3
    reps: int = 5
    state: str = "live"
    """`live`, `nothing` (no number yet), `empty` (nothing in 30 days), `recovering`, `recovered` (greyed), `gone`."""
    large: bool = False
    """Numbers as long as they come, money in two currencies among them."""
    parts: str = "leads,campaign"
    view: str = ""
    """What is shown in place of the KPIs and `parts`."""
    queues: int = 4
    query: dict[str, str] = field(default_factory=dict)


class StubWorker(Site):
    """Serves the real page; its API says what `given` has. Changing that ends the streams, so the page asks anew."""

    def __init__(self, given: Given | None = None) -> None:
        self.given = given or Given()
        self._open: set[asyncio.Task[Any]] = set()
        super().__init__(self._pages)
        self.come()

    def give(self, given: Given) -> None:
        """Say this from now on."""

        def change() -> None:
            self.given = given
            for task in self._open:
                task.cancel()

        self.do(change)

    def _pages(self) -> web.Application:
        @web.middleware
        async def stand_in(request: web.Request, handler: Handler) -> web.StreamResponse:
            answers = {
                "stream": self._stream,
                "history": self._history,
                "breakdown": self._breakdown,
                "follow-ups/due": self._due,
            }
            name = request.path.removeprefix("/api/v1/")
            if self.given.state == "gone" and request.path.startswith("/api/"):
                raise web.HTTPBadGateway
            if name == "catalogue":
                answer = await handler(request)
                assert isinstance(answer, web.Response)
                return answer
            made = answers.get(name)
            return await (made(request) if made else handler(request))

        app = pages_of(a_floor())
        app.middlewares.insert(0, stand_in)
        return app

    def _state(self) -> dict[str, Any]:
        recovering = {"recovering": {"ready": 4, "of": 9, "restored": 0.375}}
        whole = self.given.state not in ("recovering", "recovered")
        state = {"as_of": clock(NOW), "complete": whole, "behind": 0, "empty": self.given.state == "empty"}
        return {**state, **({} if whole else recovering)}

    def _filters(self) -> dict[str, str | None]:
        query = self.given.query
        return {"campaign": query.get("campaign"), "team": query.get("team"), "rep": query.get("rep")}

    def kpis(self) -> dict[str, Any]:
        """Return what the stream says of the KPIs."""
        window = self.given.query.get("window", DEFAULT_WINDOW)
        none = self.given.state in ("nothing", "empty", "recovering", "recovered")
        kpis = {kpi.id: _value(kpi, n, none=none, large=self.given.large) for n, kpi in enumerate(CATALOGUE)}
        return {"window": window, **self._state(), "simulated": False, "filters": self._filters(), "kpis": kpis}

    def waiting(self) -> dict[str, Any]:
        """Return what the stream says of the leads that wait."""
        leads = []
        count = 0 if self.given.state in ("nothing", "empty") else self.given.leads
        counts = dict.fromkeys((name for name, _ in _BANDS), 0)
        for n, campaign in enumerate(islice(cycle(CAMPAIGNS), count)):
            minutes = 60 + 7 * (self.given.late - n) if n < self.given.late else 55 * (count - n) / count
            since = NOW - timedelta(minutes=minutes)
            band = next(name for name, most in _BANDS if minutes < most)
            counts[band] += 1
            leads.append(
                {
                    "lead": f"LEAD-2026-03-{n:05d}",
                    "campaign": campaign,
                    "team": TEAMS[n % len(TEAMS)],
                    "rep": REPS[n % len(REPS)] if n % 3 else None,
                    "requested_at": clock(since),
                    "waited_s": minutes * 60,
                    "band": band,
                    "stage": "overdue" if n < self.given.late else "in_time",
                    "overdue": n < self.given.late,
                    "limit_s": 3600.0,
                    "warn_at": clock(since + timedelta(minutes=45)),
                    "limit_at": clock(since + timedelta(minutes=60)),
                }
            )
        late, rest = leads[: self.given.late], leads[self.given.late :]
        stages = {"in_time": len(rest), "warned": 0, "overdue": len(late), "escalated": 0}
        return {
            **self._state(),
            "filters": self._filters(),
            "clock": "business",
            "alarms": True,
            "waiting": counts,
            "stages": stages,
            "freshest_late": late[-1] if late else None,
            "oldest": leads[0] if leads else None,
            "offset": 0,
            "leads": (rest + late[::-1])[:50],
            "left_out": max(0, len(leads) - 50),
            "given_up": 0,
            "leads_given_up": [],
        }

    @property
    def _whole(self) -> bool:
        return "recovering" not in self._state()

    def live(self) -> dict[str, Any]:
        """Return what the stream says of reps and of queues."""
        given = self.given
        nobody = given.state in ("nothing", "empty")
        names = [] if nobody else many(REPS, given.reps)
        each = [
            {id_: _value(BY_ID[id_], n, none=n == 2 or not self._whole, large=given.large) for id_ in QUEUE_KPIS}
            for n in range(5)
        ]
        queues = 0 if nobody else given.queues
        return {
            "reps": {
                **self._state(),
                "filters": self._filters(),
                **reps_now(names, TEAMS, NOW, whole=self._whole, large=given.large),
            },
            "queues": {**self._state(), **queues_now(queues, NOW, each, whole=self._whole, large=given.large)},
        }

    async def _due(self, request: web.Request) -> web.StreamResponse:
        assert request.query["limit"] == "0"
        names = [] if self.given.state in ("nothing", "empty") else many(REPS, self.given.reps)
        answer = {**self._state(), **due_now(names, TEAMS, whole=self._whole, large=self.given.large)}
        return web.json_response(answer)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await response.prepare(request)
            if self.given.state == "recovered":
                whole = {**self.kpis(), "complete": True, "kpis": _whole(self.given)}
                del whole["recovering"]
                await response.write(b"data: %b\n\n" % orjson.dumps(whole))
            await response.write(b"data: %b\n\n" % orjson.dumps(self.kpis()))
            await response.write(b"event: leads\ndata: %b\n\n" % orjson.dumps(self.waiting()))
            for kind, answer in self.live().items():
                if kind in request.query.get("live", "").split(","):
                    await response.write(b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(answer)))
            while True:
                await asyncio.sleep(5)
                await response.write(b": still here\n\n")
        except (asyncio.CancelledError, ConnectionError):
            return response
        finally:
            self._open.discard(task)

    async def _history(self, request: web.Request) -> web.StreamResponse:
        kpis = {}
        for n, name in enumerate(request.query["kpi"].split(",")):
            values = [_value(BY_ID[name], n + step, none=step == 3, large=self.given.large) for step in range(12)]
            points = [{"from": clock(NOW), "to": clock(NOW), **value} for value in values]
            kpis[name] = {"unit": BY_ID[name].unit, "target": values[0]["target"], "points": points}
        window = request.query.get("window", DEFAULT_WINDOW)
        assert window in WINDOWS
        return web.json_response(
            {"window": window, "step": "1h", **self._state(), "filters": self._filters(), "kpis": kpis}
        )

    async def _breakdown(self, request: web.Request) -> web.StreamResponse:
        by = request.query["by"]
        given = self.given
        names = {"campaign": many(CAMPAIGNS, given.campaigns), "team": list(TEAMS), "rep": many(REPS, given.reps)}[by]
        rows = [
            {
                by: name,
                "kpis": {
                    kpi: _value(BY_ID[kpi], n, none=n % 7 == 5, large=given.large)
                    for kpi in request.query["kpi"].split(",")
                },
            }
            for n, name in enumerate(names if given.state not in ("nothing", "empty") else ())
        ]
        window = request.query.get("window", DEFAULT_WINDOW)
        answer = {"by": by, "window": window, **self._state(), "filters": self._filters(), "left_out": 0, "rows": rows}
        return web.json_response(answer)


def _whole(given: Given) -> dict[str, Any]:
    return {kpi.id: _value(kpi, n, none=False, large=given.large) for n, kpi in enumerate(CATALOGUE)}


def _value(kpi: Kpi, n: int, *, none: bool, large: bool) -> dict[str, Any]:
    """Return a KPI as the API does: the `n`-th of many that differ."""
    verdict = None if kpi.is_cohort or kpi.better == "neither" else _VERDICTS[n % 4]
    target: Any = (
        None if n % 4 == 3 else {"ratio": 0.355, "money": 1234.5 if large else 40, "seconds": 5400}.get(kpi.unit, 12)
    )
    top, bottom = (98_765, 123_456) if large else (7 + n % 5, 20 + n)
    value: dict[str, Any] = {"value": top / bottom, "numerator": top, "denominator": bottom}
    match kpi.unit:
        case "money":
            value = {"value": "12345.6789" if large else "38.4200", "numerator": "493827.1500", "denominator": 40}
            value["currency"] = "EUR"
            if large and n % 2:
                each = {"EUR": {**value}, "CHF": {**value}, "USD": {**value}}
                value = {"value": None, "numerator": None, "denominator": 40, "currency": None, "by_currency": each}
        case "seconds":
            value = {"value": 172_000.0 if large else 754.5, "numerator": None, "denominator": bottom}
        case "count":
            value = {"value": 123_456 if large else 17, "numerator": 17, "denominator": None}
        case "factor":
            value = {"value": 12.34, "numerator": 0.5, "denominator": 0.04}
        case "per_1000":
            value["value"] = 1000.0 if large else 31.4
    if kpi.is_cohort:
        value["pending"] = bottom // 2
    if kpi.moment.id == "time_passed":
        value.update(numerator=4_000_000 * (n + 1), denominator=9_000_000 * (n + 1))
    if none:
        value = {**dict.fromkeys(value), "denominator": 0, "numerator": None if kpi.unit == "money" else 0}
        if "pending" in value:
            value["pending"] = 0
        verdict = None
    return {
        **value,
        "unit": kpi.unit,
        "target": target,
        "met": None if verdict is None else verdict == "good",
        "verdict": verdict if target is not None else None,
        "decided_by": kpi.moment.id,
    }
