"""Listens for a web server within limits: leaves file descriptors for the rest, and logs nothing of a stranger."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import sys
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from stream.web.connections import STRANGERS_OF_ONE, Limits

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from stream.web.connections import Connections

MOST_CONNECTIONS: Final = 4000
KEPT_FREE: Final = 384
"""File descriptors for Kafka, the files, and connections that are just being accepted or closed."""
LEAST_CONNECTIONS: Final = 64
ACCEPTED_AT_ONCE: Final = 32
"""asyncio accepts as many before it looks at any of them, and a closed one is gone a few rounds later only."""
WAITING_TO_BE_ACCEPTED: Final = 1024
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def runner_of(
    app: web.Application, connections: Connections, *, lingering_s: float = 2.0, **arguments: Any
) -> web.AppRunner:
    """Return what serves `app`: bounded heads, no log of who asked for what, and unreadable requests in one line."""
    app.middlewares.insert(0, connections.middleware())
    return web.AppRunner(
        app,
        access_log=None,
        logger=_Terse(connections),
        lingering_time=lingering_s,
        max_headers=64,
        max_field_size=4096,
        **arguments,
    )


def limits_by_descriptors(most: int = MOST_CONNECTIONS) -> Limits:
    """Return limits of up to `most` connections, for which file descriptors are there; asks for as many as needed."""
    most = max(LEAST_CONNECTIONS, min(most, _descriptors(most + KEPT_FREE) - KEPT_FREE))
    return Limits(most, strangers_of_one=max(STRANGERS_OF_ONE, most // 8))


def _descriptors(wanted: int) -> int:
    """Return how many file descriptors this process may have open, having raised that towards `wanted`."""
    if sys.platform == "win32":
        return wanted
    import resource  # noqa: PLC0415  not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < wanted:
        raised = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            return raised
    return soft


class Site(web.BaseSite):
    """Listens at an address, with the limits of `connections`."""

    def __init__(
        self,
        runner: web.AppRunner,
        connections: Connections,
        host: str,
        port: int,
        *,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(runner, ssl_context=ssl_context, backlog=ACCEPTED_AT_ONCE)
        self._connections = connections
        self._host = host
        self._port = port
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The address in words."""
        return f"http{'s' if self._ssl_context else ''}://{self._host}:{self._port}"

    async def start(self) -> None:
        """Begin to listen."""
        await super().start()
        serve = self._runner.server
        if serve is None:
            raise RuntimeError("a site starts after its runner is set up")
        loop = asyncio.get_running_loop()
        self._server = server = await loop.create_server(
            self._connections.guard(serve),
            self._host,
            self._port,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=self._connections.limits.head_s if self._ssl_context else None,
        )
        for listener in server.sockets:
            with socket.fromfd(listener.fileno(), listener.family, listener.type) as same:
                same.listen(WAITING_TO_BE_ACCEPTED)
        quiet_when_exhausted(loop, self._connections.note)
        self._sweeping = asyncio.create_task(self._connections.sweep(), name="web-sweep")

    async def stop(self) -> None:
        """Listen no longer."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        await super().stop()


def quiet_when_exhausted(loop: asyncio.AbstractEventLoop, note: Callable[[str, str], None]) -> None:
    """Log one line now and then, and no traceback, where `loop` cannot accept for want of file descriptors."""
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _EXHAUSTED and "socket" in context:
            note("accept", f"no connection can be accepted ({error.strerror}); raise the limit of open files")
        elif before is not None:
            before(loop, context)
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)


class _Terse(logging.Logger):
    """
    The logger of a server: a request that cannot be read or answered is one line now and then.

    Its text is of no use in a log and may hold a token: what is logged is the kind of the error.
    """

    def __init__(self, connections: Connections) -> None:
        super().__init__(f"{__name__}.server", logging.WARNING)
        self._connections = connections

    def handle(self, record: logging.LogRecord) -> None:
        """Log what of the record is no stranger's."""
        kind = kind_of_failure(record.exc_info[1] if record.exc_info else None)
        self._connections.note(kind, f"a request failed: {kind}")


def kind_of_failure(error: BaseException | None) -> str:
    """Return an error's type and where it was raised; not its text, which may be of a request."""
    if error is None:
        return "unknown"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    return type(error).__name__ + where
