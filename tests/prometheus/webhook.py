"""A webhook that remembers what Alertmanager sent."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from grafana.alertmanager.config import render
from grafana.alertmanager.receivers import Receiver, Receivers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

Sent = tuple[str, str, str]
"""An alert as it was sent: its name, its lead (or campaign), and `firing` or `resolved`."""
WAITS_S = 240.0  # bounds a hang


class Webhook:
    """What was sent, in order."""

    def __init__(self, server: TestServer) -> None:
        self._server = server
        self.alerts: list[dict[str, Any]] = []

    @property
    def config(self) -> str:
        """The configuration of an Alertmanager that sends everything here."""
        url = str(self._server.make_url("/hook"))
        return render(Receivers(receivers={"floor": Receiver(webhook=url)}))

    async def take(self, request: web.Request) -> web.Response:
        self.alerts.extend((await request.json())["alerts"])
        return web.Response()

    def sent(self, lead: str) -> list[tuple[str, str]]:
        """Return the alerts sent of a lead: names and states, in order."""
        return [(one["labels"]["alertname"], one["status"]) for one in self.alerts if one["labels"].get("lead") == lead]

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait until what was sent is as it should be."""
        try:
            async with asyncio.timeout(WAITS_S):
                while not true():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        except TimeoutError:
            sent = [(one["labels"]["alertname"], one["labels"].get("lead"), one["status"]) for one in self.alerts]
            raise AssertionError(f"not within {WAITS_S:.0f} s; sent was {sent}") from None


@asynccontextmanager
async def a_webhook() -> AsyncIterator[Webhook]:
    app = web.Application()
    server = TestServer(app)
    hook = Webhook(server)
    app.router.add_post("/hook", hook.take)
    async with server:
        yield hook
