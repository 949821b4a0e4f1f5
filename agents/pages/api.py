"""The routes of a worker's web server, and what each asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import orjson
from aiohttp import web

from agents.metrics.scrape import kind_of_scrape
from agents.pages import heatmap
from agents.pages.access import GRANT, OPEN
from agents.pages.csv_format import as_csv
from agents.pages.live import QUEUES_KNOWN
from agents.pages.messages import LIVE, QUEUES, REPS, Wanted
from agents.pages.middlewares import add_headers, errors
from agents.pages.parameters import FILTERS, FORMATS, TOKEN, OutOfScopeError, Query, as_object
from agents.pages.shared import Shared
from agents.pages.to_do import ToDoAnswers
from agents.peers.asking import CONTENT_TYPE, PATH
from agents.peers.floor_view import LEAST_WINDOW
from agents.peers.refusals import REQUEST
from agents.peers.tokens import ANSWER as SIGNATURE
from agents.peers.tokens import SCHEME
from stream.journeys.due import ToDo
from stream.web.responses import as_json, is_here, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.typedefs import Handler

    from agents.metrics.scrape import Scrape
    from agents.pages.access import Access
    from agents.pages.answers import Answers
    from agents.pages.health import Health
    from agents.pages.live import LiveAnswers
    from agents.pages.login import Login
    from agents.pages.page import Page
    from agents.pages.streams import Streams
    from agents.peers.floor_view import FloorView
    from agents.peers.refusals import Refusals
    from agents.peers.tokens import Tokens
    from stream.kpi.reading import Filters

LEADS_OF_A_WALL: Final = 50
OLDEST_ANSWER_S: Final = 60
SCOPES: Final = {
    "index": OPEN,  # it asks for the token itself
    "login": OPEN,
    "style": OPEN,
    "static": "wall",
    "metrics": "read",
    "healthz": OPEN,
    "readyz": OPEN,
    "kpis": "read",
    "catalogue": "wall",
    "history": "wall",
    "breakdown": "wall",
    "heatmap": "wall",
    "waiting": "explain",
    "due": "wall",
    "at_risk": "wall",
    "reps": "wall",
    "queues": "wall",
    "stream": "wall",
}
"""What each route asks for, by its name; what is not here asks for admin."""
_MAX_AGE = re.compile(r"(?:^|[ ,])max-age=([0-9]{1,4})(?=$|[ ,])")
_encode = msgspec.msgpack.Encoder().encode


class Parts(NamedTuple):
    """What the pages are made of."""

    view: FloorView
    answers: Answers
    live: LiveAnswers
    streams: Streams
    health: Health
    page: Page
    scrape: Scrape
    access: Access
    login: Login
    tokens: Tokens | None = None
    refusals: Refusals | None = None


class Api:
    """Handles requests: each handler reads the floor and returns an answer."""

    def __init__(self, parts: Parts) -> None:
        self._view = parts.view
        self._answers = parts.answers
        self._to_do = ToDoAnswers(parts.answers)
        self._live = parts.live
        self._streams = parts.streams
        self._health = parts.health
        self._page = parts.page
        self._scrape = parts.scrape
        self._access = parts.access
        self._login = parts.login
        self._tokens = parts.tokens
        self._refusals = parts.refusals
        self._scrapes: Shared[tuple[bytes, dict[str, str]]] = Shared(rest=1.0)
        self._shared: Shared[bytes] = Shared()

    def add_to(self, app: web.Application) -> None:
        """Add the routes to `app`, and what applies to all of them."""
        app.middlewares.append(errors())
        app.middlewares.append(self.between_workers)
        app.middlewares.append(self._access.middleware())
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self._streams.close)
        app.add_routes(
            [
                web.get("/", self.index, name="index"),
                web.post("/login", self._login.post, name="login"),
                web.get(r"/static/{name:[^/]*\.(?:css|woff2)}", self.static, name="style"),
                web.get("/static/{name}", self.static, name="static"),
                web.get("/metrics", self.metrics, name="metrics"),
                web.get("/healthz", self.healthz, name="healthz"),
                web.get("/readyz", self.readyz, name="readyz"),
                web.get("/api/v1/kpis", self.kpis, name="kpis"),
                web.get("/api/v1/catalogue", self.catalogue, name="catalogue"),
                web.get("/api/v1/history", self.history, name="history"),
                web.get("/api/v1/breakdown", self.breakdown, name="breakdown"),
                web.get("/api/v1/heatmap", self.heatmap, name="heatmap"),
                web.get("/api/v1/leads/waiting", self.waiting, name="waiting"),
                web.get("/api/v1/follow-ups/due", self.follow_ups_due, name="due"),
                web.get("/api/v1/customers/at-risk", self.at_risk, name="at_risk"),
                web.get("/api/v1/reps", self.reps, name="reps"),
                web.get("/api/v1/queues", self.queues, name="queues"),
                web.get("/api/v1/stream", self.stream, name="stream", allow_head=False),
            ]
        )

    async def index(self, request: web.Request) -> web.StreamResponse:
        """Return the wallboard; a token in its address is moved to a cookie, out of the address bar and the history."""
        grant = request.get(GRANT)
        token = request.query.get(TOKEN)
        if grant is None or "wall" not in grant.scopes:
            return self._login.ask(request, wrong=grant is not None or bool(token))
        if token is not None:
            return self._login.take(request, token)
        return self._page.index(request)

    async def static(self, request: web.Request) -> web.StreamResponse:
        """Return a file of the wallboard."""
        return self._page.file(request.match_info["name"])

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """Return the metrics of this worker's partitions, in the requested format."""
        if request[GRANT].limited:
            raise OutOfScopeError(
                "metrics are of the whole floor, and this token is of one campaign or team; use one that is not"
            )
        # For a request from this machine nothing is compressed: no network is used.
        encoding = "" if is_here(request.remote or "") else request.headers.get("Accept-Encoding", "")
        accept = request.headers.get("Accept", "")
        kind = kind_of_scrape(accept, encoding)
        body, headers = await self._scrapes.of(kind, lambda: self._scrape.answer(accept, encoding))
        return web.Response(body=body, headers=headers)

    async def healthz(self, request: web.Request) -> web.StreamResponse:
        """Return whether this worker is alive; for how long it is not, to who may read."""
        status = self._health.liveness()
        shown = status if _may_read(request) else {"alive": status["alive"]}
        return as_json(shown, 200 if status["alive"] else 503)

    async def readyz(self, request: web.Request) -> web.StreamResponse:
        """Return whether this worker is ready, and if not, what it waits for, to who may read."""
        status = self._health.readiness()
        shown = status if _may_read(request) else {"ready": status["ready"]}
        return as_json(shown, 200 if status["ready"] else 503)

    async def kpis(self, request: web.Request) -> web.StreamResponse:
        """Return the KPIs of a window."""
        query = _query(request, "window", *FILTERS)
        window, filters = query.window(), _filters(request, query)
        by_rep = () if filters.rep is None else (window,)

        async def answer() -> Any:
            floor = await self._view.now(window, waiting=False, by_rep=by_rep)
            return self._answers.kpis(floor, window, filters)

        return await self._answered(request, ("kpis", window, filters), answer)

    async def catalogue(self, request: web.Request) -> web.StreamResponse:
        """Return the names and meanings of the KPIs."""
        filters = _filters(request, _query(request))

        async def answer() -> Any:
            floor = await self._view.now("30d", waiting=False)
            return {
                **self._answers.catalogue(floor, filters),
                "filters": as_object(filters),
                "page": self._page.version,
            }

        return await self._answered(request, ("catalogue", filters), answer)

    async def history(self, request: web.Request) -> web.StreamResponse:
        """Return KPIs of a window, step by step."""
        query = _query(request, "kpi", "window", "step", *FILTERS, "format")
        wanted, format_ = query.over_time(self._answers.the_six), query.one_of("format", FORMATS)
        wanted = msgspec.structs.replace(wanted, filters=_filters(request, query))

        async def answer() -> Any:
            return self._answers.history(await self._view.over_time(wanted), wanted)

        if format_ == "csv":
            _refuse_without(request, "read")
            return as_csv(await answer(), "history")
        return await self._answered(request, ("history", wanted), answer)

    async def breakdown(self, request: web.Request) -> web.StreamResponse:
        """Return KPIs of a window for each campaign, team or rep."""
        query = _query(request, "by", "kpi", "window", *FILTERS, "limit", "format")
        by, window, kpis = query.one_of("by", FILTERS), query.window(), query.kpis(self._answers.the_six)
        filters, limit, format_ = _filters(request, query), query.limit(), query.one_of("format", FORMATS)
        by_rep = () if filters.rep is None and by != "rep" else (window,)

        async def answer() -> Any:
            floor = await self._view.now(window, waiting=False, by_rep=by_rep)
            return self._answers.breakdown(floor, by, window, filters, kpis=kpis, limit=limit)

        if format_ == "csv":
            _refuse_without(request, "read")
            return as_csv(await answer(), "breakdown")
        return await self._answered(request, ("breakdown", by, window, kpis, filters, limit), answer)

    async def heatmap(self, request: web.Request) -> web.StreamResponse:
        """Return a KPI in each hour of the week."""
        query = _query(request, "kpi", *FILTERS)
        wanted = heatmap.wanted(heatmap.kpi_of(query.text("kpi")), _filters(request, query))

        async def answer() -> Any:
            return self._answers.heatmap(await self._view.over_time(wanted), wanted)

        return await self._answered(request, ("heatmap", wanted), answer)

    async def waiting(self, request: web.Request) -> web.StreamResponse:
        """Return the leads that wait, those first that can still be saved."""
        query = _query(request, *FILTERS, "limit", "offset")
        filters, limit, offset = _filters(request, query), query.limit(), query.offset()

        async def answer() -> Any:
            return self._answers.waiting(await self._view.now(LEAST_WINDOW), filters, limit, offset)

        return await self._answered(request, ("waiting", filters, limit, offset), answer)

    async def follow_ups_due(self, request: web.Request) -> web.StreamResponse:
        """Return which follow-ups are to be made, and how many, by when and by whom."""
        query = _query(request, *FILTERS, "band", "limit", "offset", "reps")
        filters, band, reps = _filters(request, query), query.band(), query.limit("reps")
        limit, offset = query.limit(default=LEADS_OF_A_WALL), query.offset()
        if limit + offset > LEADS_OF_A_WALL:
            _refuse_without(request, "explain")
        wanted = ToDo(limit + offset, band, filters)

        async def answer() -> Any:
            floor = await self._view.now(LEAST_WINDOW, waiting=False, by_rep=(), due=wanted)
            return self._to_do.follow_ups_due(floor, wanted, offset=offset, limit=limit, reps=reps)

        return await self._answered(request, ("due", wanted, offset, reps), answer)

    async def at_risk(self, request: web.Request) -> web.StreamResponse:
        """Return the customers at risk now; one by one to who may see them."""
        query = _query(request, *FILTERS, "limit")
        filters, limit = _filters(request, query), query.limit(default=0)
        if limit:
            _refuse_without(request, "explain")

        async def answer() -> Any:
            floor = await self._view.now(LEAST_WINDOW, waiting=False, by_rep=(), due=ToDo())
            return self._to_do.at_risk(floor, filters, limit)

        return await self._answered(request, ("at_risk", filters, limit), answer)

    async def reps(self, request: web.Request) -> web.StreamResponse:
        """Return the reps by the state they are in."""
        _refuse_live(request, REPS)
        query = _query(request, "team", "rep", "limit")
        filters, limit = _filters(request, query), query.limit()

        async def answer() -> Any:
            return self._live.reps(await self._view.now("5m", waiting=False, by_rep=()), filters, limit)

        return await self._answered(request, ("reps", filters, limit), answer)

    async def queues(self, request: web.Request) -> web.StreamResponse:
        """Return the queues with the callers who wait."""
        _refuse_live(request, QUEUES)
        query = _query(request, "window", "limit")
        window, limit = query.window(), query.limit()

        async def answer() -> Any:
            return self._live.queues(await self._view.now(waiting=False, by_rep=(QUEUES_KNOWN,)), window, limit)

        return await self._answered(request, ("queues", window, limit), answer)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send the KPIs of a window whenever they change."""
        query = _query(request, "window", *FILTERS, "leads", "live")
        wanted = Wanted(query.window(), _filters(request, query), query.limit("leads", 0), query.some_of("live", LIVE))
        for what in wanted.live:
            _refuse_live(request, what)
        if wanted.leads > LEADS_OF_A_WALL:
            _refuse_without(request, "explain")
        return await self._streams.serve(request, wanted)

    @web.middleware
    async def between_workers(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer the requests of other workers before the token of people is asked for: it does not open this."""
        if request.path != PATH:
            return await handler(request)
        token = request.headers.get("Authorization", "")
        if self._tokens is None or request.method != "GET" or not self._tokens.opens(token, request.query.items()):
            if self._refusals is not None:
                self._refusals.add(REQUEST, "unsigned")
            return refusal("this is between workers", 401, {"WWW-Authenticate": SCHEME})
        self._access.let_in(request)
        body = await self._own_part(request)
        headers = {SIGNATURE: self._tokens.answer_signature(token, body)}
        return web.Response(body=body, content_type=CONTENT_TYPE, headers=headers)

    async def _own_part(self, request: web.Request) -> bytes:
        """Return this worker's part of the floor, as it is sent to another worker."""
        query = _query(request, "as_of", "window", "waiting", "due", "band", "step", "kpi", *FILTERS)
        as_of, window = query.as_of(self._view.clock.now_ms()), query.one_window_or_all()
        part: Any
        if query.has("step"):
            part = await self._view.own_over_time(as_of, query.over_time())
        else:
            part = self._view.own(as_of, window, waiting=query.waiting(), due=query.due())
        return _encode(part)

    async def _answered(
        self, request: web.Request, key: tuple[Any, ...], make: Callable[[], Awaitable[Any]]
    ) -> web.Response:
        """Return the answer to all who ask for it now, in JSON; an older one to who says that it may be."""

        async def encoded() -> bytes:
            return orjson.dumps(await make()) + b"\n"

        body = await self._shared.of(key, encoded, _max_age_s(request))
        return web.Response(body=body, content_type="application/json")


