"""Who is let in: by token and scope, and by this machine's own name where there is no token; wrong ones are slowed."""

from __future__ import annotations

import logging
import time
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from aiohttp import web

from agents.pages.parameters import TOKEN
from stream.web.rates import Rates, Sparing, client_name
from stream.web.responses import is_here, refusal
from stream.web.tokens import EVERYTHING, Grant, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler, Middleware

    from stream.settings.web import WebSettings
    from stream.web.connections import Connections
    from stream.web.proxies import Proxies

COOKIE: Final = "ringboard_token"
OPEN: Final = "open"
"""The scope of what asks for no token."""
WRONG_PER_S: Final = 1.0
QUIET_S: Final = 60.0
GRANT: Final = web.RequestKey("grant", Grant)

log = logging.getLogger(__name__)


class Refused(StrEnum):
    """Why a request was not let in: a label of the metrics."""

    NO_TOKEN = "no_token"  # noqa: S105
    WRONG_TOKEN = "wrong_token"  # noqa: S105
    SLOWED = "slowed_down"
    SCOPE = "out_of_scope"
    HOST = "another_host"


class Access:
    """
    Decides by the settings who is let in.

    `scopes` has, by the name of each route, what it asks for; a route without a name asks for all. `hosts` are the
    names under which a worker without tokens answers, beside this machine's own.
    """

    def __init__(
        self,
        settings: WebSettings,
        scopes: dict[str, str],
        *,
        proxies: Proxies,
        hosts: frozenset[str] = frozenset(),
        connections: Connections | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.refused: Counter[Refused] = Counter(dict.fromkeys(Refused, 0))  # an alert needs the 0 before the first
        self._tokens = Tokens(settings)
        self._scopes = scopes
        self._proxies = proxies
        self._hosts = hosts
        self._connections = connections
        self._wrong = Rates(WRONG_PER_S, monotonic)
        self._sparing = Sparing(log.warning, monotonic, QUIET_S)

    def middleware(self) -> Middleware:
        """Return what every request passes; whoever is refused gets one line of JSON."""

        @web.middleware
        async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
            scope = self._scopes.get(request.match_info.route.name or "", "admin")
            nowhere = request.match_info.http_exception is not None
            refused: web.StreamResponse | None = None
            grant = self.grant_of(request)
            if grant is not None:
                request[GRANT] = grant
                self.let_in(request)
            if scope == OPEN:
                return await handler(request)
            if grant is None:
                refused = self.refuse(request)
            elif scope not in grant.scopes and not nowhere:
                self._count(request, Refused.SCOPE)
                refused = refusal(f"this token does not open this page; it needs one with the scope {scope}", 403)
            return refused or await handler(request)

        return ask

    def let_in(self, request: web.Request) -> None:
        """Note that whoever sent the request is known: the connection is no stranger's."""
        if self._connections is not None:
            self._connections.let_in(request)

    def grant_of(self, request: web.Request) -> Grant | None:
        """Return what a request may see; None if it is to be refused."""
        if self._tokens:
            return self._tokens.grant_of(credentials(request))
        return EVERYTHING if is_here(request.url.host or "", self._hosts) else None

    def opens(self, token: str) -> bool:
        """Return whether `token` opens the wallboard; any does where none is set."""
        grant = self._tokens.grant_of([token]) if self._tokens else EVERYTHING
        return grant is not None and "wall" in grant.scopes

    def refuse(self, request: web.Request, *, given: bool | None = None) -> web.Response:
        """Count a request that is not let in, and return the answer to it; `given` is whether it came with a token."""
        if not self._tokens:
            self._count(request, Refused.HOST)
            return refusal("this worker answers to 127.0.0.1 and localhost only; set RINGBOARD_API_TOKEN", 403)
        if not (bool(credentials(request)) if given is None else given):
            self._count(request, Refused.NO_TOKEN)
            return _unauthorised("the token is missing")
        wait_s = self._wrong.wait_s(client_name(self._proxies.client(request)))
        if not wait_s:
            self._count(request, Refused.WRONG_TOKEN)
            return _unauthorised("the token is wrong")
        self._count(request, Refused.SLOWED)
        answer = refusal(
            "too many wrong tokens from this address; try again later", 429, {"Retry-After": str(round(wait_s + 0.5))}
        )
        answer.force_close()
        return answer

    def secure(self, request: web.Request) -> bool:
        """Return whether the request came by https, as far as a trusted proxy or the connection says."""
        return self._proxies.seen_url(request, None).startswith("https:")

    def _count(self, request: web.Request, why: Refused) -> None:
        self.refused[why] += 1
        if why is not Refused.NO_TOKEN:
            self._sparing.say(why, f"turned away a request of {client_name(self._proxies.client(request))}: {why}")


def credentials(request: web.Request) -> list[str]:
    """Return the tokens that a request came with."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    given = [credentials.strip()] if scheme.lower() == "bearer" else []
    return [*given, *request.query.getall(TOKEN, ()), *filter(None, [request.cookies.get(COOKIE)])]


def _unauthorised(why: str) -> web.Response:
    return refusal(
        f"{why}; send it as Authorization: Bearer …, or open the page with ?token=…",
        401,
        {"WWW-Authenticate": "Bearer"},
    )
