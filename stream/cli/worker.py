"""`ringboard worker`: run a worker in the foreground, restarted when it ends unexpectedly."""

from __future__ import annotations

import logging

import click

from stream.cli.logged import logged

EXAMPLE = """\b
Example:
  ringboard worker
  RINGBOARD_BROKER=kafka-1:9092,kafka-2:9092 RINGBOARD_WEB_PORT=6067 ringboard worker
"""


@click.command(epilog=EXAMPLE)
def command() -> None:
    """
    Turn events into live KPIs, metrics and pages, until Ctrl-C or SIGTERM.

    Creates the topics of the floor if they are not there yet, and waits for the broker if it does not answer. Start as
    many workers as you like, on any machines: they share the partitions out. Ends with code 0 when it is stopped, and
    with 78 for a wrong setting, which starting it again would not change.
    """
    with logged("worker") as settings:
        # Imported here: Faust alone takes a second, and a wrong setting is to be reported without it.
        from agents.supervisor import Supervisor  # noqa: PLC0415
        from agents.worker import run_worker  # noqa: PLC0415

        code = Supervisor(lambda: run_worker(settings), logging.getLogger(__name__).warning).run()
    raise click.exceptions.Exit(code)
