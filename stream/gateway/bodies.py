"""Reads the body of a request: no more than a limit of it, in the room that it has, and at a pace that it keeps up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from stream.gateway.room import busy
from stream.web.http_refusal import HttpReason, HttpRefusalError

if TYPE_CHECKING:
    from stream.gateway.room import Place

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Pace(NamedTuple):
    """How fast a body has to come: `least_per_s` bytes a second after `grace_s`, and all of it within `within_s`."""

    grace_s: float
    least_per_s: int
    within_s: float

    def due_s(self, count: int) -> float:
        """Return the seconds after which more than `count` bytes have to be there."""
        return min(self.grace_s + count / self.least_per_s, self.within_s)


OF_KNOWN: Final = Pace(10.0, 16_384, 60.0)
OF_STRANGERS: Final = Pace(3.0, 16_384, 10.0)


def check_head(request: web.Request, limit: int) -> None:
    """Raise HttpRefusalError for a body that would not be read, as far as the head says."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise HttpRefusalError(HttpReason.PACKED, 415, "the body is packed; send it as it is", closes=True)
    if (request.content_length or 0) > limit:
        raise _too_large(limit)


async def body_of(request: web.Request, limit: int, place: Place) -> bytes:
    """Return the body, of which no more than `limit` bytes are read, in `place`; raises HttpRefusalError."""
    check_head(request, limit)
    pace = OF_KNOWN if place.known else OF_STRANGERS
    loop = asyncio.get_running_loop()
    began = loop.time()
    body = bytearray()
    try:
        async with asyncio.timeout_at(began + pace.due_s(0)) as deadline:
            place.on_give_up = lambda: deadline.reschedule(loop.time())
            place.enter()
            await _ask_for(request)
            async for chunk in request.content.iter_any():
                if len(body) + len(chunk) > limit:
                    raise _too_large(limit)
                place.grow(len(chunk))
                body += chunk
                if not place.given_up:
                    deadline.reschedule(began + pace.due_s(len(body)))
    except TimeoutError:
        raise (busy() if place.given_up else _too_slow(pace)) from None
    except (OSError, ClientError, HttpProcessingError, web.RequestPayloadError):
        raise HttpRefusalError(
            HttpReason.UNREADABLE, 400, "the body ended early, or its chunks are wrong; send it again", closes=True
        ) from None
    finally:
        place.on_give_up = None
    return bytes(body)


async def _ask_for(request: web.Request) -> None:
    """Ask for a body that is sent only then."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
        await request.writer.write(CONTINUE)
        request.writer.output_size = 0  # it is no part of the answer


def _too_slow(pace: Pace) -> HttpRefusalError:
    return HttpRefusalError(
        HttpReason.TOO_SLOW,
        408,
        f"the body came too slowly: {pace.least_per_s} bytes a second after the first {pace.grace_s:g} s, "
        f"and all within {pace.within_s:g} s; send it faster",
        closes=True,
    )


def _too_large(limit: int) -> HttpRefusalError:
    return HttpRefusalError(
        HttpReason.TOO_LARGE, 413, f"the body is larger than {limit} bytes; send less at once", closes=True
    )
