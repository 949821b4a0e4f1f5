"""The gateway's web application: its routes, who is let in, and the answer once the broker has what was posted."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiohttp import web
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from stream.events.faults import refusal_of
from stream.events.refusal import Reason
from stream.gateway.bodies import body_of
from stream.gateway.confirming import confirm as get_confirmation
from stream.gateway.gate import Gate, no_broker
from stream.gateway.mapped_sources import mapped_sources
from stream.gateway.own_events import answer_of, each_event
from stream.gateway.requests import authorise
from stream.gateway.room import Room
from stream.gateway.submission import Submission
from stream.gateway.turn import Turn
from stream.gateway.unused import Unused, UnusedKept
from stream.kafka.producer import NotTakenError
from stream.mapping.mapping import RECEIVED
from stream.settings.webhook_secrets import each_secret
from stream.sources.registry import SOURCES
from stream.sources.webhooks import Posted
from stream.web.connections import Connections
from stream.web.http_refusal import HttpRefusalError
from stream.web.listening import limits_by_descriptors
from stream.web.proxies import Proxies
from stream.web.responses import as_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence

    from aiohttp.typedefs import Handler

    from stream.clock import Clock
    from stream.gateway.mapped_sources import MappedSource, PayloadMapping
    from stream.gateway.meters import Meters
    from stream.gateway.room import Place
    from stream.gateway.submission import Batch
    from stream.intake.outbox import Intake
    from stream.kafka.producer import Record
    from stream.mapping.parts.told import Told
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings
    from stream.sources.source import WebhookOffer
    from stream.sources.webhooks import Assembly, Events, Part, Webhook

EVENTS: Final = "events"


class Line(Protocol):
    """The connection to the broker, as long as there is one."""

    async def send(self, records: Sequence[Record]) -> object:
        """Return when the broker has `records`; raises NotTakenError."""

    async def append(self, part: Part) -> Events:
        """Log a part of a call, and return the events that follow from it; raises NotTakenError."""

    async def answers(self) -> bool:
        """Return whether the broker answers now."""


class Gateway:
    """
    Takes what is posted.

    `line` is set while there is a connection to the broker; every request passes the `gate`; `webhooks` are those whose
    secret is set, by name. `mappings` read the payloads of the sources that the settings name; `monotonic` is a clock
    in seconds that only goes on; `confirm` confirms a subscription.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        intake: Intake,
        meters: Meters,
        mappings: Mapping[str, PayloadMapping] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        confirm: Callable[[str], Awaitable[None]] = get_confirmation,
    ) -> None:
        self.line: Line | None = None
        self._settings = settings
        self._clock = clock
        self._intake = intake
        self._meters = meters
        self._confirm = confirm
        self._proxies = Proxies(settings.proxies_of_gateway)
        self._body_limit = 1024 * settings.gateway_body_kib
        self.room = Room(self._body_limit)
        meters.held_bytes.set_function(lambda: self.room.held_bytes)
        self.connections = Connections(limits_by_descriptors(), trusts=self._proxies.trusts)
        self.gate = Gate(
            settings.gateway_requests_per_s,
            room=self.room,
            connections=self.connections,
            proxies=self._proxies,
            meters=meters,
            monotonic=monotonic,
        )
        self._key = each_secret(settings.gateway_key)
        self._sources = mapped_sources(settings, mappings or {})
        self.webhooks = webhooks_of(settings, intake.identity)
        self._unused = UnusedKept(intake)
        self._scrubbing = asyncio.Lock()
        self._asking: asyncio.Task[bool] | None = None

    @property
    def assemblies(self) -> dict[str, Assembly]:
        """What puts calls together from parts, by the name of the webhook."""
        found = {name: one.assembly for name, one in self.webhooks.items()}
        found |= {name: one.calls for name, one in self._sources.items()}
        return {name: one for name, one in found.items() if one is not None}

    def app(self) -> web.Application:
        """Return the application, with the routes of what the settings have a secret for."""
        app = web.Application(middlewares=[self.gate.middleware()], client_max_size=0)
        app.on_response_prepare.append(_add_headers)
        self._route(app, "/v1/events", EVENTS, self._take_events)
        for name in self.webhooks:
            self._route(app, f"/v1/{name}", name, self._take_webhook)
        for name, source in self._sources.items():
            self._route(app, source.path, name, self._take_source, *source.methods)
            self._meters.unused.labels(name)  # as below
        for name in (EVENTS, *self.webhooks, *self._sources):
            self._meters.refused.labels(name, str(Reason.INTERNAL))  # an alert needs the 0 before its first
        for name, handler in (("metrics", self._metrics), ("healthz", self._healthz), ("readyz", self._readyz)):
            self._route(app, f"/{name}", name, handler, "GET", "HEAD")
        app.router.add_route("*", "/{path:.*}", _not_there, expect_handler=_judge_first)
        return app

    @staticmethod
    def _route(app: web.Application, path: str, name: str, handler: Handler, *methods: str) -> None:
        resource = app.router.add_resource(path, name=name)
        for method in methods or ("POST",):
            resource.add_route(method, handler, expect_handler=_judge_first)
        resource.add_route("*", _wrong_method, expect_handler=_judge_first)

    async def _take_events(self, request: web.Request) -> web.Response:
        authorise(request, self._key, self._proxies)
        async with self._place(request, known=True) as place:
            body = await body_of(request, self._body_limit, place)
            submission = Submission(self._intake, EVENTS)
            turn = Turn()
            for one in each_event(body, request.content_type):
                if one is not None:
                    number, event = one
                    submission.put(event, number)
                if turn.is_over:
                    await turn.give_way()
                if submission.is_full:
                    await self._send_batch(submission, submission.take())
            await self._send(submission)
        return as_json(answer_of(submission), 200 if submission.accepted or not submission.refused else 422)

    async def _take_webhook(self, request: web.Request) -> web.Response:
        name = request.match_info.route.name or ""
        webhook = self.webhooks[name]
        webhook.check_head(request.headers)
        if webhook.keys:
            authorise(request, webhook.keys, self._proxies)
        async with self._place(request, known=bool(webhook.keys)) as place:
            posted = await self._posted(request, webhook.body_limit, place)
            if not place.known:
                webhook.authorise(posted)
                self.gate.let_in(request, place)
            if subscription := webhook.confirmation(posted):
                await self._confirm(subscription)
                return web.Response(status=204)
            return await self._take(name, posted)

    async def _take(self, name: str, posted: Posted) -> web.Response:
        webhook = self.webhooks[name]
        submission = Submission(self._intake, name)
        try:
            events = webhook.events(posted) if webhook.assembly is None else await self._assembled(name, posted)
            await self._put_all(submission, events)
        except (NotTakenError, HttpRefusalError):
            raise
        except Exception as error:  # noqa: BLE001  one of ours puts the rest of this request aside
            submission.refuse(refusal_of(error), webhook.kept(posted))
        return await self._taken(submission)

    async def _assembled(self, name: str, posted: Posted) -> Events:
        """Log the part of a call that was posted, and return the events that follow from it."""
        return await self._there().append(self.webhooks[name].part(posted))

    async def _take_source(self, request: web.Request) -> web.Response:
        source = self._sources[request.match_info.route.name or ""]
        if (answer := source.asked_in_head(request)) is not None:
            return answer
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ())
        source.check_head(request, self._clock.now_ms(), self._proxies)
        async with self._place(request, known=not source.needs_body) as place:
            posted = await self._posted(request, source.body_limit, place)
            if not place.known:
                source.authorise(posted)
                self.gate.let_in(request, place)
            return await self._take_mapped(source, posted)

    async def _take_mapped(self, source: MappedSource, posted: Posted) -> web.Response:
        submission = Submission(self._intake, source.name)
        unused = Unused()
        told: list[Told] = []
        try:
            payload = source.payload(posted)
            if (answer := source.asked_in(payload, posted)) is not None:
                return answer
            known = {RECEIVED: posted.received_ms}
            events = source.mapping.events_of(payload, lambda _number: known, unused.take, told.append)
            await self._put_all(submission, events)
            if submission.is_empty and not unused.count and not told:
                unused.take(payload)
        except (NotTakenError, HttpRefusalError):
            raise
        except Exception as error:  # noqa: BLE001  one of ours puts the rest of this payload aside
            submission.refuse(refusal_of(error), source.kept(posted))
        for one in told:
            await self._tell_part(source, one, submission, posted)
        submission.add(self._unused.record_of(source.name, unused))
        try:
            taken = await self._taken(submission)
        except (NotTakenError, HttpRefusalError):
            self._unused.take_back(source.name, unused)
            raise
        self._meters.unused.labels(source.name).inc(unused.count)
        return source.answer(taken, posted.headers)

    async def _tell_part(self, source: MappedSource, told: Told, submission: Submission, posted: Posted) -> None:
        """Log what a record tells of a call, and submit the event that follows from it, if one does."""
        assert source.calls is not None  # noqa: S101  of whose mapping else
        try:
            await self._put_all(submission, await self._there().append(source.calls.part(told, self._intake)))
        except (NotTakenError, HttpRefusalError):
            raise
        except Exception as error:  # noqa: BLE001  as above
            submission.refuse(refusal_of(error), source.kept(posted))

    @asynccontextmanager
    async def _place(self, request: web.Request, *, known: bool) -> AsyncIterator[Place]:
        """Give the request its place: that of a sender whom the head has shown, or a stranger's."""
        with self.gate.place(request) as place:
            if known:
                self.gate.let_in(request, place)
            yield place

    async def _posted(self, request: web.Request, limit: int, place: Place) -> Posted:
        url = self._proxies.seen_url(request, self._settings.gateway_public_url)
        body = await body_of(request, limit, place)
        return Posted(request.method, url, request.query, request.headers, body, self._clock.now_ms())

    async def _put_all(self, submission: Submission, events: Iterable[dict[str, Any]]) -> None:
        turn = Turn()
        for event in events:
            submission.put(event)
            if turn.is_over:
                await turn.give_way()
            if submission.is_full:
                await self._send_batch(submission, submission.take())

    async def _taken(self, submission: Submission) -> web.Response:
        await self._send(submission)
        if one := submission.first_refused:
            accepted, refused = submission.accepted, submission.refused
            answer = {"error": one.message, "reason": one.reason, "accepted": accepted, "refused": refused}
            # What was refused is kept: to send it again changes nothing.
            return as_json(answer, 200 if accepted else 422)
        return web.Response(status=204)

    async def _send(self, submission: Submission) -> None:
        """Return when the broker has all of it."""
        await self._send_batch(submission, submission.take(last=True))

    async def _send_batch(self, submission: Submission, batch: Batch) -> None:
        line = self._there()
        if batch.is_heavy:
            async with self._scrubbing:  # one at a time: it is work for the processor
                records = await submission.records_of(batch)
        else:
            records = await submission.records_of(batch)
        await line.send(records)
        self._meters.count(submission.source, batch, self._intake.admission)

    def _there(self) -> Line:
        if self.line is None:
            raise no_broker("the broker is not connected yet")
        return self.line

    async def _metrics(self, request: web.Request) -> web.Response:
        authorise(request, self._key, self._proxies)
        self._meters.ready.set(int(await self._ready()))
        return web.Response(body=self._meters.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, _request: web.Request) -> web.Response:
        return as_json({"alive": True})

    async def _readyz(self, _request: web.Request) -> web.Response:
        ready = await self._ready()
        return as_json({"gateway": True, "ready": ready}, 200 if ready else 503)

    async def _ready(self) -> bool:
        """Return whether the broker answers; however many ask at once, it is asked once."""
        if self.line is None:
            return False
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self.line.answers())
        return await asyncio.shield(self._asking)


async def _judge_first(_request: web.Request) -> None:
    """Send no 100 Continue yet: who sends a body is asked for it once the head has been judged."""


async def _wrong_method(request: web.Request) -> web.Response:
    raise web.HTTPMethodNotAllowed(request.method, ())


async def _not_there(_request: web.Request) -> web.Response:
    raise web.HTTPNotFound


def webhooks_of(settings: Settings, identity: Identity) -> dict[str, Webhook]:
    """Return, by name, the webhooks whose secret is set."""
    return {one.name: one.open(settings, identity) for one in offers_of(settings)}


def offers_of(settings: Settings) -> list[WebhookOffer]:
    """Return the webhooks whose secret is set, as the sources offer them."""
    return [one.webhook for one in SOURCES if one.webhook is not None and one.webhook.offered(settings)]


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.popall("Server", None)
