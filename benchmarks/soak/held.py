"""What the processes of a floor hold: memory, open files, and what they have written to the disk."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.jobs import family_of, rss_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.jobs import Job

BLOCK: Final = 512  # bytes: what st_blocks counts in


@dataclass(frozen=True, slots=True)
class Held:
    """Of some processes with their children: resident memory in MB, open descriptors, and processes."""

    rss_mb: int
    descriptors: int
    processes: int


def held_by(jobs: Iterable[Job]) -> Held:
    """Return what `jobs` and their children hold together."""
    pids = [pid for job in jobs for pid in family_of(job.pid)]
    return Held(round(sum(map(rss_of, pids)) / 2**20), sum(map(_descriptors, pids)), len(pids))


def size_of(folder: Path) -> int:
    """Return the bytes on the disk of all files below `folder`, or of a file."""
    paths = folder.rglob("*") if folder.is_dir() else [folder]
    total = 0
    for path in paths:
        with suppress(OSError):  # what a broker deletes meanwhile
            total += path.stat().st_blocks * BLOCK if path.is_file() else 0
    return total


def changelogs_size(broker: Path, app_id: str) -> int:
    """Return the bytes on the disk of the files of a floor's changelogs in the folder of a broker."""
    return sum(size_of(folder) for folder in broker.rglob(f"{app_id}*changelog*") if folder.is_dir())


def _descriptors(pid: int) -> int:
    with suppress(OSError):
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return 0
