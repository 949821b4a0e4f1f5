"""What applies to every page: the headers, and errors as one line of JSON."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from aiohttp import web

from agents.pages.parameters import PageError
from stream.errors import RingboardError
from stream.web.listening import kind_of_failure
from stream.web.responses import refusal

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

log = logging.getLogger(__name__)


def errors() -> Middleware:
    """Return the middleware that turns any error into one line of JSON."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except PageError as error:
            headers = {"Retry-After": str(error.retry_s)} if error.retry_s is not None else {}
            return refusal(str(error), error.status, headers)
        except RingboardError as error:
            return refusal(str(error), 503)
        except web.HTTPRedirection:
            raise
        except web.HTTPException as error:
            return refusal(f"{error.reason}; the pages are /, /metrics, /healthz, /readyz and /api/v1/…", error.status)
        except Exception as error:  # noqa: BLE001  whatever it is, the others are answered
            log.error("a page failed: %s", kind_of_failure(error))  # noqa: TRY400  its text may be of the request
            return refusal("this worker failed to answer; its log says why", 500)

    return answer


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers of every response, streams included."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)
