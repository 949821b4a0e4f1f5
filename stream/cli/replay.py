"""`ringboard replay`: sends recorded events from files to the broker."""

from __future__ import annotations

import asyncio
import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stream.cli import follow as following
from stream.cli.bars import bar
from stream.cli.logged import logged
from stream.clock import SystemClock
from stream.errors import BrokerAwayError
from stream.intake.outbox import Intake, Outbox, Outcome, outbox_to_broker
from stream.mapping.loading import ready
from stream.replay import summary
from stream.replay.bundles import files_in
from stream.replay.explaining import explained
from stream.replay.noted import note
from stream.replay.replaying import Replay
from stream.sources.formats import FORMATS
from stream.sources.mapped import mapped_format
from stream.sources.unpacking import unpacked

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.settings.model import Settings

EXAMPLE = """\b
Example:
  ringboard replay --dry-run Master.csv
  ringboard replay --dry-run --explain 12 Master.csv
  ringboard replay queue_log
  ringboard replay --to-now --speed 60 monday.ndjson.gz
  ringboard replay --shift 86400.000 calls-of-monday.csv --mapping our-crm.toml
  ringboard replay --history last-year.ndjson.gz
  ringboard replay --mapping our-crm.toml --dry-run leads.csv
  ringboard replay --follow queue_log
"""


@click.command(epilog=EXAMPLE)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="What the files are.  [default: as they look]")
@click.option(
    "--mapping", metavar="FILE", help=f"What the files say: a mapping file, or one that is ready: {', '.join(ready())}."
)
@click.option("--encoding", metavar="NAME", help="The encoding of text that is not UTF-8.  [default: Windows-1252]")
@click.option(
    "--as-recorded/--to-now", default=True, show_default=True, help="Keep all times, or move the last to now."
)
@click.option(
    "--shift", type=float, metavar="SECONDS", help="Move all times by so much, as --to-now has moved the rest of a set."
)
@click.option(
    "--speed", type=click.FloatRange(0, min_open=True), help="Play at this many times real time.  [default: at once]"
)
@click.option("--history", is_flag=True, help="Have them folded beside the live events, which then wait for nothing.")
@click.option("--follow", is_flag=True, help="Go on with what is written to them until Ctrl-C; they may come later.")
@click.option("--dry-run", is_flag=True, help="Send nothing, and say of each line what would be; needs no broker.")
@click.option(
    "--explain",
    metavar="LINE|CALL",
    help="With --dry-run: say of the call on this line, or of this id, what spoke for its direction and the rest.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(  # noqa: PLR0917  each is an option
    files: tuple[Path, ...],
    form: str | None,
    mapping: str | None,
    encoding: str | None,
    as_recorded: bool,
    shift: float | None,
    speed: float | None,
    history: bool,
    follow: bool,
    dry_run: bool,
    explain: str | None,
    as_json: bool,
) -> None:
    """
    Send the events recorded in FILES, which may be packed (gzip, ZIP), in any encoding.

    They are canonical NDJSON, of a known format, or what --mapping describes: any CSV, JSON, XLSX or ODS. A folder
    stands for the records in it, where each is a file of its own.

    An event's id comes from its line, never from a moved time: a replay that was interrupted, or is run twice, counts
    nothing twice. A line that is no event goes to the rejected topic with its reason, and the rest goes on.

    With --follow it is live from logs that grow and are rotated: queue_log, CDR, CEL. Started again, it goes on where
    it was.

    On a floor that is live, use --history for more than a few minutes' worth: otherwise what happens now is counted
    only after all that was sent before it.
    """
    with logged("replay", **({} if encoding is None else {"text_encoding": encoding})) as settings:
        if form is not None and mapping is not None:
            raise click.UsageError("Use one of --format and --mapping.")
        _check_shift(shift, as_recorded=as_recorded)
        _check_there(files, may_come=follow)
        if explain is not None:
            if not dry_run or follow or mapping is not None:
                raise click.UsageError("Use --explain with --dry-run, and without --mapping and --follow.")
            for line in explained(files, form, explain, settings):
                click.echo(line)
        elif follow:
            if mapping is not None or not as_recorded or shift or speed is not None or history or dry_run:
                raise click.UsageError("--follow goes with --format, --encoding and --json alone.")
            following.follow(files, form, settings, as_json=as_json)
        else:
            files = tuple(click.get_current_context().with_resource(unpacked(files)))
            how = form if mapping is None else mapped_format(mapping, settings)
            replay = Replay(files, SystemClock(), form=how, to_now=not as_recorded, speed=speed)
            replay.shift_ms = round((shift or 0) * 1000)
            replay.encoding = settings.text_encoding
            _replay(files, replay, settings, history=history, dry_run=dry_run, as_json=as_json)


