"""The gateway's web application: who is let in, what is taken, and what is answered once the broker has it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
from aiohttp import web
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from stream.events.refusal import Reason, Refused
from stream.gateway.gate import Gate, no_broker
from stream.gateway.own_events import answer_of, each_event
from stream.gateway.requests import Proxies, authorise, body_of
from stream.gateway.submission import Submission
from stream.settings.gateway import each_secret
from stream.sources.amazon_connect import sns
from stream.sources.amazon_connect.contacts import AmazonConnect
from stream.sources.amazon_connect.parts import SOURCE as CONNECT
from stream.sources.hubspot.signature import check_signature
from stream.sources.twilio.calls import SOURCE as TWILIO
from stream.sources.twilio.facts import fact_of
from stream.sources.twilio.signature import BODY_LIMIT as TWILIO_LIMIT
from stream.sources.twilio.signature import Signatures
from stream.web.responses import as_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from stream.clock import Clock
    from stream.gateway.meters import Meters
    from stream.intake.outbox import Intake
    from stream.kafka.producer import Record
    from stream.settings.model import Settings
    from stream.sources.twilio.calls import Events
    from stream.sources.twilio.facts import Fact

EVENTS: Final = "events"
VENDOR_LIMIT: Final = 512 * 1024  # EventBridge and SNS send up to 256 KiB
_EVERY: Final = 500  # events between two looks at what else there is to do


class Line(Protocol):
    """The connection to the broker, as long as there is one."""

    async def send(self, records: Sequence[Record]) -> object:
        """Return when the broker has `records`; raises NotTakenError."""

    async def tell(self, fact: Fact) -> Events:
        """Write what a callback told, and return what follows from it; raises NotTakenError."""

    async def answers(self) -> bool:
        """Tell whether the broker answers now."""


class PayloadMapping(Protocol):
    """What reads the payloads of a webhook of one's own."""

    def events_of(self, payload: Any) -> Iterator[dict[str, Any]]:
        """Yield the events that a payload tells; Refused, after all that are right, for a record that is wrong."""


class Gateway:
    """
    Takes what is posted.

    `line` is set while there is a connection to the broker; `gate` stands before all of it. `mappings` read the
    payloads of the sources that the settings name; `monotonic` is a clock in seconds that only goes on; `confirm`
    confirms a subscription of SNS.
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
        confirm: Callable[[str], Awaitable[None]] = sns.confirm,
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
        self._connect_key = each_secret(settings.gateway_connect_key)
        self._source_keys = {name: each_secret(one.key) for name, one in settings.gateway_sources.items()}
        self._signatures = Signatures(each_secret(settings.gateway_twilio_token))
        self._connect = AmazonConnect(settings.gateway_connect_names)

    def app(self) -> web.Application:
        """Return the application, with the routes of what the settings have a secret for."""
        app = web.Application(middlewares=[self.gate.middleware()], client_max_size=0)
        app.on_response_prepare.append(_add_headers)
        add = app.router.add_route
        add("POST", "/v1/events", self._take_events, name=EVENTS)
        if self._settings.gateway_twilio_token is not None:
            add("POST", "/v1/twilio", self._take_twilio, name=TWILIO)
        if self._connect_key:
            add("POST", "/v1/amazon-connect", self._take_connect, name=CONNECT)
        for name in self._source_keys:
            add("POST", f"/v1/sources/{name}", self._take_source, name=name)
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

    async def _take_twilio(self, request: web.Request) -> web.Response:
        url = self._proxies.seen_url(request, self._settings.gateway_public_url)
        body = await body_of(request, TWILIO_LIMIT)
        form = self._signatures.fields_of(url, body, request.headers)
        submission = Submission(self._intake, TWILIO)
        try:
            fact = fact_of(form, request.query, self._intake.identity, self._clock.now_ms())
        except Refused as refused:
            submission.refuse(refused, orjson.dumps(dict(form)))
        else:
            for event in await self._there().tell(fact):
                submission.put(event)
        return await self._taken(submission)

    async def _take_connect(self, request: web.Request) -> web.Response:
        authorise(request, self._connect_key, self._proxies)
        body = await body_of(request, VENDOR_LIMIT)
        if subscription := sns.to_confirm(body):
            await self._confirm(subscription)
            return web.Response(status=204)
        return await self._take_payload(body, CONNECT, lambda payload: self._connect.events(sns.unwrapped(payload)))

    async def _take_source(self, request: web.Request) -> web.Response:
        name = request.match_info.route.name or ""
        secrets = self._source_keys[name]
        signed = self._settings.gateway_sources[name].signed == "hubspot"
        if not signed:
            authorise(request, secrets, self._proxies)
        body = await body_of(request, VENDOR_LIMIT)
        if signed:
            url = self._proxies.seen_url(request, self._settings.gateway_public_url)
            check_signature(secrets, request.method, url, body, request.headers, self._clock.now_ms())
        return await self._take_payload(body, name, self._mappings[name].events_of)

    async def _take_payload(
        self, body: bytes, source: str, events: Callable[[Any], Iterator[dict[str, Any]]]
    ) -> web.Response:
        """Take a payload of JSON, the good events of it also where it has others."""
        submission = Submission(self._intake, source)
        try:
            for event in events(_object_in(body)):
                submission.put(event)
        except Refused as refused:
            submission.refuse(refused, body)
        return await self._taken(submission)

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


def _object_in(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(
            Reason.MALFORMED_JSON, None, f"{len(body)} bytes that are not JSON; a payload is a JSON object"
        ) from None


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.popall("Server", None)
