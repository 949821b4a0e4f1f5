"""The gateway's web application: who is let in, what is taken, and what is answered once the broker has it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import traceback
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
from aiohttp import web
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from stream.answers import as_json, refusal
from stream.gateway import sns
from stream.gateway.amazon_connect import AmazonConnect
from stream.gateway.amazon_parts import SOURCE as CONNECT
from stream.gateway.hubspot import check_signature
from stream.gateway.own_events import answer_of, each_event
from stream.gateway.post import NotTakenError
from stream.gateway.rates import Rates, Sparing, client_name
from stream.gateway.requests import Proxies, authorise, body_of
from stream.gateway.turned_away import TurnedAwayError, Why
from stream.gateway.twilio import BODY_LIMIT as TWILIO_LIMIT
from stream.gateway.twilio import Signatures
from stream.gateway.twilio_calls import SOURCE as TWILIO
from stream.gateway.twilio_facts import fact_of
from stream.refused import Reason, Refused
from stream.settings_gateway import each_secret

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from aiohttp.typedefs import Handler

    from stream.clock import Clock
    from stream.gateway.intake import Intake, Parcel
    from stream.gateway.meters import Meters
    from stream.gateway.post import Record
    from stream.gateway.twilio_calls import Events
    from stream.gateway.twilio_facts import Fact
    from stream.settings import Settings

EVENTS: Final = "events"
MOST_UNDER_WAY: Final = 128
MOST_OF_ONE_CLIENT: Final = 32
VENDOR_LIMIT: Final = 512 * 1024  # EventBridge and SNS send up to 256 KiB
RETRY_S: Final = 5
_EVERY: Final = 500  # events between two looks at what else there is to do

log = logging.getLogger(__name__)


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

    `line` is set while there is a connection to the broker. `mappings` read the payloads of the sources that the
    settings name; `monotonic` is a clock in seconds that only goes on; `confirm` confirms a subscription of SNS.
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
        self._monotonic = monotonic
        self._confirm = confirm
        self._proxies = Proxies(settings.gateway_trusted_proxies)
        self._rates = Rates(settings.gateway_requests_per_s, monotonic)
        self._sparing = Sparing(log.warning, monotonic)
        self._key = each_secret(settings.gateway_key)
        self._connect_key = each_secret(settings.gateway_connect_key)
        self._source_keys = {name: each_secret(one.key) for name, one in settings.gateway_sources.items()}
        self._signatures = Signatures(each_secret(settings.gateway_twilio_token))
        self._connect = AmazonConnect(settings.gateway_connect_names)
        self._under_way: dict[str, int] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False

    def app(self) -> web.Application:
        """Return the application, with the routes of what the settings have a secret for."""
        app = web.Application(middlewares=[self._around], client_max_size=0)
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

    async def finish(self, within_s: float) -> None:
        """Turn away whatever comes from now on, and return when what is under way is answered, or it took too long."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), within_s)

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Bound what one client and all of them ask, and answer whatever goes wrong with one line of JSON."""
        source = request.match_info.route.name or "none"
        client = client_name(self._proxies.client(request))
        began = self._monotonic()
        self._meters.under_way.inc()
        self._under_way[client] = self._under_way.get(client, 0) + 1
        self._idle.clear()
        try:
            self._bound(client)
            answer = await handler(request)
        except TurnedAwayError as error:
            answer = self._turn_away(source, client, error)
        except NotTakenError as error:
            answer = self._turn_away(source, client, _no_broker(f"the broker has not acknowledged ({error})"))
        except web.HTTPException as error:
            told = f"{error.reason}; post to /v1/events or to a source that the settings name"
            answer = self._turn_away(source, client, TurnedAwayError(Why.NOT_HERE, error.status, told, closes=True))
        except Exception as error:  # noqa: BLE001  nothing that was posted may bring the gateway down
            # Not its text: that may be of what was posted.
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error("a request failed: %s at %s:%s", type(error).__name__, where.filename, where.lineno)  # noqa: TRY400
            told = "the gateway failed to answer; its log says where"
            answer = self._turn_away(source, client, TurnedAwayError(Why.FAILED, 500, told))
        finally:
            self._meters.under_way.dec()
            self._under_way[client] -= 1
            if not self._under_way[client]:
                del self._under_way[client]
            if not self._under_way:
                self._idle.set()
        self._meters.requests.labels(source, str(answer.status)).inc()
        self._meters.seconds.labels(source).observe(self._monotonic() - began)
        return answer

    def _bound(self, client: str) -> None:
        if self._closing:
            raise TurnedAwayError(Why.BUSY, 503, "the gateway stops; send it again", retry_s=1, closes=True)
        wait_s = self._rates.wait_s(client)
        if wait_s:
            raise TurnedAwayError(Why.TOO_MANY, 429, "too many requests; send less often", retry_s=wait_s, closes=True)
        busy = sum(self._under_way.values()) > MOST_UNDER_WAY or self._under_way[client] > MOST_OF_ONE_CLIENT
        if busy:
            raise TurnedAwayError(Why.BUSY, 503, "too many requests at once; send it again", retry_s=1, closes=True)

    def _turn_away(self, source: str, client: str, error: TurnedAwayError) -> web.Response:
        self._meters.turned_away.labels(source, str(error.why)).inc()
        # Who asked and why, and nothing of what was posted.
        self._sparing.say(f"{source} {error.why}", f"{source}: turned away a request of {client}: {error.why}")
        headers = {}
        if error.retry_s is not None:
            headers["Retry-After"] = str(max(1, round(error.retry_s + 0.5)))
        if error.asks is not None:
            headers["WWW-Authenticate"] = error.asks
        answer = refusal(error.told, error.status, headers)
        if error.closes:
            answer.force_close()
        return answer

    async def _take_events(self, request: web.Request) -> web.Response:
        authorise(request, self._key, self._proxies)
        body = await body_of(request, 1024 * self._settings.gateway_body_kib)
        parcel = self._intake.parcel(EVENTS)
        numbers = []
        for number, event in each_event(body, request.content_type):
            numbers.append(number)
            parcel.put(event, number)
            if len(numbers) % _EVERY == 0:
                await asyncio.sleep(0)
        await self._send(parcel)
        answer = answer_of(parcel, numbers)
        return as_json(answer, 200 if answer["accepted"] or not answer["refused"] else 422)

    async def _take_twilio(self, request: web.Request) -> web.Response:
        url = self._proxies.seen_url(request, self._settings.gateway_public_url)
        body = await body_of(request, TWILIO_LIMIT)
        form = self._signatures.fields_of(url, body, request.headers)
        parcel = self._intake.parcel(TWILIO)
        try:
            fact = fact_of(form, request.query, self._intake.identity, self._clock.now_ms())
        except Refused as refused:
            parcel.refuse(refused, orjson.dumps(dict(form)))
        else:
            for event in await self._there().tell(fact):
                parcel.put(event)
        return await self._taken(parcel)

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
        parcel = self._intake.parcel(source)
        try:
            for event in events(_object_in(body)):
                parcel.put(event)
        except Refused as refused:
            parcel.refuse(refused, body)
        return await self._taken(parcel)

    async def _taken(self, parcel: Parcel) -> web.Response:
        await self._send(parcel)
        if parcel.refusals:
            one = parcel.refusals[0]
            accepted = parcel.events.total()
            told = {"error": one.message, "reason": one.reason, "accepted": accepted, "refused": len(parcel.refusals)}
            # What was refused is kept: to send it again changes nothing.
            return as_json(told, 200 if accepted else 422)
        return web.Response(status=204)

    async def _send(self, parcel: Parcel) -> None:
        await self._there().send(parcel.records)
        for kind, count in parcel.events.items():
            self._meters.events.labels(parcel.source, kind).inc(count)
        for one in parcel.refusals:
            self._meters.refused.labels(parcel.source, one.reason).inc()
        self._meters.left_out.labels(parcel.source).inc(len(parcel.left_out))

    def _there(self) -> Line:
        if self.line is None:
            raise _no_broker("the broker is not connected yet")
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


def _no_broker(told: str) -> TurnedAwayError:
    return TurnedAwayError(Why.NO_BROKER, 503, f"{told}; send it again, it counts once", retry_s=RETRY_S)


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.popall("Server", None)