def _replay(
    files: tuple[Path, ...], replay: Replay, settings: Settings, *, history: bool, dry_run: bool, as_json: bool
) -> None:
    outboxes: list[Outbox] = []
    outcomes: list[Outcome] = []
    began = time.monotonic()
    interrupted = False
    try:
        size = sum(file.stat().st_size for path in files for file in files_in(path))
        with bar("replaying", replay.passes * size, quiet=as_json or dry_run) as move:
            replay.progress = lambda amount: move(amount, _events(outboxes))
            witness = None if not dry_run else outcomes.append if as_json else _show
            asyncio.run(_run(replay, settings, outboxes, history=history, dry_run=dry_run, witness=witness))
    except (BrokerAwayError, KeyboardInterrupt):  # of all else, a second run would come no further
        interrupted = True
        raise
    finally:
        seconds = time.monotonic() - began
        if outboxes and as_json:
            report = summary.as_json(replay, outboxes[0], sent=not dry_run, interrupted=interrupted, seconds=seconds)
            if dry_run:
                report["lines"] = [_as_line(outcome) for outcome in outcomes]
            click.echo(json.dumps(report))
        elif outboxes:
            for line in summary.as_text(
                replay, outboxes[0], sent=not dry_run, interrupted=interrupted, seconds=seconds
            ):
                click.echo(line)


def _check_shift(shift: float | None, *, as_recorded: bool) -> None:
    if shift is not None and (not as_recorded or not math.isfinite(shift)):
        raise click.UsageError("Use one of --shift and --to-now; --shift takes the seconds that another replay said.")


def _check_there(files: tuple[Path, ...], *, may_come: bool) -> None:
    for path in files:
        if may_come and path.is_dir():
            raise click.BadParameter(f"'{path}' is a folder; name the files in it.", param_hint="'FILES...'")
        if not may_come and not path.exists():
            raise click.BadParameter(f"File '{path}' does not exist.", param_hint="'FILES...'")


async def _run(
    replay: Replay,
    settings: Settings,
    outboxes: list[Outbox],
    *,
    history: bool,
    dry_run: bool,
    witness: Callable[[Outcome], None] | None,
) -> None:
    rehearsal = Outbox(Intake(settings, replay.clock))
    if dry_run:
        outboxes.append(Outbox(Intake(settings, replay.clock), witness=witness))
        await replay.run(outboxes[0], rehearsal)
        return
    async with outbox_to_broker(settings, replay.clock, history=history) as outbox:
        outboxes.append(outbox)
        await replay.run(outbox, rehearsal)
        note(settings.data_dir, replay.files)


def _show(outcome: Outcome) -> None:
    would = "would be sent" if outcome.status == "sent" else outcome.status
    click.echo(f"{outcome.source}, line {outcome.line}: {would}: {_why(outcome)}")


def _as_line(outcome: Outcome) -> dict[str, object]:
    return {"source": outcome.source, "line": outcome.line, "fate": outcome.status, "told": _why(outcome)}


def _why(outcome: Outcome) -> str:
    return outcome.message if outcome.reason is None else f"{outcome.reason}: {outcome.message}"


def _events(outboxes: list[Outbox]) -> str:
    return f"{outboxes[0].sent.total()} events" if outboxes else ""
