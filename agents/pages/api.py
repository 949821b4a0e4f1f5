"""The routes of a worker's web server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from agents.pages.csv_format import as_csv
from agents.pages.middlewares import COOKIE, add_headers, authentication, errors
from agents.pages.parameters import FILTERS, FORMATS, TOKEN, Query
from stream.web.responses import as_json, is_here

if TYPE_CHECKING:
    from agents.metrics.scrape import Scrape
    from agents.pages.answers import Answers
    from agents.pages.health import Health
    from agents.pages.page import Page
    from agents.pages.streams import Streams
    from agents.peers.floor_view import FloorView

_encode = msgspec.msgpack.Encoder().encode


class Api:
    """Handles requests: each handler reads the floor and returns an answer."""

    def __init__(
        self,
        *,
        view: FloorView,
        answers: Answers,
        streams: Streams,
        health: Health,
        page: Page,
        scrape: Scrape,
    ) -> None:
        self._view = view
        self._answers = answers
        self._streams = streams
        self._health = health
        self._page = page
        self._scrape = scrape

    def add_to(self, app: web.Application, token: str | None, hosts: frozenset[str] = frozenset()) -> None:
        """Add the routes to `app`, with `token` as a condition if there is one."""
        app.middlewares.append(errors())
        app.middlewares.append(authentication(token, hosts))
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self._streams.close)
        app.add_routes(
            [
                web.get("/", self.index),
                web.get("/static/{name}", self.static),
                web.get("/metrics", self.metrics),
                web.get("/healthz", self.healthz),
                web.get("/readyz", self.readyz),
                web.get("/api/v1/kpis", self.kpis),
                web.get("/api/v1/catalogue", self.catalogue),
                web.get("/api/v1/history", self.history),
                web.get("/api/v1/breakdown", self.breakdown),
                web.get("/api/v1/leads/waiting", self.waiting),
                web.get("/api/v1/stream", self.stream, allow_head=False),
                web.get("/api/v1/snapshot", self.snapshot),
            ]
        )

    async def index(self, request: web.Request) -> web.StreamResponse:
        """Return the wallboard; a token in its address is moved to a cookie, out of the address bar and the history."""
        if TOKEN in request.query:
            query = {name: value for name, value in request.query.items() if name != TOKEN}
            answer = web.HTTPSeeOther(request.rel_url.with_query(query))
            answer.set_cookie(COOKIE, request.query[TOKEN], httponly=True, samesite="Strict", secure=request.secure)
            raise answer
        return self._page.index(request)

    async def static(self, request: web.Request) -> web.StreamResponse:
        """Return a file of the wallboard."""
        return self._page.file(request.match_info["name"])

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """Return the metrics of this worker's partitions, in the requested format."""
        # For a request from this machine nothing is compressed: no network is used.
        encoding = "" if is_here(request.remote or "") else request.headers.get("Accept-Encoding", "")
        body, headers = await self._scrape.answer(request.headers.get("Accept", ""), encoding)
        return web.Response(body=body, headers=headers)

    async def healthz(self, _request: web.Request) -> web.StreamResponse:
        """Return whether this worker is alive."""
        status = self._health.liveness()
        return as_json(status, 200 if status["alive"] else 503)

    async def readyz(self, _request: web.Request) -> web.StreamResponse:
        """Return whether this worker is ready, and if not, what it waits for."""
        status = self._health.readiness()
        return as_json(status, 200 if status["ready"] else 503)

    async def kpis(self, request: web.Request) -> web.StreamResponse:
        """Return the KPIs of a window."""
        query = _query(request, "window", *FILTERS)
        window, filters = query.window(), query.filters()
        by_rep = () if filters.rep is None else (window,)
        return as_json(self._answers.kpis(await self._view.now(window, waiting=False, by_rep=by_rep), window, filters))

    async def catalogue(self, request: web.Request) -> web.StreamResponse:
        """Return the names and meanings of the KPIs."""
        _query(request)
        answer = self._answers.catalogue(await self._view.now("30d", waiting=False))
        return as_json({**answer, "page": self._page.version})

    async def history(self, request: web.Request) -> web.StreamResponse:
        """Return KPIs of a window, step by step."""
        query = _query(request, "kpi", "window", "step", *FILTERS, "format")
        wanted, format_ = query.over_time(), query.one_of("format", FORMATS)
        answer = self._answers.history(await self._view.over_time(wanted), wanted)
        return as_csv(answer, "history") if format_ == "csv" else as_json(answer)

    async def breakdown(self, request: web.Request) -> web.StreamResponse:
        """Return KPIs of a window for each campaign, team or rep."""
        query = _query(request, "by", "kpi", "window", *FILTERS, "limit", "format")
        by, window, filters, kpis = query.one_of("by", FILTERS), query.window(), query.filters(), query.kpis()
        limit, format_ = query.limit(), query.one_of("format", FORMATS)
        by_rep = () if filters.rep is None and by != "rep" else (window,)
        floor = await self._view.now(window, waiting=False, by_rep=by_rep)
        answer = self._answers.breakdown(floor, by, window, filters, kpis=kpis, limit=limit)
        return as_csv(answer, "breakdown") if format_ == "csv" else as_json(answer)

    async def waiting(self, request: web.Request) -> web.StreamResponse:
        """Return the leads that wait, the oldest first."""
        query = _query(request, *FILTERS, "limit")
        filters, limit = query.filters(), query.limit()
        return as_json(self._answers.waiting(await self._view.now("5m"), filters, limit))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send the KPIs of a window whenever they change."""
        query = _query(request, "window", *FILTERS, "leads")
        return await self._streams.serve(request, query.window(), query.filters(), query.limit("leads", 0))

    async def snapshot(self, request: web.Request) -> web.StreamResponse:
        """Return this worker's part of the floor, to another worker."""
        query = _query(request, "as_of", "window", "waiting", "step", "kpi", *FILTERS)
        as_of, window = query.as_of(self._view.clock.now_ms()), query.one_window_or_all()
        part: Any
        if query.has("step"):
            part = await self._view.own_over_time(as_of, query.over_time())
        else:
            part = self._view.own(as_of, window, waiting=query.waiting())
        return web.Response(body=_encode(part), content_type="application/msgpack")


def _query(request: web.Request, *known: str) -> Query:
    return Query(request.query.items(), known)
