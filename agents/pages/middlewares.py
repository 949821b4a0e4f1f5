"""What applies to every page: the token, the headers, and errors as one line of JSON."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from aiohttp import web

from agents.pages.parameters import TOKEN, BadRequestError
from stream.errors import RingboardError
from stream.web.responses import is_here, is_one_of, refusal

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

COOKIE: Final = "ringboard_token"
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
        except BadRequestError as error:
            return refusal(str(error), 400)
        except RingboardError as error:
            return refusal(str(error), 503)
        except web.HTTPRedirection:
            raise
        except web.HTTPException as error:
            return refusal(f"{error.reason}; the pages are /, /metrics, /healthz, /readyz and /api/v1/…", error.status)
        except Exception:
            log.exception("a page failed")
            return refusal("this worker failed to answer; its log says why", 500)

    return answer


def authentication(token: str | None, hosts: frozenset[str] = frozenset()) -> Middleware:
    """
    Return the middleware that requires `token`, in a header, parameter or cookie.

    Without a token only requests from this machine are accepted, and only under one of its names or one of `hosts`:
    this refuses a foreign web page whose own name resolves to this machine.
    """

    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        if token is None:
            if not is_here(request.url.host or "", hosts):
                return refusal("this worker answers to 127.0.0.1 and localhost only; set RINGBOARD_API_TOKEN", 403)
            return await handler(request)
        if any(is_one_of(given, (token,)) for given in _credentials(request)):
            return await handler(request)
        return refusal(
            "the token is missing or wrong; send it as Authorization: Bearer …, or open the page with ?token=…",
            401,
            {"WWW-Authenticate": "Bearer"},
        )

    return ask


def _credentials(request: web.Request) -> list[str]:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    given = [credentials.strip()] if scheme.lower() == "bearer" else []
    return [*given, *request.query.getall(TOKEN, ()), *filter(None, [request.cookies.get(COOKIE)])]


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers of every response, streams included."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)
