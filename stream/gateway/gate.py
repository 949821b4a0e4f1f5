"""What every request passes: limits on how many there are, and an answer of one line to whatever goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from typing import TYPE_CHECKING, Final

from aiohttp import web

from stream.gateway.rates import Rates, Sparing, client_name
from stream.kafka.producer import NotTakenError
from stream.web.http_refusal import HttpReason, HttpRefusalError
from stream.web.responses import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler, Middleware

    from stream.gateway.meters import Meters
    from stream.gateway.requests import Proxies

MOST_UNDER_WAY: Final = 128
MOST_OF_ONE_CLIENT: Final = 32
RETRY_S: Final = 5

log = logging.getLogger(__name__)


class Gate:
    """Lets in `per_s` requests a second of each client, and a number of them at once; counts and times them all."""

    def __init__(self, per_s: float, proxies: Proxies, meters: Meters, monotonic: Callable[[], float]) -> None:
        self._proxies = proxies
        self._meters = meters
        self._monotonic = monotonic
        self._rates = Rates(per_s, monotonic)
        self._sparing = Sparing(log.warning, monotonic)
        self._under_way: dict[str, int] = {}
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
            source = request.match_info.route.name or "none"
            client = client_name(self._proxies.client(request))
            began = self._monotonic()
            self._enter(client)
            try:
                answer = await self._answer(request, handler, source, client)
            finally:
                self._leave(client)
            self._meters.requests.labels(source, str(answer.status)).inc()
            self._meters.seconds.labels(source).observe(self._monotonic() - began)
            return answer

        return around

    async def _answer(self, request: web.Request, handler: Handler, source: str, client: str) -> web.StreamResponse:
        try:
            self._bound(client)
            return await handler(request)
        except HttpRefusalError as error:
            return self._refuse(source, client, error)
        except NotTakenError as error:
            return self._refuse(source, client, no_broker(f"the broker has not acknowledged ({error})"))
        except web.HTTPException as error:
            message = f"{error.reason}; post to /v1/events or to a source that the settings name"
            return self._refuse(
                source, client, HttpRefusalError(HttpReason.NOT_HERE, error.status, message, closes=True)
            )
        except Exception as error:  # noqa: BLE001  nothing that was posted may bring the gateway down
            # Not its text: that may be of what was posted.
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error("a request failed: %s at %s:%s", type(error).__name__, where.filename, where.lineno)  # noqa: TRY400
            message = "the gateway failed to answer; its log says where"
            return self._refuse(source, client, HttpRefusalError(HttpReason.FAILED, 500, message))

    def _enter(self, client: str) -> None:
        self._meters.under_way.inc()
        self._under_way[client] = self._under_way.get(client, 0) + 1
        self._idle.clear()

    def _leave(self, client: str) -> None:
        self._meters.under_way.dec()
        self._under_way[client] -= 1
        if not self._under_way[client]:
            del self._under_way[client]
        if not self._under_way:
            self._idle.set()

    def _bound(self, client: str) -> None:
        if self._closing:
            raise HttpRefusalError(HttpReason.BUSY, 503, "the gateway stops; send it again", retry_s=1, closes=True)
        wait_s = self._rates.wait_s(client)
        if wait_s:
            raise HttpRefusalError(
                HttpReason.TOO_MANY, 429, "too many requests; send less often", retry_s=wait_s, closes=True
            )
        if sum(self._under_way.values()) > MOST_UNDER_WAY or self._under_way[client] > MOST_OF_ONE_CLIENT:
            raise HttpRefusalError(
                HttpReason.BUSY, 503, "too many requests at once; send it again", retry_s=1, closes=True
            )

    def _refuse(self, source: str, client: str, error: HttpRefusalError) -> web.Response:
        self._meters.turned_away.labels(source, str(error.reason)).inc()
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


def no_broker(why: str) -> HttpRefusalError:
    """Return the refusal of what may not be on the broker, and is to be sent again."""
    return HttpRefusalError(HttpReason.NO_BROKER, 503, f"{why}; send it again, it counts once", retry_s=RETRY_S)
