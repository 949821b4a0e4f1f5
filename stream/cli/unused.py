"""`ringboard unused`: look at what webhooks sent and no rule of their mapping took."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.configuration import load_settings
from stream.intake.unused import Found, find_unused, find_unused_at

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@click.group(
    epilog="""\b
Example:
  ringboard unused list
  ringboard unused show
"""
)
def command() -> None:
    """Look at the last of what webhooks sent and no rule of their mapping took: its fields, and nobody's values."""


@command.command(
    "list",
    epilog="""\b
Example:
  ringboard unused list --source crm
""",
)
@click.option("--source", metavar="NAME", help="Only those of the source NAME.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of a table.")
def list_unused(source: str | None, as_json: bool) -> None:
    """List the last few of each source, the oldest first. How many there were is in the gateway's metrics."""
    settings = load_settings()
    found = asyncio.run(find_unused(settings, source))
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found], ensure_ascii=False, indent=2))
    elif not found:
        click.echo("Nothing that no rule took is kept.")
    else:
        Console().print(_table(found, settings.zone))


@command.command(
    epilog="""\b
Example:
  ringboard unused show 12
"""
)
@click.argument("offset", type=click.IntRange(0), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def show(offset: int | None, as_json: bool) -> None:
    """Show the one at OFFSET (as `list` gives it), or the last: its fields, and what kind of thing each holds."""
    settings = load_settings()
    found = asyncio.run(find_unused_at(settings, offset))
    if as_json:
        click.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
        return
    unused = found.unused
    click.echo(f"from   {unused.unused_of}, number {unused.count} since its gateway began")
    click.echo(f"when   {_moment(unused.at, settings.zone)}")
    click.echo()
    click.echo(json.dumps(unused.fields, ensure_ascii=False, indent=2))


def _table(found: list[Found], zone: ZoneInfo) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("offset", "when", "from", "number"):
        table.add_column(name, justify="right" if name in {"offset", "number"} else "left", no_wrap=True)
    table.add_column("fields", overflow="fold")
    for one in found:
        fields = one.unused.fields
        names = ", ".join(fields) if isinstance(fields, dict) else str(fields)
        # As text: what stands in a record is no markup of ours.
        moment = _moment(one.unused.at, zone)
        table.add_row(str(one.offset), moment, Text(one.unused.unused_of), str(one.unused.count), Text(names))
    return table


def _moment(ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _as_json(found: Found) -> dict[str, Any]:
    unused = found.unused
    return {
        "offset": found.offset,
        "source": unused.unused_of,
        "at": unused.at,
        "number": unused.count,
        "fields": unused.fields,
    }
