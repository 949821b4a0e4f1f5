"""What every request passes: the room and the rates of its sender, and an answer of one line to whatever goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web

from stream.gateway.room import Place, Room
from stream.kafka.producer import NotTakenError
from stream.web.http_refusal import HttpReason, HttpRefusalError
from stream.web.rates import Rates, Sparing, client_name
from stream.web.responses import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiohttp.typedefs import Handler, Middleware

    from stream.gateway.meters import Meters
    from stream.web.connections import Connections
    from stream.web.proxies import Proxies

FAILURES_PER_S: Final = 10
RETRY_S: Final = 5
HEALTH: Final = frozenset({"metrics", "healthz", "readyz"})
_FAILURES: Final = frozenset({HttpReason.WRONG_KEY, HttpReason.NO_KEY, HttpReason.WRONG_SIGNATURE})

log = logging.getLogger(__name__)


class Gate:
    """
    Gives each request its place in the `room`, and counts and times them all.

    A client may make `per_s` requests a second of each source. Wrong keys and signatures have a rate of their own, past
    which they are answered with 429, so that whoever sends from the same address with the right key is not held up.
    What asks for health or metrics takes no room.
    """

    def __init__(
        self,
        per_s: float,
        *,
        room: Room,
        connections: Connections,
        proxies: Proxies,
        meters: Meters,
        monotonic: Callable[[], float],
    ) -> None:
        self._room = room
        self._connections = connections
        self._proxies = proxies
        self._meters = meters
        self._monotonic = monotonic
        self._rates = Rates(per_s, monotonic)
        self._failures = Rates(FAILURES_PER_S, monotonic)
        self._sparing = Sparing(log.warning, monotonic)
        self._failing = Sparing(log.error, monotonic)
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False

    async def finish(self, within_s: float) -> None:
        """Refuse all further requests, and return when those under way are answered, or it took too long."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), within_s)

    def middleware(self) -> Middleware:
        """Return what every request passes through."""

        @web.middleware
        async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
            source = _source_of(request)
            began = self._monotonic()
            if source in HEALTH:
                answer = await self._answer(request, handler)
            else:
                with self._counted():
                    answer = await self._answer(request, handler)
            self._meters.requests.labels(source, str(answer.status)).inc()
            self._meters.seconds.labels(source).observe(self._monotonic() - began)
            return answer

        return around

    @contextmanager
    def place(self, request: web.Request) -> Iterator[Place]:
        """Give a request a place, which it leaves in the end; raises HttpRefusalError once the gateway stops."""
        if self._closing:
            raise HttpRefusalError(HttpReason.BUSY, 503, "the gateway stops; send it again", retry_s=1, closes=True)
        place = Place(self._room, _source_of(request), self._client(request))
        try:
            yield place
        finally:
            place.leave()

    def let_in(self, request: web.Request, place: Place) -> None:
        """Take the sender for known; raises HttpRefusalError where it sends too often, or there is no room."""
        self._connections.let_in(request)
        wait_s = self._rates.wait_s(f"{place.source} {place.client}")
        if wait_s:
            raise HttpRefusalError(
                HttpReason.TOO_MANY, 429, "too many requests; send less often", retry_s=wait_s, closes=True
            )
        place.know()

    def _client(self, request: web.Request) -> str:
        return client_name(self._proxies.client(request))

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except HttpRefusalError as error:
            return self._refuse(request, error)
        except NotTakenError as error:
            return self._refuse(request, no_broker(f"the broker has not acknowledged ({error})"))
        except web.HTTPException as error:
            message = f"{error.reason}; post to /v1/events or to a source that the settings name"
            return self._refuse(request, HttpRefusalError(HttpReason.NOT_HERE, error.status, message, closes=True))
        except Exception as error:  # noqa: BLE001  nothing that was posted may bring the gateway down
            # Not its text: that may be of what was posted.
            where = traceback.extract_tb(error.__traceback__)[-1]
            line = f"a request failed: {type(error).__name__} at {where.filename}:{where.lineno}"
            self._failing.say(line, line)
            message = "the gateway failed to answer; its log says where"
            return self._refuse(request, HttpRefusalError(HttpReason.FAILED, 500, message))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._under_way += 1
        self._meters.under_way.inc()
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            self._meters.under_way.dec()
            if not self._under_way:
                self._idle.set()

    def _refuse(self, request: web.Request, error: HttpRefusalError) -> web.Response:
        source, client = _source_of(request), self._client(request)
        self._meters.turned_away.labels(source, str(error.reason)).inc()
        if error.reason in _FAILURES and (wait_s := self._failures.wait_s(f"{source} {client}")):
            error = HttpRefusalError(
                HttpReason.TOO_MANY,
                429,
                "too many requests with a wrong key or signature; correct it first",
                retry_s=wait_s,
                closes=True,
            )
        # Who asked and why, and nothing of what was posted.
        self._sparing.say(f"{source} {error.reason}", f"{source}: turned away a request of {client}: {error.reason}")
        headers = {}
        if error.retry_s is not None:
            headers["Retry-After"] = str(max(1, round(error.retry_s + 0.5)))
        if error.challenge is not None:
            headers["WWW-Authenticate"] = error.challenge
        answer = refusal(error.message, error.status, headers)
        if error.closes:
            answer.force_close()
        return answer


def _source_of(request: web.Request) -> str:
    return request.match_info.route.name or "none"


def no_broker(why: str) -> HttpRefusalError:
    """Return the refusal of what may not be on the broker, and is to be sent again."""
    return HttpRefusalError(HttpReason.NO_BROKER, 503, f"{why}; send it again, it counts once", retry_s=RETRY_S)
