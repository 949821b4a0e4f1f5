"""`ringboard simulate`: the events of a seeded, simulated floor, to the broker or into a file."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import logging
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
import orjson

from stream.cli.bars import bar
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.intake.outbox import outbox_to_broker
from stream.privacy.labels import labels_line
from stream.replay import lines
from stream.replay.lines import Telling
from stream.simulate import Floor, Play, Profile
from stream.simulate.floor import FIRST_DAY
from stream.simulate.real_events import need_none

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from typing import BinaryIO

    from stream.intake.outbox import Outbox
    from stream.settings.model import Settings

_NEVER = 2**62  # ms since the epoch: no event arrives later
EXAMPLE = """\b
Example:
  ringboard simulate --days 5 --live
  ringboard simulate --seed 7 --days 30 --out floor.ndjson.gz
"""


class _ToBroker:
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.relieve = outbox.relieve
        self.flush = outbox.flush

    def put(self, event: dict[str, Any], line: int) -> None:
        self._outbox.put(event, "simulated", line)


class _ToFile:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def put(self, event: dict[str, Any], _line: int) -> None:
        self._file.write(orjson.dumps(event) + b"\n")

    async def relieve(self) -> None:
        """Return at once: nothing is buffered."""

    async def flush(self) -> None:
        self._file.flush()


@click.command(epilog=EXAMPLE)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed gives the same floor."
)
@click.option("--days", type=click.IntRange(1), default=1, show_default=True, help="How many days.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    help=f"The first day.  [default: the days end today; in a file they begin on {FIRST_DAY}]",
)
@click.option("--reps", type=click.IntRange(1, 10_000), default=12, show_default=True, help="How many reps.")
@click.option("--campaigns", type=click.IntRange(1, 1000), default=4, show_default=True, help="How many campaigns.")
@click.option(
    "--leads-per-day", type=click.FloatRange(0), default=150.0, show_default=True, help="Requests on a weekday."
)
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Send this many events a second.")
@click.option("--speed", type=click.FloatRange(0, min_open=True), help="Play at this many times real time.")
@click.option("--full-speed", is_flag=True, help="Send as fast as it goes: the default.")
@click.option("--live", is_flag=True, help="Catch up to now, then go on in real time until Ctrl-C.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write a .ndjson or .ndjson.gz, not to Kafka."
)
@click.option("--beside-real-events", "mixed", is_flag=True, help="Also send to a floor that has real events.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(  # noqa: PLR0917  each is an option
    seed: int,
    days: int,
    start: dt.datetime | None,
    reps: int,
    campaigns: int,
    leads_per_day: float,
    rate: float | None,
    speed: float | None,
    full_speed: bool,
    live: bool,
    out: Path | None,
    mixed: bool,
    as_json: bool,
) -> None:
    """
    Simulate a telephone-prospecting floor: its days, its reps, its callers, and how its records arrive.

    Everything is invented and marked as simulated, and only numbers set aside for fiction are called. To Kafka, what
    has not happened yet is not sent. The same floor sent again has the same ids, so nothing is counted twice. A floor
    that has real events is left alone, unless you say --beside-real-events.
    """
    if sum((rate is not None, speed is not None, full_speed, live)) > 1:
        raise click.UsageError("--rate, --speed, --full-speed and --live exclude each other: take one of them.")
    # A failure of the broker is reported once, by our own error.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    settings = load_settings()
    clock = SystemClock()
    now = clock.now_ms()
    today = dt.datetime.fromtimestamp(now / 1000, settings.zone).date()
    first = start.date() if start else FIRST_DAY if out and not live else today - dt.timedelta(days=days - 1)
    if first > today and (live or not out):
        raise RingboardError(f"start: {first} has not come yet; write today or a day before, or --out for a file")
    if out is None and not mixed:
        asyncio.run(need_none(settings))
    floor = Floor(
        seed=seed,
        reps=reps,
        campaigns=campaigns,
        leads_per_day=leads_per_day,
        start=first,
        days=None if live else days,
        zone=settings.zone,
        profile=Profile(holidays_country=settings.holidays_country),
    )
    began_ms = floor.began_ms
    sending = Telling(clock)
    if rate is not None:
        sending.due = lines.at_rate(clock, rate)
    elif speed is not None:
        sending.due = lines.at_speed(clock, began_ms, speed)
    elif live:
        sending.due = lines.live
    arrivals: Iterable[tuple[int, dict[str, Any]]] = Play(floor).history(_NEVER if out or live else now)
    length = max(1, now - began_ms if live else floor.ends_ms - began_ms)
    outboxes: list[Outbox] = []
    began = time.monotonic()
    interrupted = True
    try:
        with bar("simulating", length, quiet=as_json) as move:
            reached = began_ms

            def progress(arrival: int) -> None:
                nonlocal reached
                move(arrival - reached, f"{sending.by_type.total()} events, simulated")
                reached = arrival

            sending.progress = progress
            asyncio.run(_run(sending, arrivals, settings, out, outboxes))
        interrupted = False
    finally:
        if outboxes or out:
            _summarise(
                sending, outboxes, out, time.monotonic() - began, as_json=as_json, interrupted=interrupted, seed=seed
            )


async def _run(
    sending: Telling,
    arrivals: Iterable[tuple[int, dict[str, Any]]],
    settings: Settings,
    out: Path | None,
    outboxes: list[Outbox],
) -> None:
    if out is not None:
        with _written(out) as file:
            await sending.run(arrivals, _ToFile(file))
        return
    async with outbox_to_broker(settings, sending.clock) as outbox:
        outboxes.append(outbox)
        await sending.run(arrivals, _ToBroker(outbox))


@contextmanager
def _written(path: Path) -> Generator[BinaryIO]:
    """Open a file to write, gzipped if its name ends in .gz; the same content gives the same bytes."""
    try:
        with path.open("wb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed:
                    yield cast("BinaryIO", packed)
            else:
                yield raw
    except OSError as error:
        raise RingboardError(
            f"{path.name}: cannot be written ({error.strerror or 'the file fails'}); name a file in a folder of yours"
        ) from error


def _summarise(
    sending: Telling,
    outboxes: list[Outbox],
    out: Path | None,
    seconds: float,
    *,
    as_json: bool,
    interrupted: bool,
    seed: int,
) -> None:
    events = sending.by_type.total()
    refused = dict(outboxes[0].refused) if outboxes else {}
    if as_json:
        summary = {
            "simulated": True,
            "seed": seed,
            "to": out.name if out else "kafka",
            "events": events,
            "by_type": dict(sorted(sending.by_type.items())),
            "refused": refused,
            "first_arrival_ms": sending.first,
            "last_arrival_ms": sending.last,
            "interrupted": interrupted,
            "seconds": round(seconds, 3),
        }
        click.echo(json.dumps(summary))
        return
    where = f"written to {out.name}" if out else "sent to Kafka"
    click.echo(f"{events} simulated events {where} in {seconds:.1f} s ({events / max(seconds, 0.001):.0f}/s)")
    for kind, count in sending.by_type.most_common():
        click.echo(f"  {kind}  {count}")
    if outboxes and (changed := outboxes[0].intake.admission.labels.counts):
        click.echo(labels_line(changed))
    if refused:
        click.echo("refused: " + ", ".join(f"{reason} {count}" for reason, count in refused.items()))
    if interrupted:
        click.echo("interrupted: the same command sends the rest, and nothing is counted twice")
