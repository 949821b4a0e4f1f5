"""`ringboard demo`: broker, worker and a simulated floor on this machine, until Ctrl-C."""

from __future__ import annotations

import click

EXAMPLE = """\b
Example:
  ringboard demo
  ringboard demo --reset --seed 42 --days 10 --port 6067
  ringboard demo --with-prometheus
"""


@click.command(epilog=EXAMPLE)
@click.option("--reset", is_flag=True, help="Begin anew: delete the data of an earlier demo, and nothing else.")
@click.option("--seed", type=click.IntRange(0), help="Which simulated floor.  [default: 7, or the one of before]")
@click.option(
    "--days", type=click.IntRange(0, 90), help="Days of history to begin with.  [default: 33, or those of before]"
)
@click.option("--no-table", is_flag=True, help="Print a line now and then instead of the live table.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Where the page is.  [default: RINGBOARD_WEB_PORT, 6066]")
@click.option("--with-prometheus", is_flag=True, help="Run this machine's Prometheus on it too, with our rules.")
def command(
    *, reset: bool, seed: int | None, days: int | None, no_table: bool, port: int | None, with_prometheus: bool
) -> None:
    """
    Show Ringboard at work on this machine: a real Kafka broker, a worker, and a simulated floor.

    Plays a month of the floor at full speed, then goes on live; the six KPIs move in a table here and on the page.
    Everything is simulated, and stored in a folder of the demo's own. Ctrl-C stops all of it; the next start goes on.
    """
    from stream.demo.run import DemoOptions, run_demo  # noqa: PLC0415 - not needed for --help

    run_demo(DemoOptions(reset=reset, seed=seed, days=days, table=not no_table, port=port, prometheus=with_prometheus))
