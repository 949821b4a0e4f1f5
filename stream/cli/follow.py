"""`ringboard replay --follow`: sends what is written to logs as it comes, and says in the end what it came to."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING

import click

from stream.clock import SystemClock
from stream.connect.buffer import Buffer
from stream.connect.serving import Service
from stream.replay.following import FollowedLog, FollowedLogs
from stream.replay.positions import Positions
from stream.sources.formats import FORMATS
from stream.web.source_metrics import SourceMetrics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stream.settings.model import Settings


def follow(paths: Sequence[Path], form: str | None, settings: Settings, *, as_json: bool) -> None:
    """Follow the logs at `paths` until Ctrl-C or SIGTERM, and print the summary; raises RingboardError."""
    can = [one.name for one in FORMATS.values() if one.follow_h is not None]
    if form is not None and form not in can:
        raise click.UsageError(f"A file of {form} is not followed; those of {', '.join(can)} are.")
    given = None if form is None else FORMATS[form]
    logs = [FollowedLog(path, given, settings, Positions(settings.data_dir, path)) for path in paths]
    try:
        asyncio.run(_serve(logs, settings))
    finally:
        if as_json:
            click.echo(json.dumps({"files": [_as_json(log) for log in logs]}))
        else:
            for log in logs:
                for line in _as_text(log):
                    click.echo(line)


async def _serve(logs: Sequence[FollowedLog], settings: Settings) -> None:
    clock = SystemClock()
    metrics = SourceMetrics(FollowedLogs.name)
    buffer = Buffer(settings, clock, metrics)
    service = Service(FollowedLogs(logs, buffer), settings, clock, buffer=buffer, metrics=metrics)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await service.run(stop)


def _as_json(log: FollowedLog) -> dict[str, object]:
    return {
        "file": log.name,
        "format": None if log.form is None else log.form.name,
        "lines": log.lines,
        "events": log.events,
        "refused": log.refused,
        "unused": dict(sorted(log.unused.items())),
        "remarks": log.remarks,
    }


def _as_text(log: FollowedLog) -> list[str]:
    if log.form is None:
        return [f"{log.name}: nothing was written to it"]
    said = f"{log.name} ({log.form.name}): {log.lines} lines followed; {log.events} events sent; {log.refused} refused"
    if log.unused:
        rows = ", ".join(f"{kind} {count}" for kind, count in log.unused.most_common())
        said += f"; {log.unused.total()} rows say nothing here ({rows})"
    return [said, *(f"  note: {remark}" for remark in log.remarks)]
