"""`ringboard gateway`: takes what other systems post, until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import signal

import click

from stream.configuration import load_settings

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
    asyncio.run(_run())


async def _run() -> None:
    from stream.clock import SystemClock  # noqa: PLC0415 - help needs none of it
    from stream.gateway.running import Running  # noqa: PLC0415

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    for name in ("aiokafka", "aiohttp"):  # what goes wrong there is reported once, in words of ours
        logging.getLogger(name).setLevel(logging.CRITICAL)
    running = Running(load_settings(), SystemClock(), _say)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await running.run(stop)


def _say(line: str) -> None:
    click.echo(line, err=True)
