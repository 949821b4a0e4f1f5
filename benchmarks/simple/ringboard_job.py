"""Runs the simple job through Ringboard's worker: timed, killed in its midst, and restored from its changelogs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.bench_floor import BenchFloor
from benchmarks.bench_kafka import fill, read_all
from benchmarks.jobs import JobError
from benchmarks.simple.events import PARTITIONS, WINDOW_MS, differences
from benchmarks.simple.state import TABLES
from benchmarks.simple.tables import flat, new_state, read_tables
from benchmarks.simple.totals_file import read_totals
from benchmarks.worker_marks import EXPECT
from stream.kafka.topics import topics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.bench_floor import Place
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
    place: Place, made: Sequence[Made], right: dict[str, Totals], size_ms: int = WINDOW_MS, hop_ms: int | None = None
) -> tuple[Span, int, Mark]:
    """
    Run it once without a fault; the number is how many cells are wrong, live and in the changelogs.

    Windows are of `size_ms`, and tumble, or begin every `hop_ms`.
    """
    floor = await new_floor(place, made)
    hop_ms = hop_ms or size_ms
    with _worker(floor, len(made), size_ms, hop_ms) as job:
        job.wait_for("ready")
        done = job.wait_for("done")
        wrong = differences(_told(floor), right)
    wrong += differences(await _in_changelogs(floor, size_ms, hop_ms), right)
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


def _worker(floor: BenchFloor, expected: int, size_ms: int = WINDOW_MS, hop_ms: int = WINDOW_MS) -> Job:
    asked = {"BENCH_TOTALS": str(_totals_file(floor)), EXPECT: str(expected)}
    windows = {"BENCH_SIZE_MS": str(size_ms), "BENCH_HOP_MS": str(hop_ms)}
    return floor.worker("benchmarks.simple.worker", asked | windows)


def _totals_file(floor: BenchFloor) -> Path:
    return floor.place.folder / f"{floor.app_id}-totals.json"


def _told(floor: BenchFloor) -> dict[str, Totals]:
    return read_totals(_totals_file(floor))


async def _in_changelogs(floor: BenchFloor, size_ms: int = WINDOW_MS, hop_ms: int = WINDOW_MS) -> dict[str, Totals]:
    """Read the tables from the changelogs, as a worker would restore them."""
    settings = floor.settings
    names = topics(settings)
    shares = [new_state(size_ms, hop_ms) for _ in range(settings.partitions)]
    for table in TABLES:
        changelog = names.changelog(table, names.events)
        async for record in read_all(settings.broker, changelog.name, changelog.partitions):
            if record.key[:1] != RESERVED:
                shares[record.partition].restore(table, [(record.key, record.value)])
    return flat(read_tables(shares))
