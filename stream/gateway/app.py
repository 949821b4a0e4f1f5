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
from stream.gateway.own_events import answer_of, each_event
from stream.gateway.requests import authorise
from stream.gateway.room import Room
from stream.gateway.submission import Submission
from stream.gateway.turn import Turn
from stream.kafka.producer import NotTakenError
from stream.settings.webhook_secrets import each_secret
from stream.sources.registry import SOURCES
from stream.sources.webhooks import BODY_LIMIT, STRANGERS_BODY_LIMIT, Posted, json_in
from stream.web.connections import Connections
from stream.web.http_refusal import HttpRefusalError
from stream.web.listening import limits_by_descriptors
from stream.web.proxies import Proxies
from stream.web.responses import as_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from aiohttp.typedefs import Handler

    from stream.clock import Clock
    from stream.gateway.meters import Meters
    from stream.gateway.room import Place
    from stream.gateway.submission import Batch
    from stream.intake.outbox import Intake
    from stream.kafka.producer import Record
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings
    from stream.sources.source import WebhookOffer
    from stream.sources.webhooks import Events, Part, Signature, Webhook

EVENTS: Final = "events"


class Line(Protocol):
    """The connection to the broker, as long as there is one."""

    async def send(self, records: Sequence[Record]) -> object:
        """Return when the broker has `records`; raises NotTakenError."""

    async def append(self, part: Part) -> Events:
        """Log a part of a call, and return the events that follow from it; raises NotTakenError."""

    async def answers(self) -> bool:
        """Return whether the broker answers now."""


class PayloadMapping(Protocol):
    """What reads the payloads of a webhook of one's own."""

    def events_of(self, payload: Any) -> Iterator[dict[str, Any]]:
        """Yield the events that a payload tells; Refused, after all that are right, for a record that is wrong."""


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
        self._mappings = mappings or {}
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
        self._source_keys = {name: each_secret(one.key) for name, one in settings.gateway_sources.items()}
        self._signatures = signatures_of(settings)
        self.webhooks = webhooks_of(settings, intake.identity)
        self._scrubbing = asyncio.Lock()
        self._asking: asyncio.Task[bool] | None = None

    def app(self) -> web.Application:
        """Return the application, with the routes of what the settings have a secret for."""
        app = web.Application(middlewares=[self.gate.middleware()], client_max_size=0)
        app.on_response_prepare.append(_add_headers)
        self._route(app, "/v1/events", EVENTS, self._take_events)
        for name in self.webhooks:
            self._route(app, f"/v1/{name}", name, self._take_webhook)
        for name in self._source_keys:
            self._route(app, f"/v1/sources/{name}", name, self._take_source)
        for name in (EVENTS, *self.webhooks, *self._source_keys):
            self._meters.refused.labels(name, str(Reason.INTERNAL))  # an alert needs the 0 before its first
        for name, handler in (("metrics", self._metrics), ("healthz", self._healthz), ("readyz", self._readyz)):
            self._route(app, f"/{name}", name, handler, "GET")
        app.router.add_route("*", "/{path:.*}", _not_there, expect_handler=_judge_first)
        return app

    @staticmethod
    def _route(app: web.Application, path: str, name: str, handler: Handler, method: str = "POST") -> None:
        resource = app.router.add_resource(path, name=name)
        resource.add_route(method, handler, expect_handler=_judge_first)
        if method == "GET":
            resource.add_route("HEAD", handler, expect_handler=_judge_first)
        resource.add_route("*", _wrong_method, expect_handler=_judge_first)

    async def _take_events(self, request: web.Request) -> web.Response:
        async with self._place(request, self._key) as place:
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
        async with self._place(request, webhook.keys, signed=not webhook.keys) as place:
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
        name = request.match_info.route.name or ""
        secrets, signature = self._source_keys[name], self._signatures.get(name)
        if signature is not None:
            signature.check_head(request.headers, self._clock.now_ms())
        async with self._place(request, secrets, signed=signature is not None) as place:
            limit = BODY_LIMIT if signature is None else STRANGERS_BODY_LIMIT
            posted = await self._posted(request, limit, place)
            if signature is not None:
                signature.check(secrets, posted)
                self.gate.let_in(request, place)
            return await self._take_mapped(name, posted)

    async def _take_mapped(self, name: str, posted: Posted) -> web.Response:
        submission = Submission(self._intake, name)
        try:
            await self._put_all(submission, self._mappings[name].events_of(json_in(posted.body)))
        except (NotTakenError, HttpRefusalError):
            raise
        except Exception as error:  # noqa: BLE001  one of ours puts the rest of this payload aside
            submission.refuse(refusal_of(error), posted.body)
        return await self._taken(submission)

    @asynccontextmanager
    async def _place(
        self, request: web.Request, secrets: Sequence[str], *, signed: bool = False
    ) -> AsyncIterator[Place]:
        """Give the request its place: a known sender's where a key shows that, a stranger's where its body has to."""
        with self.gate.place(request) as place:
            if not signed:
                authorise(request, secrets, self._proxies)
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
        for kind, count in batch.events.items():
            self._meters.events.labels(submission.source, kind).inc(count)
        for reason, count in batch.refused.items():
            self._meters.refused.labels(submission.source, reason).inc(count)
        self._meters.left_out.labels(submission.source).inc(batch.left_out)
        for what, count in self._intake.admission.labels.take_counts().items():
            self._meters.labels.labels(*what).inc(count)

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


def signatures_of(settings: Settings) -> dict[str, Signature]:
    """Return, by the name of a mapped source that is signed, what checks its requests."""
    offered = {one.name: one.signature for one in SOURCES if one.signature is not None}
    signed = {name: one.signed for name, one in settings.gateway_sources.items() if one.signed != "no"}
    return {name: offered[by]() for name, by in signed.items()}


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.popall("Server", None)
