"""`ringboard mapping`: the ready mappings, a first one drafted from a file, and one tried on it, row by row."""

from __future__ import annotations

from pathlib import Path

import click

from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.mapping.drafting import drafted
from stream.mapping.loading import load_mapping, ready, ready_text
from stream.replay.trying import tried
from stream.sources.sampling import sample_of

EXAMPLE = """\b
Example:
  ringboard mapping draft leads.csv > our-crm.toml
  ringboard mapping try our-crm.toml leads.csv
  ringboard mapping show maven-crm > our-crm.toml
"""


@click.group(epilog=EXAMPLE)
def command() -> None:
    """List the ready mappings, draft one, and try one on a file. Nothing is sent, and no broker is needed."""


@command.command("try", epilog=EXAMPLE)
@click.argument("mapping")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--rows", type=click.IntRange(1), default=5, show_default=True, help="How many rows.", metavar="N")
def try_mapping(mapping: str, file: Path, rows: int) -> None:
    """Show the first rows of FILE beside the events that MAPPING, a file or a ready one, makes of them."""
    for line in tried(mapping, file, rows, load_settings(), SystemClock()):
        click.echo(line)


@command.command("draft", epilog=EXAMPLE)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def draft_mapping(file: Path) -> None:
    """Print a first mapping for FILE: what each column was taken for, why, and what only you can tell."""
    settings = load_settings()
    sample = sample_of(file, settings.text_encoding)
    click.echo(drafted(sample, file.name, settings.timezone, settings.default_region), nl=False)


@command.command("list", epilog=EXAMPLE)
def list_mappings() -> None:
    """List the mappings that are ready: a name stands in for a file wherever a mapping is named."""
    names = ready()
    for name in names:
        click.echo(f"{name:<{max(map(len, names))}}  {load_mapping(name).about}")


@command.command("show", epilog=EXAMPLE)
@click.argument("name")
def show_mapping(name: str) -> None:
    """Print the file of the ready mapping NAME: to read it, or to write a copy of your own."""
    click.echo(ready_text(name), nl=False)
