"""`ringboard mapping`: try a mapping on a file, row by row."""

from __future__ import annotations

from pathlib import Path

import click

from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.replay.trying import tried

EXAMPLE = """\b
Example:
  ringboard mapping try our-crm.toml leads.csv
"""


@click.group(epilog=EXAMPLE)
def command() -> None:
    """Try a mapping on a file. Nothing is sent, and no broker is needed."""


@command.command("try", epilog=EXAMPLE)
@click.argument("mapping")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--rows", type=click.IntRange(1), default=5, show_default=True, help="How many rows.", metavar="N")
def try_mapping(mapping: str, file: Path, rows: int) -> None:
    """Show the first rows of FILE beside the events that MAPPING, a file or a ready one, makes of them."""
    for line in tried(mapping, file, rows, load_settings(), SystemClock()):
        click.echo(line)
