"""`ringboard connect`: listens to a telephone system live, and sends its events to the broker."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import click

from stream.cli.logged import logged
from stream.sources.live_kinds import KINDS, reasons_of

if TYPE_CHECKING:
    from stream.settings.model import Settings

EXAMPLE = """\b
Example:
  ringboard connect --help
  RINGBOARD_CONNECT_PORT=6069 ringboard connect kafka --topic crm-events --mapping our-crm.toml
"""


class Kinds(click.Group):
    """The live sources by name, each loaded when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """Return the names of the live sources."""
        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Make the command of one of them."""
        live = KINDS.get(cmd_name)
        if live is None:
            return None

        def run(**given: str | None) -> None:
            with logged(
                f"connect {cmd_name}", **{name: value for name, value in given.items() if value is not None}
            ) as settings:
                asyncio.run(_serve(cmd_name, settings))

        return click.Command(
            cmd_name,
            params=[click.Option([one.flag, one.setting], help=one.help) for one in live.options],
            callback=run,
            help=f"Connect to {live.summary}",
            short_help=live.summary,
            epilog=f"\b\nExample:\n  ringboard connect {cmd_name}\n",
        )


@click.group(cls=Kinds, epilog=EXAMPLE)
def command() -> None:
    """
    Listen to a telephone system live, until Ctrl-C or SIGTERM.

    Connects again by itself, waiting a little longer each time; keeps what it hears while the broker is away; and
    serves /metrics and /healthz at connect_port. What it hears twice counts once. `ringboard check` says what is
    wrong with a connection.
    """


async def _serve(name: str, settings: Settings) -> None:
    from stream.clock import SystemClock  # noqa: PLC0415 - help needs none of it
    from stream.connect.serving import Service  # noqa: PLC0415

    clock = SystemClock()
    source = KINDS[name].load().source_of(settings, clock)
    service = Service(source, settings, clock, reasons=reasons_of(name))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await service.run(stop)
