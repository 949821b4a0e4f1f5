"""A bare handler: checks the key, reads the JSON, sends it to Kafka as the gateway does, and answers; no mapping."""

from __future__ import annotations

import asyncio
import hmac
import sys
from http import HTTPStatus

import orjson
from aiohttp import web

from stream.kafka.connection import connection_of
from stream.kafka.producer import Record, sending
from stream.settings.model import Settings


async def main(port: int, topic: str, key: str) -> None:
    """Serve until the process ends."""
    wanted = f"Bearer {key}".encode()
    async with sending(connection_of(Settings())) as sender:

        async def take(request: web.Request) -> web.Response:
            if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted):
                return web.Response(status=HTTPStatus.UNAUTHORIZED)
            payload = orjson.loads(await request.read())
            value = orjson.dumps(payload)
            await sender.send([Record(topic, payload["data"]["id"].encode(), value)], within_s=5)
            return web.Response(status=HTTPStatus.NO_CONTENT)

        async def ready(_request: web.Request) -> web.Response:
            return web.Response(text="ok")

        app = web.Application()
        app.router.add_post("/v1/sources/cloud", take)
        app.router.add_get("/readyz", ready)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
