"""The gateway's web application: its routes, who is let in, and the answer once the broker has what was posted."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiohttp import web
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from stream.events.faults import refusal_of
from stream.events.refusal import Reason
from stream.gateway.confirming import confirm as get_confirmation
from stream.gateway.gate import Gate, no_broker
from stream.gateway.own_events import answer_of, each_event
from stream.gateway.requests import Proxies, authorise, body_of
from stream.gateway.submission import Submission
from stream.kafka.producer import NotTakenError
from stream.settings.webhook_secrets import each_secret
from stream.sources.registry import SOURCES
from stream.sources.webhooks import BODY_LIMIT, Posted, json_in
from stream.web.http_refusal import HttpRefusalError
from stream.web.responses import as_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from stream.clock import Clock
    from stream.gateway.meters import Meters
    from stream.intake.outbox import Intake
    from stream.kafka.producer import Record
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings
    from stream.sources.source import WebhookOffer
    from stream.sources.webhooks import CheckSignature, Events, Part, Webhook

EVENTS: Final = "events"
_EVERY: Final = 500  # events between two looks at what else there is to do


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
        self._proxies = Proxies(settings.gateway_trusted_proxies)
        self.gate = Gate(settings.gateway_requests_per_s, self._proxies, meters, monotonic)
        self._key = each_secret(settings.gateway_key)
        self._source_keys = {name: each_secret(one.key) for name, one in settings.gateway_sources.items()}
        self._signatures = signatures_of(settings)
        self.webhooks = webhooks_of(settings, intake.identity)

    def app(self) -> web.Application:
        """Return the application, with the routes of what the settings have a secret for."""
        app = web.Application(middlewares=[self.gate.middleware()], client_max_size=0)
        app.on_response_prepare.append(_add_headers)
        add = app.router.add_route
        add("POST", "/v1/events", self._take_events, name=EVENTS)
        for name in self.webhooks:
            add("POST", f"/v1/{name}", self._take_webhook, name=name)
        for name in self._source_keys:
            add("POST", f"/v1/sources/{name}", self._take_source, name=name)
        for name in (EVENTS, *self.webhooks, *self._source_keys):
            self._meters.refused.labels(name, str(Reason.INTERNAL))  # an alert needs the 0 before its first
        app.add_routes(
            [
                web.get("/metrics", self._metrics, name="metrics"),
                web.get("/healthz", self._healthz, name="healthz"),
                web.get("/readyz", self._readyz, name="readyz"),
            ]
        )
        return app

    async def _take_events(self, request: web.Request) -> web.Response:
        authorise(request, self._key, self._proxies)
        body = await body_of(request, 1024 * self._settings.gateway_body_kib)
        submission = Submission(self._intake, EVENTS)
        numbers = []
        for number, event in each_event(body, request.content_type):
            numbers.append(number)
            submission.put(event, number)
            if len(numbers) % _EVERY == 0:
                await asyncio.sleep(0)
        await self._send(submission)
        answer = answer_of(submission, numbers)
        return as_json(answer, 200 if answer["accepted"] or not answer["refused"] else 422)

    async def _take_webhook(self, request: web.Request) -> web.Response:
        name = request.match_info.route.name or ""
        webhook = self.webhooks[name]
        if webhook.keys:
            authorise(request, webhook.keys, self._proxies)
        posted = await self._posted(request, webhook.body_limit)
        webhook.authorise(posted)
        if subscription := webhook.confirmation(posted):
            await self._confirm(subscription)
            return web.Response(status=204)
        return await self._take(name, posted)

    async def _take(self, name: str, posted: Posted) -> web.Response:
        webhook = self.webhooks[name]
        submission = Submission(self._intake, name)
        try:
            events = webhook.events(posted) if webhook.assembly is None else await self._assembled(name, posted)
            for event in events:
                submission.put(event)
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
        secrets, check = self._source_keys[name], self._signatures.get(name)
        if check is None:
            authorise(request, secrets, self._proxies)
        posted = await self._posted(request, BODY_LIMIT)
        if check is not None:
            check(secrets, posted)
        return await self._take_mapped(name, posted)

    async def _take_mapped(self, name: str, posted: Posted) -> web.Response:
        submission = Submission(self._intake, name)
        try:
            for event in self._mappings[name].events_of(json_in(posted.body)):
                submission.put(event)
        except Exception as error:  # noqa: BLE001  one of ours puts the rest of this payload aside
            submission.refuse(refusal_of(error), posted.body)
        return await self._taken(submission)

    async def _posted(self, request: web.Request, limit: int) -> Posted:
        url = self._proxies.seen_url(request, self._settings.gateway_public_url)
        body = await body_of(request, limit)
        return Posted(request.method, url, request.query, request.headers, body, self._clock.now_ms())

    async def _taken(self, submission: Submission) -> web.Response:
        await self._send(submission)
        if submission.refusals:
            one = submission.refusals[0]
            accepted, refused = submission.events.total(), len(submission.refusals)
            answer = {"error": one.message, "reason": one.reason, "accepted": accepted, "refused": refused}
            # What was refused is kept: to send it again changes nothing.
            return as_json(answer, 200 if accepted else 422)
        return web.Response(status=204)

    async def _send(self, submission: Submission) -> None:
        await self._there().send(submission.records)
        for kind, count in submission.events.items():
            self._meters.events.labels(submission.source, kind).inc(count)
        for one in submission.refusals:
            self._meters.refused.labels(submission.source, str(one.reason)).inc()
        self._meters.left_out.labels(submission.source).inc(len(submission.left_out))

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
        return self.line is not None and await self.line.answers()


def webhooks_of(settings: Settings, identity: Identity) -> dict[str, Webhook]:
    """Return, by name, the webhooks whose secret is set."""
    return {one.name: one.open(settings, identity) for one in offers_of(settings)}


def offers_of(settings: Settings) -> list[WebhookOffer]:
    """Return the webhooks whose secret is set, as the sources offer them."""
    return [one.webhook for one in SOURCES if one.webhook is not None and one.webhook.offered(settings)]


def signatures_of(settings: Settings) -> dict[str, CheckSignature]:
    """Return, by the name of a mapped source that is signed, what checks its requests."""
    offered = {one.name: one.signature for one in SOURCES if one.signature is not None}
    signed = {name: one.signed for name, one in settings.gateway_sources.items() if one.signed != "no"}
    return {name: offered[by]() for name, by in signed.items()}


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.popall("Server", None)
