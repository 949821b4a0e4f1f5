"""The pages of a live source: /metrics for Prometheus, and /healthz for whatever supervises it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from stream.errors import RingboardError
from stream.web.connections import Connections
from stream.web.listening import Site, limits_by_descriptors, runner_of
from stream.web.responses import as_json, is_one_of, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from aiohttp.typedefs import Handler
    from prometheus_client import CollectorRegistry

    from stream.settings.model import Settings

MOST_CONNECTIONS: Final = 256


@asynccontextmanager
async def pages(
    settings: Settings, registry: CollectorRegistry, health: Callable[[], dict[str, object]]
) -> AsyncGenerator[int | None]:
    """
    Serve `registry` and `health` (well, if its `healthy` says so) where the settings say, and yield the port.

    Raises:
        RingboardError: the port is taken.

    """
    if not settings.connect_port:
        yield None
        return
    connections = Connections(limits_by_descriptors(MOST_CONNECTIONS))
    runner = runner_of(_app(settings, registry, health, connections), connections)
    await runner.setup()
    try:
        site = Site(runner, connections, settings.connect_host, settings.connect_port)
        try:
            await site.start()
        except OSError as error:
            raise RingboardError(
                f"connect_port: {settings.connect_host}:{settings.connect_port} cannot be listened at "
                f"({error.strerror or 'refused'}); set "
                "RINGBOARD_CONNECT_PORT: each live source on a machine needs one of its own"
            ) from error
        yield settings.connect_port
    finally:
        await runner.cleanup()


def _app(
    settings: Settings,
    registry: CollectorRegistry,
    health: Callable[[], dict[str, object]],
    connections: Connections,
) -> web.Application:
    token = settings.api_token.get_secret_value() if settings.api_token else None

    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if token is not None and not (scheme.lower() == "bearer" and is_one_of(given.strip(), [token])):
            return refusal("the token is missing or wrong; send it as Authorization: Bearer …", 401)
        connections.let_in(request)
        return await handler(request)

    async def metrics(_request: web.Request) -> web.Response:
        body = generate_latest(registry)  # type: ignore[no-untyped-call]
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def healthz(_request: web.Request) -> web.Response:
        state = health()
        return as_json(state, 200 if state["healthy"] else 503)

    app = web.Application(middlewares=[ask])
    app.add_routes([web.get("/metrics", metrics), web.get("/healthz", healthz)])
    return app
