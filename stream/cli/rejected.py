"""`ringboard rejected`: look at refused events, correct them, send them again."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.events.refusal import Reason
from stream.intake.resend import Found, find_all, find_one, send_again, with_fields

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_REASONS = [str(reason) for reason in Reason]


@click.group(
    epilog="""\b
Example:
  ringboard rejected list
  ringboard rejected show 12
  ringboard rejected resend 12 --set currency=EUR
"""
)
def command() -> None:
    """Look at refused events, correct them, send them again. Numbers and names in them have been left out."""


@command.command(
    "list",
    epilog="""\b
Example:
  ringboard rejected list --reason unknown_currency --limit 20
""",
)
@click.option("--reason", type=click.Choice(_REASONS), metavar="REASON", help="Only those refused for REASON.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="The latest N.", metavar="N")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of a table.")
def list_rejected(reason: str | None, limit: int, as_json: bool) -> None:
    """List what was refused, and why: the oldest first, with a mark on what was sent again."""
    settings = load_settings()
    found = asyncio.run(find_all(settings, reason=reason, limit=limit))
    if as_json:
        click.echo(json.dumps([_as_json(one, with_data=False) for one in found], ensure_ascii=False, indent=2))
    elif not found:
        click.echo("Nothing was refused." if reason is None else f"Nothing was refused for {reason}.")
    else:
        Console().print(_table(found, settings.zone))


@command.command(
    epilog="""\b
Example:
  ringboard rejected show 12
"""
)
@click.argument("offset", type=click.IntRange(0))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def show(offset: int, as_json: bool) -> None:
    """Show the refused record at OFFSET (as `list` gives it), with what is kept of its bytes."""
    settings = load_settings()
    found = asyncio.run(find_one(settings, offset))
    if as_json:
        click.echo(json.dumps(_as_json(found, with_data=True), ensure_ascii=False, indent=2))
        return
    rejected = found.rejected
    lines = [
        ("refused", f"{rejected.reason}: {rejected.message}"),
        ("when", _moment(rejected.at, settings.zone)),
        ("from", _origin(found)),
        ("sent again", "no" if found.sent_again is None else _moment(found.sent_again, settings.zone)),
        ("bytes", f"{rejected.size}{', not all of them kept' if rejected.truncated else ''}"),
    ]
    for name, text in lines:
        click.echo(f"{name:<11} {text}")
    click.echo()
    click.echo(rejected.data if rejected.encoding == "utf-8" else f"(base64) {rejected.data}")


@command.command(
    epilog="""\b
Example:
  ringboard rejected resend 12 --set currency=EUR --set at=2024-01-05T10:00:00+01:00
  ringboard rejected resend 12 --edit
"""
)
@click.argument("offset", type=click.IntRange(0))
@click.option("--edit", is_flag=True, help="Correct it in your editor first.")
@click.option("--with", "file", type=click.File("rb"), metavar="FILE", help="Send the record in FILE in its place.")
@click.option(
    "--set", "changes", multiple=True, metavar="FIELD=VALUE", help="Set a field; without a value, leave it out."
)
def resend(offset: int, edit: bool, file: Any, changes: tuple[str, ...]) -> None:
    """
    Send the refused record at OFFSET again, corrected or as it is.

    An event keeps its id, so one that is sent twice counts once.
    """
    if sum((edit, file is not None, bool(changes))) > 1:
        raise click.UsageError("Use one of --edit, --with and --set.")
    settings = load_settings()
    found = asyncio.run(find_one(settings, offset))
    content = _corrected(found, edit=edit, file=file, changes=changes)
    admitted = asyncio.run(send_again(settings, offset, content, SystemClock()))
    again = "" if found.sent_again is None else f" (as before, {_moment(found.sent_again, settings.zone)})"
    click.echo(f"Sent to {admitted.topic}{again}.")


def _corrected(found: Found, *, edit: bool, file: Any, changes: tuple[str, ...]) -> bytes:
    rejected = found.rejected
    if file is not None:
        content: bytes = file.read()
        return content
    if rejected.truncated:
        raise RingboardError(
            f"offset {found.offset}: only the beginning of its {rejected.size} bytes is kept: "
            "write the record anew in a file, and use --with FILE"
        )
    if changes:
        return with_fields(rejected.content, [_change(text) for text in changes])
    if not edit:
        return rejected.content
    text = click.edit(rejected.content.decode("utf-8", "replace"), extension=".json")
    if text is None:
        raise RingboardError(f"offset {found.offset}: the editor saved nothing, and nothing was sent")
    return text.encode()


def _change(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals or not field:
        raise RingboardError("--set: write FIELD=VALUE, as in --set currency=EUR")
    return field, value


def _table(found: list[Found], zone: ZoneInfo) -> Table:
    table = Table(box=box.SIMPLE_HEAD, caption=f"{len(found)} refused, ✓ sent again", caption_justify="left")
    table.add_column("offset", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("when", no_wrap=True)
    table.add_column("reason", no_wrap=True)
    table.add_column("why", overflow="fold")
    table.add_column("from", overflow="fold")
    for one in found:
        rejected = one.rejected
        # As text: what stands in a record is no markup of ours.
        table.add_row(
            str(one.offset),
            "" if one.sent_again is None else "✓",
            _moment(rejected.at, zone),
            Text(rejected.reason),
            Text(rejected.message),
            Text(_origin(one)),
        )
    return table


def _origin(found: Found) -> str:
    rejected = found.rejected
    if rejected.topic is None:
        return rejected.source if rejected.offset is None else f"{rejected.source}:{rejected.offset}"
    return f"{rejected.topic}[{rejected.partition}] offset {rejected.offset}"


def _moment(ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _as_json(found: Found, *, with_data: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {field: getattr(found.rejected, field) for field in found.rejected.__struct_fields__}
    if not with_data:
        del fields["data"], fields["encoding"]
    origin = {"topic": fields.pop("topic"), "partition": fields.pop("partition"), "offset": fields.pop("offset")}
    return {"offset": found.offset, "sent_again": found.sent_again, **msgspec.to_builtins(fields), "origin": origin}
