"""FreeSWITCH, heard over its event socket (ESL): logged in, listened to, and reconciled after each connection."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from stream.errors import RingboardError
from stream.events.faults import internal
from stream.events.original import original_of
from stream.events.refusal import Refused
from stream.finding import fail, ok
from stream.sources.freeswitch.machine import EVENTS, SOURCE, Machine
from stream.sources.freeswitch.settings import FreeSwitchSettings
from stream.sources.left_out import count_unused
from stream.sources.live_source import LostError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stream.clock import Clock
    from stream.finding import Finding
    from stream.settings.model import Settings
    from stream.sources.live_source import Listener

NAME: Final = SOURCE
LOGIN_S: Final = 10.0
# A heartbeat comes every 20 s.
SILENT_S: Final = 65.0
RECONCILE_MS: Final = 300_000
_INSTALL: Final = (
    "run `make install-freeswitch` in the folder of Ringboard"
    if sys.version_info < (3, 13)
    else "there is none for this Python: set Ringboard up with Python 3.12 or 3.11, and run `make install-freeswitch`"
)


class FreeSwitch:
    """Keeps the machine of calls over all connections: what was under way is still known after a lost one."""

    name = NAME

    def __init__(self, settings: Settings, clock: Clock, *, silent_s: float = SILENT_S) -> None:
        self._settings = settings
        self._clock = clock
        self._silent_s = silent_s
        self._machine = Machine(settings)

    async def listen(self, listener: Listener) -> None:
        """Log in, ask which channels there are, and send the events of what is heard until the connection ends."""
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        async with _logged_in(self._settings, heard) as connection:
            await _asked(connection, f"event plain {' '.join(EVENTS)}")
            listener.connected()
            await self._reconcile(connection, listener)
            reconciled = self._clock.now_ms()
            lost = asyncio.create_task(_lost(connection))
            try:
                while (event := await self._next(heard, lost)) is not None:
                    listener.heard()
                    await self._take(event, listener)
                    if self._clock.now_ms() - reconciled > RECONCILE_MS and heard.empty():
                        await self._reconcile(connection, listener)
                        reconciled = self._clock.now_ms()
            finally:
                lost.cancel()
        raise LostError(f"{_where(self._settings)}: the connection ended")

    async def _next(self, heard: asyncio.Queue[dict[str, Any]], lost: asyncio.Task[None]) -> dict[str, Any] | None:
        """Return the next event; None when there is none any more, as the connection has ended."""
        if heard.empty():
            getting = asyncio.create_task(heard.get())
            done, _ = await asyncio.wait({getting, lost}, timeout=self._silent_s, return_when=asyncio.FIRST_COMPLETED)
            if getting in done:
                return getting.result()
            getting.cancel()
            if not done:
                raise LostError(f"{_where(self._settings)}: silent for {self._silent_s:.0f} s, heartbeats too")
        return None if heard.empty() else heard.get_nowait()

    async def _take(self, event: dict[str, Any], listener: Listener) -> None:
        before = self._machine.unused.copy()
        try:
            events = self._machine.take(event)
        except Refused as refused:
            await listener.refuse(refused, original_of(event))
            return
        except Exception as error:  # noqa: BLE001  one of ours puts this event aside, and the next is taken
            await listener.refuse(internal(error), original_of(event))
            return
        count_unused(self._machine.unused - before, listener.metrics)
        for one in events:
            await listener.send(one)
        listener.metrics.open_calls.set(self._machine.open_calls)

    async def _reconcile(self, connection: Any, listener: Listener) -> None:
        reply = await _asked(connection, "api show channels as json")
        try:
            rows = json.loads(reply.body or "{}").get("rows", [])
        except (ValueError, RecursionError, AttributeError):
            return
        missed = self._machine.missed
        try:
            gone = self._machine.reconcile(rows, self._clock.now_ms())
        except Exception as error:  # noqa: BLE001  as above
            await listener.refuse(internal(error), original_of(rows))
            return
        for one in gone:
            await listener.send(one)
        listener.metrics.reconciled.inc(self._machine.missed - missed)
        listener.metrics.open_calls.set(self._machine.open_calls)


def source_of(settings: Settings, clock: Clock) -> FreeSwitch:
    """Return the source that `settings` describe."""
    own = settings.group(FreeSwitchSettings)
    if own.freeswitch_host is None or own.freeswitch_password is None:
        raise RingboardError(
            "freeswitch_host, freeswitch_password: not set; name where its event socket listens, and its password"
        )
    _library()
    return FreeSwitch(settings, clock)


async def check(settings: Settings, clock: Clock) -> list[Finding]:  # noqa: ARG001 - as every kind's
    """See whether it answers, lets us in, and tells which channels there are."""
    own = settings.group(FreeSwitchSettings)
    if own.freeswitch_host is None:
        return []
    what = "FreeSWITCH"
    if own.freeswitch_password is None:
        return [fail(what, "freeswitch_password is not set", "set it as in event_socket.conf.xml")]
    try:
        _library()
        async with _logged_in(settings, asyncio.Queue()) as connection:
            reply = await _asked(connection, "api show channels count")
    except LostError as error:
        wrong = "freeswitch_password" if error.hopeless else "freeswitch_host and freeswitch_port, or its ACL"
        return [fail(what, str(error), f"correct {wrong}")]
    except RingboardError as error:
        what_it_is, _, todo = str(error).partition("; ")
        return [fail(what, what_it_is, todo)]
    count = (reply.body or "").split()[:1]
    return [ok(what, f"logged in at {_where(settings)}; {count[0] if count else 'unknown'} channels up")]


@asynccontextmanager
async def _logged_in(settings: Settings, heard: asyncio.Queue[dict[str, Any]]) -> AsyncGenerator[Any]:
    """Yield a connection that is logged in, whose events go to `heard`; raises LostError where there can be none."""
    genesis = _library()
    own = settings.group(FreeSwitchSettings)
    password = own.freeswitch_password
    connection = genesis.Inbound(
        own.freeswitch_host, own.freeswitch_port, password.get_secret_value() if password else "", timeout=5
    )

    def keep(_: Any, event: Any) -> None:
        # In the order of the socket: the library would hand each to a task of its own.
        if "Event-Name" in event:
            heard.put_nowait(dict(event))

    connection.event_processors.append(keep)
    try:
        async with asyncio.timeout(LOGIN_S):
            await connection.start()
    except genesis.exceptions.AuthenticationError as error:
        raise LostError(
            f"{_where(settings)}: the password is refused; set freeswitch_password as in event_socket.conf.xml",
            hopeless=True,
        ) from error
    except (OSError, TimeoutError, genesis.exceptions.GenesisError) as error:
        await connection.stop()
        raise LostError(f"{_where(settings)}: no event socket answers, or its ACL does not let us in") from error
    try:
        yield connection
    except (OSError, genesis.exceptions.GenesisError) as error:
        raise LostError(f"{_where(settings)}: the connection ended") from error
    finally:
        await connection.stop()


async def _asked(connection: Any, command: str) -> Any:
    async with asyncio.timeout(LOGIN_S):
        return await connection.send(command)


async def _lost(connection: Any) -> None:
    """Return when the connection has ended, and all that came of it has been handed on."""
    genesis = _library()
    try:
        await connection.wait_lost(genesis.exceptions.CommandStage.ACCEPTED)
    except genesis.exceptions.ConnectionLost:
        return


def _library() -> Any:
    """Return the library of the event socket, which is an extra: it brings a telemetry stack that nobody else needs."""
    try:
        import genesis  # noqa: PLC0415
        import genesis.exceptions  # noqa: PLC0415
    except ImportError as error:
        raise RingboardError(f"the library for FreeSWITCH is not installed; {_INSTALL}") from error
    # What it logs of its own may show an event, and with it a number; what goes wrong is reported in words of ours.
    logging.getLogger("genesis").setLevel(logging.CRITICAL + 1)
    logging.getLogger("genesis.observability.logger").setLevel(logging.CRITICAL + 1)
    return genesis


def _where(settings: Settings) -> str:
    own = settings.group(FreeSwitchSettings)
    return f"FreeSWITCH at {own.freeswitch_host}:{own.freeswitch_port}"
