"""Limits the connections of a web server: how many, from how many strangers, and how long one may say nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from stream.web.rates import Sparing, client_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web
    from aiohttp.typedefs import Handler, Middleware

STRANGERS_OF_ONE: Final = 64
HEAD_WITHIN_S: Final = 10.0
IDLE_S: Final = 75.0
READS_WITHIN_S: Final = 20.0
SWEEP_EVERY_S: Final = 1.0
QUIET_S: Final = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """
    The limits of one server.

    Attributes:
        most: connections in all.
        strangers_of_one: connections of one address on which no request has been let in yet.
        head_s: seconds from a request's first byte, or from the connection's beginning, to the end of its head.
        idle_s: seconds without a request; an answer must be read within them, too.
        reads_s: seconds for which a client may read nothing of what is sent to it.

    """

    most: int
    strangers_of_one: int = STRANGERS_OF_ONE
    head_s: float = HEAD_WITHIN_S
    idle_s: float = IDLE_S
    reads_s: float = READS_WITHIN_S


class Connections:
    """
    The open connections of one server.

    A connection is a stranger's until `let_in` is called for a request on it. Where there is no room for a new one, the
    one that has been without a request for longest is closed, a stranger's first; while a request is being answered,
    never. So slow strangers displace each other, and nobody else. `trusts` returns whether many clients come from an
    address, as from a proxy.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        trusts: Callable[[str], bool] = lambda _: False,
        monotonic: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = log.warning,
    ) -> None:
        self.limits = limits
        self.refused = 0
        self._trusts = trusts
        self._monotonic = monotonic
        self._sparing = Sparing(say, monotonic, QUIET_S)
        self._open: dict[asyncio.BaseTransport, Connection] = {}
        # Those without a request under way, the one that has been so for longest first; strangers also by address.
        self._strangers: dict[Connection, None] = {}
        self._idle: dict[Connection, None] = {}
        self._of_one: dict[str, dict[Connection, None]] = {}

    def __len__(self) -> int:
        """Return how many connections are open."""
        return len(self._open)

    def guard(self, make: Callable[[], asyncio.Protocol]) -> Callable[[], asyncio.Protocol]:
        """Return what makes the protocol of a new connection, around the one that `make` makes."""
        return lambda: Connection(self, make)

    def middleware(self) -> Middleware:
        """Return the outermost middleware: while it runs, a request is under way."""
        from aiohttp import web  # noqa: PLC0415  only a process that serves needs it

        @web.middleware
        async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
            one = self._of(request)
            if one is None:
                return await handler(request)
            one.under_way += 1
            self._place(one)
            try:
                return await handler(request)
            finally:
                one.under_way -= 1
                one.since = self._monotonic()
                one.begun = False
                self._place(one)

        return around

    def let_in(self, request: web.Request) -> None:
        """Note that a request was let in: its connection is no stranger's."""
        one = self._of(request)
        if one is not None and one.stranger:
            self._forget(one)
            one.stranger = False
            self._place(one)

    async def sweep(self) -> None:
        """Close what takes too long, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            self.close_late()

    def close_late(self) -> None:
        """Close the connections that have taken too long."""
        now, limits = self._monotonic(), self.limits
        for one in list(self._open.values()):
            waited = now - one.since
            if one.full_since is not None and (unread := one.transport.get_write_buffer_size()) < one.unread:
                one.full_since, one.unread = now, unread
            if one.full_since is not None and now - one.full_since > limits.reads_s:
                self._close(one, "slow", f"which left an answer unread for {limits.reads_s:g} s")
            elif not one.under_way and (one.begun or one.fresh) and waited > limits.head_s:
                self._close(one, "head", f"without a whole request after {limits.head_s:g} s")
            elif not one.under_way and waited > limits.idle_s:
                one.abort()  # as any server does, and worth no line

    def opened(self, one: Connection) -> bool:
        """Count a new connection, and return whether there is room for it."""
        one.since = self._monotonic()
        one.name = client_name(one.address)
        one.bounded = not self._trusts(one.address)
        if one.bounded and len(self._of_one.get(one.name, ())) >= self.limits.strangers_of_one:
            victim = next(filter(_waits, self._of_one[one.name]), one)
            self._close(victim, "one", "of too many from there")
        elif len(self._open) >= self.limits.most:
            victim = next(iter(self._strangers), None) or next(iter(self._idle), one)
            self._close(victim, "all", f"as {self.limits.most} are open")
        if one.closed:
            return False
        self._open[one.transport] = one
        if one.bounded:
            self._of_one.setdefault(one.name, {})[one] = None
        self._place(one)
        return True

    def gone(self, one: Connection) -> None:
        """Forget a connection that has ended."""
        self._open.pop(one.transport, None)
        self._forget(one)

    def heard(self, one: Connection) -> None:
        """Note the first bytes of a request."""
        one.begun = True
        if not one.fresh:
            one.since = self._monotonic()

    def note(self, kind: str, line: str) -> None:
        """Log a line of a kind of trouble, unless there was one lately."""
        self._sparing.say(kind, line)

    def full(self, one: Connection, *, full: bool) -> None:
        """Note whether the client leaves unread what is sent to it."""
        one.full_since = self._monotonic() if full else None
        one.unread = one.transport.get_write_buffer_size()

    def _of(self, request: web.Request) -> Connection | None:
        return self._open.get(request.transport) if request.transport is not None else None

    def _place(self, one: Connection) -> None:
        self._strangers.pop(one, None)
        self._idle.pop(one, None)
        if one.under_way:
            one.fresh = False
        elif not one.closed:
            (self._strangers if one.stranger else self._idle)[one] = None

    def _forget(self, one: Connection) -> None:
        self._strangers.pop(one, None)
        self._idle.pop(one, None)
        of_one = self._of_one.get(one.name)
        if of_one is not None:
            of_one.pop(one, None)
            if not of_one:
                del self._of_one[one.name]

    def _close(self, one: Connection, kind: str, why: str) -> None:
        self.refused += 1
        self._sparing.say(kind, f"closed a connection of {one.name}, {why}")
        one.abort()
        self.gone(one)


class Connection(asyncio.Protocol):
    """One connection: passes what comes on to the protocol that serves it."""

    def __init__(self, connections: Connections, make: Callable[[], asyncio.Protocol]) -> None:
        self._connections = connections
        self._make = make
        self._inner: asyncio.Protocol | None = None
        self.transport: asyncio.Transport
        self.address = ""
        self.name = "unknown"
        self.bounded = True
        self.stranger = True
        self.closed = False
        self.fresh = True  # no request yet
        self.begun = False  # a request has begun to come
        self.under_way = 0
        self.since = 0.0
        self.full_since: float | None = None  # as long as nothing of what is sent is read
        self.unread = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or close it."""
        self.transport = cast("asyncio.Transport", transport)
        peer: Any = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        if self._connections.opened(self):
            self._inner = self._make()
            self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        if self._inner is not None:
            if not self.under_way and not self.begun:
                self._connections.heard(self)
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._inner.eof_received() if self._inner is not None else None

    def pause_writing(self) -> None:
        """Pass on that the client does not read what is sent to it."""
        self._connections.full(self, full=True)
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that it does again."""
        self._connections.full(self, full=False)
        if self._inner is not None:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on that it has ended."""
        self.closed = True
        self._connections.gone(self)
        if self._inner is not None:
            self._inner.connection_lost(exc)

    def abort(self) -> None:
        """Close it at once, whatever has not been sent yet."""
        self.closed = True
        self.transport.abort()


def _waits(one: Connection) -> bool:
    return not one.under_way
