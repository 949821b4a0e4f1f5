"""Runs the simple job through Ringboard's worker: timed, killed in its midst, and restored from its changelogs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.bench_kafka import fill, read_all
from benchmarks.floors import BenchFloor
from benchmarks.jobs import JobError
from benchmarks.simple.events import PARTITIONS, WINDOW_MS, add_up, differences
from benchmarks.simple.share import TABLES, decode_cell, key_of
from benchmarks.simple.totals_file import read_totals
from benchmarks.watching import EXPECT
from stream.topics import topics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.floors import Place
    from benchmarks.jobs import Job, Mark, Span
    from benchmarks.simple.events import Made, Totals

RESERVED = b"\x00"
TRIES = 5


@dataclass(frozen=True, slots=True)
class KilledRun:
    """What a run with a kill came to: how much was left to do after it, and cells that are wrong (none should be)."""

    events: int
    read_after_the_kill: int
    restored_after_the_kill: int
    wrong_live: int
    wrong_in_changelogs: int
    wrong_restored: int


async def new_floor(place: Place, made: Sequence[Made]) -> BenchFloor:
    """Give a floor whose topic of events is full of `made`."""
    floor = BenchFloor(place, PARTITIONS)
    await floor.create()
    await fill(place.broker.bootstrap, topics(floor.settings).events.name, made)
    return floor


async def timed(
    place: Place, made: Sequence[Made], right: dict[str, Totals], slice_ms: int = WINDOW_MS, size_ms: int | None = None
) -> tuple[Span, int, Mark]:
    """
    Run it once without a fault; the number is how many cells are wrong, live and in the changelogs.

    With a `size_ms`, windows of that size that begin with each slice are read in the end, and compared.
    """
    floor = await new_floor(place, made)
    with _worker(floor, len(made), slice_ms, size_ms) as job:
        job.wait_for("ready")
        done = job.wait_for("done")
        wrong = differences(_told(floor), right)
    if size_ms is None:
        wrong += differences(await _in_changelogs(floor, slice_ms), right)
    return job.span(), wrong, done


async def killed(place: Place, made: Sequence[Made], right: dict[str, Totals], lasts_s: float) -> KilledRun:
    """
    Run it, kill -9 the worker in the midst (a run `lasts_s`), start it again, and again when all is done.

    Raises:
        JobError: no kill fell into the midst.

    """
    for attempt in range(TRIES):
        floor = await new_floor(place, made)
        with _worker(floor, len(made)) as job:
            job.wait_for("ready")
            await asyncio.sleep(lasts_s * (0.5 + 0.1 * attempt))
            job.kill()
        with _worker(floor, 0) as job:
            restored = job.wait_for("ready").said["restored"]
            left = job.wait_for("done").said["counters"]["records"]
            live = differences(_told(floor), right)
            job.kill()
        if not 0 < left < len(made) or not restored:
            continue
        changelogs = differences(await _in_changelogs(floor), right)
        with _worker(floor, 0) as job:
            again = job.wait_for("done").said["counters"]["records"]
            if again:
                raise JobError(f"{again} records were read again after all had been")
            return KilledRun(len(made), left, restored, live, changelogs, differences(_told(floor), right))
    raise JobError(f"none of {TRIES} kills fell into the midst of the run")


def _worker(floor: BenchFloor, expected: int, slice_ms: int = WINDOW_MS, size_ms: int | None = None) -> Job:
    asked = {"BENCH_TOTALS": str(_totals_file(floor)), EXPECT: str(expected)}
    windows = {"BENCH_SLICE_MS": str(slice_ms), "BENCH_SIZE_MS": str(size_ms or slice_ms)}
    return floor.worker("benchmarks.simple.worker", asked | windows)


def _totals_file(floor: BenchFloor) -> Path:
    return floor.place.folder / f"{floor.app_id}-totals.json"


def _told(floor: BenchFloor) -> dict[str, Totals]:
    return read_totals(_totals_file(floor))


async def _in_changelogs(floor: BenchFloor, slice_ms: int = WINDOW_MS) -> dict[str, Totals]:
    """Read the tables from the changelogs, last value by key and partition, the partitions added up."""
    settings = floor.settings
    names = topics(settings)
    tables: dict[str, Totals] = {}
    for table in TABLES:
        parts: list[Totals] = [{} for _ in range(settings.partitions)]
        changelog = names.changelog(table, names.events)
        async for record in read_all(settings.broker, changelog.name, changelog.partitions):
            if record.key[:1] != RESERVED:
                owner, window = key_of(record.key)
                parts[record.partition][owner, window * slice_ms] = decode_cell(record.value)
        tables[table] = add_up(parts)
    return tables