def _query(request: web.Request, *known: str) -> Query:
    return Query(request.query.items(), known)


def _filters(request: web.Request, query: Query) -> Filters:
    """Return the filters of a request, within what its token shows."""
    filters, grant = query.filters(), request[GRANT]
    for name in ("campaign", "team"):
        own, wanted = getattr(grant, name), getattr(filters, name)
        if own is not None and wanted not in (None, own):
            raise OutOfScopeError(f"{name}: not the one that this token is of; leave it out")
    return msgspec.structs.replace(
        filters, campaign=grant.campaign or filters.campaign, team=grant.team or filters.team
    )


def _may_read(request: web.Request) -> bool:
    grant = request.get(GRANT)
    return grant is not None and "read" in grant.scopes and not grant.limited


def _refuse_without(request: web.Request, scope: str) -> None:
    if scope not in request[GRANT].scopes:
        raise OutOfScopeError(f"this token does not open that; it needs one with the scope {scope}")


def _refuse_live(request: web.Request, what: str) -> None:
    """Refuse what cannot be narrowed to what a token is of."""
    grant = request[GRANT]
    if what == REPS and grant.campaign is not None:
        raise OutOfScopeError("a rep's state is of no campaign, and this token is of one; use one that is not")
    if what == QUEUES and grant.limited:
        raise OutOfScopeError(
            "queues are of the whole floor, and this token is of one campaign or team; use one that is not"
        )


def _max_age_s(request: web.Request) -> int:
    """Return how old an answer may be, by the request's Cache-Control; 0 for one of now."""
    match = _MAX_AGE.search(request.headers.get("Cache-Control", ""))
    return min(int(match[1]), OLDEST_ANSWER_S) if match else 0
