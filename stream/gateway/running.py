"""Runs the gateway until it is stopped: it listens at once, and connects to the broker as often as it takes."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from stream.errors import BrokerAwayError, RingboardError
from stream.gateway.app import Gateway
from stream.gateway.meters import Meters
from stream.gateway.overdue import Overdue
from stream.gateway.parts_log import PartsLog, end
from stream.intake.outbox import Intake, sender_to_floor
from stream.kafka.backoff import Backoff
from stream.kafka.producer import NotTakenError
from stream.logs.trouble import Trouble
from stream.logs.words import BROKER
from stream.web import listening

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from stream.clock import Clock
    from stream.gateway.mapped_sources import PayloadMapping
    from stream.kafka.producer import Record, Sender
    from stream.settings.model import Settings
    from stream.sources.webhooks import Events, Part

STOPS_WITHIN_S: Final = 20.0
_IDLE_S: Final = 75.0
_LONGEST_WAIT_S: Final = 3.0  # senders are waiting too
ANSWERED: Final = "what is posted meanwhile is answered with 503"

log = logging.getLogger(__name__)


class _Connection:
    """A connection to the broker, with the log of parts where a webhook needs it."""

    def __init__(self, sender: Sender, parts: PartsLog | None, within_s: float, trouble: Trouble) -> None:
        self._sender = sender
        self._trouble = trouble
        self._parts = parts
        self._within_s = within_s

    async def send(self, records: Sequence[Record]) -> object:
        try:
            sent = await self._sender.send(records, within_s=self._within_s)
        except NotTakenError as error:
            self._trouble.begins(str(error), ANSWERED)
            raise
        if records:
            self._trouble.ends()
        return sent

    async def append(self, part: Part) -> Events:
        if self._parts is None:
            raise RuntimeError("a part of a call, and no webhook has an assembly")
        return await self._parts.append(part)

    async def answers(self) -> bool:
        there = await self._sender.answers()
        if there:
            self._trouble.ends()
        elif not self._trouble.lasts:
            self._trouble.begins("it does not answer", ANSWERED)
        return there


class Running:
    """One gateway process. Once it listens it has a `port`."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._meters = Meters()
        self._intake = Intake(settings, clock)
        self._trouble = Trouble(BROKER, log)
        self._gateway = Gateway(
            settings, clock, intake=self._intake, meters=self._meters, mappings=mappings_of(settings)
        )
        self.port: int | None = None
        self._assemblies = self._gateway.assemblies
        self._overdue = Overdue(self._intake, self._assemblies, self._meters)
        self._meters.calls.set_function(lambda: sum(map(len, self._assemblies.values())))

    async def run(self, stop: asyncio.Event) -> None:
        """
        Take what is posted until `stop` is set; what is being answered then is answered.

        Raises:
            RingboardError: what waiting does not change, as a port that is taken, or another key than the floor's.

        """
        runner = runner_of(self._gateway)
        await runner.setup()
        async with AsyncExitStack() as broker:
            connecting = asyncio.create_task(self._connect(broker))
            stopping = asyncio.create_task(stop.wait())
            try:
                await self._listen(runner)
                await asyncio.wait((connecting, stopping), return_when=asyncio.FIRST_COMPLETED)
                if connecting.done():
                    connecting.result()
                await stopping
            finally:
                stopping.cancel()
                # First the requests, which still need the broker: what has begun to come is read to its end.
                for site in list(runner.sites):
                    await site.stop()
                await self._gateway.gate.finish(STOPS_WITHIN_S)
                await runner.cleanup()
                connecting.cancel()
                await asyncio.gather(connecting, return_exceptions=True)

    async def _listen(self, runner: web.AppRunner) -> None:
        settings = self._settings
        site = listening.Site(
            runner,
            self._gateway.connections,
            settings.gateway_host,
            settings.gateway_port,
            ssl_context=tls_of(settings),
        )
        try:
            await site.start()
        except OSError as error:
            raise RingboardError(
                f"gateway_port: {settings.gateway_host}:{settings.gateway_port} cannot be listened at "
                f"({error.strerror or 'refused'}); stop what uses it, or set RINGBOARD_GATEWAY_PORT"
            ) from error
        self.port = runner.addresses[0][1]
        secure = "s" if settings.gateway_tls_cert else ""
        log.info("listening on http%s://%s:%d", secure, settings.gateway_host, self.port)

    async def _connect(self, broker: AsyncExitStack) -> None:
        """Connect, and stay so: from then on the producer and the consumer do it again by themselves."""
        backoff = Backoff(longest_s=_LONGEST_WAIT_S)
        while True:
            try:
                self._gateway.line = await self._connected(broker)
                break
            except (BrokerAwayError, NotTakenError) as error:
                why = str(error) if isinstance(error, BrokerAwayError) else f"it fails ({type(error).__name__})"
                self._trouble.begins(why, ANSWERED)
                await asyncio.sleep(backoff.next_s())
        self._trouble.ends()
        log.info("ready: the broker takes what is posted")

    async def _connected(self, broker: AsyncExitStack) -> _Connection:
        async with AsyncExitStack() as stack:
            sender = await stack.enter_async_context(sender_to_floor(self._settings, self._clock, "gateway"))
            parts: PartsLog | None = None
            if self._assemblies:
                parts = PartsLog(self._settings, self._assemblies, sender, self._clock)
                await stack.enter_async_context(parts)
            connection = _Connection(sender, parts, self._settings.gateway_acknowledged_within_s, self._trouble)
            await self._overdue.send_ends_again(connection)
            stack.push_async_callback(end, asyncio.create_task(self._overdue.run(connection)))
            broker.push_async_callback(stack.pop_all().aclose)
        return connection


def runner_of(gateway: Gateway) -> web.AppRunner:
    """Return what serves the gateway, with bodies as they come."""
    return listening.runner_of(
        gateway.app(), gateway.connections, shutdown_timeout=1.0, auto_decompress=False, keepalive_timeout=_IDLE_S
    )


def mappings_of(settings: Settings) -> dict[str, PayloadMapping]:
    """Return the mappings of the settings' sources; raises RingboardError where one is wrong."""
    if not settings.gateway_sources:
        return {}
    from stream.mapping.loading import load_mapping  # noqa: PLC0415  only those who have one need it

    return {name: load_mapping(one.mapping, settings.timezone) for name, one in settings.gateway_sources.items()}


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """Return what https needs, None without it; raises RingboardError where the files are wrong."""
    if settings.gateway_tls_cert is None or settings.gateway_tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.gateway_tls_cert, settings.gateway_tls_key)
    except (OSError, ssl.SSLError) as error:
        why = "not a certificate and its key, in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise RingboardError(
            f"gateway_tls_cert: {settings.gateway_tls_cert} and {settings.gateway_tls_key} cannot be used ({why}); "
            "name the certificate with its chain, and its key"
        ) from None
    return context
