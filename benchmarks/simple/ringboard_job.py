"""Runs the simple job through Ringboard's worker: timed, killed during a run, and restored from its changelogs."""

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

    from benchmarks.jobs import Job, Mark, Span
    from benchmarks.simple.events import Made, Totals
    from benchmarks.testbed import Testbed

RESERVED = b"\x00"
TRIES = 5


@dataclass(frozen=True, slots=True)
class KilledRun:
    """A run with a kill: the records left to read and restored after it, and the cells that are wrong (should be 0)."""

    events: int
    read_after_the_kill: int
    restored_after_the_kill: int
    wrong_live: int
    wrong_in_changelogs: int
    wrong_restored: int


async def new_floor(testbed: Testbed, made: Sequence[Made]) -> BenchFloor:
    """Return a new floor whose topic of events contains `made`."""
    floor = BenchFloor(testbed, PARTITIONS)
    await floor.create()
    await fill(testbed.broker.bootstrap, topics(floor.settings).events.name, made)
    return floor


async def timed(
    testbed: Testbed,
    made: Sequence[Made],
    right: dict[str, Totals],
    size_ms: int = WINDOW_MS,
    hop_ms: int | None = None,
) -> tuple[Span, int, Mark]:
    """
    Run the job once; return its span, the number of wrong cells (live and in the changelogs), and its mark `done`.

    Windows are of `size_ms`, and tumble, or begin every `hop_ms`.
    """
    floor = await new_floor(testbed, made)
    hop_ms = hop_ms or size_ms
    with _worker(floor, len(made), size_ms, hop_ms) as job:
        job.wait_for("ready")
        done = job.wait_for("done")
        wrong = differences(_read_totals(floor), right)
    wrong += differences(await _in_changelogs(floor, size_ms, hop_ms), right)
    return job.span(), wrong, done


async def killed(testbed: Testbed, made: Sequence[Made], right: dict[str, Totals], lasts_s: float) -> KilledRun:
    """
    Run the job, kill -9 the worker halfway (a run takes `lasts_s`), start it again, and again when all is done.

    Raises:
        JobError: no kill of `TRIES` fell between the first and the last record.

    """
    for attempt in range(TRIES):
        floor = await new_floor(testbed, made)
        with _worker(floor, len(made)) as job:
            job.wait_for("ready")
            await asyncio.sleep(lasts_s * (0.5 + 0.1 * attempt))
            job.kill()
        with _worker(floor, 0) as job:
            restored = job.wait_for("ready").details["restored"]
            left = job.wait_for("done").details["counters"]["records"]
            live = differences(_read_totals(floor), right)
            job.kill()
        if not 0 < left < len(made) or not restored:
            continue
        changelogs = differences(await _in_changelogs(floor), right)
        with _worker(floor, 0) as job:
            again = job.wait_for("done").details["counters"]["records"]
            if again:
                raise JobError(f"{again} records were read again after all had been")
            return KilledRun(len(made), left, restored, live, changelogs, differences(_read_totals(floor), right))
    raise JobError(f"none of {TRIES} kills fell between the first and the last record")


def _worker(floor: BenchFloor, expected: int, size_ms: int = WINDOW_MS, hop_ms: int = WINDOW_MS) -> Job:
    expectation = {"BENCH_TOTALS": str(_totals_file(floor)), EXPECT: str(expected)}
    windows = {"BENCH_SIZE_MS": str(size_ms), "BENCH_HOP_MS": str(hop_ms)}
    return floor.worker("benchmarks.simple.worker", expectation | windows)


def _totals_file(floor: BenchFloor) -> Path:
    return floor.testbed.folder / f"{floor.app_id}-totals.json"


def _read_totals(floor: BenchFloor) -> dict[str, Totals]:
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
