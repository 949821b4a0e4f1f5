"""`ringboard check`: what is right, what is not, and what to do about it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

import click

from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.kafka.rights import PROCESSES
from stream.settings.loading import config_file

if TYPE_CHECKING:
    from stream.finding import Finding, State
    from stream.kafka.rights import Process
    from stream.settings.model import Settings

EXAMPLE = """\b
Example:
  ringboard check
  ringboard check --for gateway --json
"""
COLOURS: Final[dict[State, str]] = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(epilog=EXAMPLE)
@click.option(
    "--for",
    "process",
    type=click.Choice(PROCESSES),
    default="worker",
    show_default=True,
    help="Whose rights on the broker to look at.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_context
def command(context: click.Context, *, process: Process, as_json: bool) -> None:
    """
    Check everything that has to be right, from the configuration to what others may read.

    It looks at the configuration, the files, the back-up, the broker, the rights on it, the topics, the key, the clock,
    the worker, the live sources, the gateway, what came in labels, and the calls left out. Each line says ok, warn or
    fail, and what to do. The exit code is 1 if anything fails.
    """
    findings = _look(process)
    failed = any(finding.state == "fail" for finding in findings)
    if as_json:
        checks = [{"what": one.what, "state": one.state, "told": one.message, "todo": one.todo} for one in findings]
        click.echo(json.dumps({"ok": not failed, "checks": checks}, indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            _print(finding)
    context.exit(1 if failed else 0)


def _look(process: Process) -> list[Finding]:
    from stream.finding import fail, ok  # noqa: PLC0415 - help needs none of it

    try:
        settings = load_settings()
    except RingboardError as error:
        return [fail("configuration", str(error), "correct it; docs/settings.md lists every setting")]
    where = f"{path} and the environment" if (path := config_file()).exists() else "the environment and the defaults"
    return [ok("configuration", f"from {where}"), *asyncio.run(_ask(settings, process))]


async def _ask(settings: Settings, process: Process) -> list[Finding]:
    from stream.check.alertmanager import check_alertmanager  # noqa: PLC0415
    from stream.check.backup import check_backup  # noqa: PLC0415
    from stream.check.connect import check_connect  # noqa: PLC0415
    from stream.check.files import check_files  # noqa: PLC0415
    from stream.check.gateway import check_gateway  # noqa: PLC0415
    from stream.check.kafka import check_kafka  # noqa: PLC0415
    from stream.check.labels import check_labels  # noqa: PLC0415
    from stream.check.left_out import check_left_out  # noqa: PLC0415
    from stream.check.sources import check_sources  # noqa: PLC0415
    from stream.check.worker import check_address, check_worker  # noqa: PLC0415

    of_kafka, of_worker, of_address, of_sources, of_gateway, of_labels = await asyncio.gather(
        check_kafka(settings, SystemClock(), process),
        check_worker(settings),
        check_address(settings),
        check_sources(settings, SystemClock()),
        check_gateway(settings),
        check_labels(settings),
    )
    after = [*await check_connect(settings), *await check_left_out(settings), *await check_alertmanager(settings)]
    of_files = [*check_files(settings), *check_backup(settings, SystemClock())]
    return [*of_files, *of_kafka, of_worker, *of_address, *of_sources, *of_gateway, *of_labels, *after]


def _print(finding: Finding) -> None:
    state = click.style(f"{finding.state:<4}", fg=COLOURS[finding.state], bold=finding.state == "fail")
    todo = f"; {finding.todo}" if finding.todo else ""
    click.echo(f"{state}  {finding.what}: {finding.message}{todo}")
