"""`ringboard rebuild`: delete the numbers, so that the workers compute them again from the events."""

from __future__ import annotations

import asyncio
import json
import logging

import click

from stream.configuration import load_settings

EXAMPLE = """\b
Example:
  ringboard rebuild --yes
"""


@click.command(epilog=EXAMPLE)
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def command(yes: bool, as_json: bool) -> None:
    """
    Delete all numbers; the workers compute them again from the events that the topics still hold.

    Use it after a change of a setting that the numbers depend on, or the loss of a changelog. Stop all workers first.
    Events are not touched, but those that have left the topics by then (docs/operations.md) are not counted again.
    """
    settings = load_settings()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    from agents.rebuilding import rebuild  # noqa: PLC0415  # Faust alone takes a second to import

    if not yes:
        click.confirm(f"Forget all numbers of {settings.app_id} on {settings.broker}?", abort=True, err=True)
    deleted = asyncio.run(rebuild(settings))
    if as_json:
        click.echo(json.dumps({"app_id": settings.app_id, "forgotten": deleted}))
    else:
        click.echo(f"Forgot {len(deleted)} topics of numbers; start the workers: they make them anew.")
