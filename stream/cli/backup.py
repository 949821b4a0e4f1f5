"""`ringboard backup`: keep what a floor cannot be made again from, while all runs."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stream.backup.settings_copy import copy_settings
from stream.backup.verifying import verify
from stream.cli.bars import bar
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.errors import RingboardError

if TYPE_CHECKING:
    from agents.backup.saving import Saved

EXAMPLE = """\b
Example:
  ringboard backup /mnt/backup/ringboard
  ringboard backup /mnt/backup/ringboard --verify
"""
_SETTINGS: Final = {
    "copied": "ringboard.toml is in it",
    "no file": "there is no ringboard.toml: keep the RINGBOARD_… variables too",
    "has the key": "ringboard.toml has the key, so it is not in it: keep it too, apart from this",
}


@click.command(epilog=EXAMPLE)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--verify", "only_verify", is_flag=True, help="Read all files of the back-up, and back up nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def command(folder: Path, only_verify: bool, as_json: bool) -> None:
    """
    Bring the back-up in DIR up to now, while workers and sources run; only what is new is read.

    It has events, states and settings, and not the key of the pseudonyms (docs/privacy.md): keep that apart from it.
    Ended in the middle, it stays what it was. Exit code 0: done; 1: not, with a line that says why.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    if only_verify:
        _verify(folder, as_json=as_json)
        return
    settings = load_settings()
    from agents.backup.saving import back_up  # noqa: PLC0415  # Faust alone takes a second to import

    began = time.monotonic()
    with bar("Backing up", None, quiet=as_json) as move:
        read = 0

        def moved(records: int) -> None:
            nonlocal read
            read += records
            move(records, f"{read:,} records")

        saved = asyncio.run(back_up(settings, folder, SystemClock(), moved))
    settings_are = copy_settings(folder)
    _report(saved, time.monotonic() - began, settings_are, as_json=as_json)


def _report(saved: Saved, seconds: float, settings_are: str, *, as_json: bool) -> None:
    if as_json:
        told = {name: getattr(saved, name) for name in ("read", "records", "bytes", "states", "of_before", "lost")}
        click.echo(json.dumps({**told, "seconds": round(seconds, 3), "settings": settings_are}))
        return
    click.echo(
        f"Read {saved.read:,} new records in {seconds:.1f} s; the back-up has {saved.records:,} "
        f"and the states of {saved.states} partitions, in {saved.bytes / 1e6:,.1f} MB."
    )
    if saved.of_before:
        click.echo(f"Of {saved.of_before} partitions the state is that of an earlier run: they wrote without a pause.")
    if saved.lost:
        click.echo(f"Up to {saved.lost:,} records had left the topics before they were backed up: run it more often.")
    click.echo(f"Of the settings, {_SETTINGS[settings_are]}. The key is not: keep pseudonym.key apart from it.")


def _verify(folder: Path, *, as_json: bool) -> None:
    with bar("Verifying", None, quiet=as_json) as move:
        manifest, wrong = verify(folder, lambda records: move(records, ""))
    if as_json:
        told = {"at": manifest.at, "records": manifest.records, "bytes": manifest.size, "wrong": wrong}
        click.echo(json.dumps(told))
    for line in () if as_json else wrong:
        click.echo(line, err=True)
    if wrong:
        raise RingboardError(f"{folder}: {len(wrong)} files are damaged; take another copy of the back-up")
    if not as_json:
        click.echo(f"All of {manifest.records:,} records are as they were written ({manifest.size / 1e6:,.1f} MB).")
