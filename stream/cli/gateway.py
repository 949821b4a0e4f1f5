"""`ringboard gateway`: takes what other systems post, until it is stopped."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import click

from stream.cli.logged import logged

if TYPE_CHECKING:
    from stream.settings.model import Settings

EXAMPLE = """\b
Example:
  ringboard gateway
  RINGBOARD_GATEWAY_HOST=0.0.0.0 RINGBOARD_GATEWAY_KEY=a-secret-of-yours ringboard gateway
"""


@click.command(epilog=EXAMPLE)
def command() -> None:
    """
    Take events that other systems post, until Ctrl-C or SIGTERM.

    POST /v1/events takes Ringboard's own events as JSON or NDJSON. Each source's webhook has a path of its own (see
    docs/sources), and a mapped one /v1/sources/<name>, once its secret is set. What is answered with 2xx is on the
    broker; what is sent twice counts once. Start as many as you like.
    """
    with logged("gateway") as settings:
        asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    from stream.clock import SystemClock  # noqa: PLC0415 - help needs none of it
    from stream.gateway.running import Running  # noqa: PLC0415

    running = Running(settings, SystemClock())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await running.run(stop)
