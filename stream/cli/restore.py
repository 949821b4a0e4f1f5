"""`ringboard restore`: bring a back-up to a broker that has nothing, or add its events to one that has."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path

import click

from stream.backup.verifying import verify
from stream.cli.bars import bar
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.errors import RingboardError

EXAMPLE = """\b
Example:
  ringboard restore /mnt/backup/ringboard
  ringboard restore /mnt/backup/ringboard --merge
"""


@click.command(epilog=EXAMPLE)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--rebuild", is_flag=True, help="Events only: the workers make all numbers anew from them.")
@click.option("--merge", is_flag=True, help="Add the events to those that the broker has; workers may run.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def command(folder: Path, rebuild: bool, merge: bool, as_json: bool) -> None:
    """
    Bring the back-up in DIR to an empty broker: then start the workers, which go on where they were.

    Every file is verified before anything is written. Stop workers and sources first. If it is ended in the middle, run
    it again: it goes on. Events that a broker has already count once, so --merge may be run at any time, also twice.
    """
    if rebuild and merge:
        raise click.UsageError("--rebuild and --merge do not go together: --merge never touches the numbers")
    settings = load_settings()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    from agents.backup.restoring import Restore  # noqa: PLC0415  # Faust alone takes a second to import

    began = time.monotonic()
    with bar("Verifying", None, quiet=as_json) as move:
        manifest, wrong = verify(folder, lambda records: move(records, ""))
    if wrong:
        raise RingboardError(f"{wrong[0]} ({len(wrong)} files are; nothing was written)")
    with bar("Restoring", manifest.records, quiet=as_json) as move:
        restore = Restore(settings, folder, manifest, SystemClock(), lambda records: move(records, ""))
        done = asyncio.run(restore.merge() if merge else restore.to_empty(rebuild=rebuild))
    seconds = time.monotonic() - began
    if as_json:
        click.echo(json.dumps({"written": done.written, "states": done.states, "seconds": round(seconds, 3)}))
        return
    click.echo(f"Wrote {done.written:,} records and the states of {done.states} partitions in {seconds:.1f} s.")
    click.echo("Workers count them now." if merge else "Start the workers: what came after the back-up is not in it.")
