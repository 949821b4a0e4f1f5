"""The settings that the bench gives to a peer's job, and how the job returns its totals."""

from __future__ import annotations

import os
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.marks import mark
from benchmarks.simple import totals_file
from benchmarks.simple.events import BOUNDS, BUCKETS, CALLS, CELL, CONTACT_S, CONTACTS, TALK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.simple.events import Totals


@dataclass(frozen=True, slots=True)
class JobSettings:
    """The settings of a job, from its environment; windows of `size_ms` begin every `hop_ms`."""

    broker: str
    topic: str
    partitions: int
    expected: int
    app: str
    folder: Path
    size_ms: int
    hop_ms: int

    @classmethod
    def read(cls) -> JobSettings:
        """Return the settings in the environment; raise KeyError for a missing one."""
        environment = os.environ
        return cls(
            environment["BENCH_BROKER"],
            environment["BENCH_TOPIC"],
            int(environment["BENCH_PARTITIONS"]),
            int(environment["BENCH_EXPECT"]),
            environment["BENCH_APP"],
            Path(environment["BENCH_FOLDER"]),
            int(environment["BENCH_SIZE_MS"]),
            int(environment["BENCH_HOP_MS"]),
        )

    @property
    def hopping(self) -> bool:
        """Whether windows overlap."""
        return self.hop_ms != self.size_ms

    def write_totals(self, tables: Mapping[str, Totals]) -> None:
        """Write the totals for the bench to compare, and mark that they are written."""
        totals_file.write_totals(self.folder / "totals.json", tables)
        mark("written")


def new_cell() -> list[int]:
    """Return an empty cell."""
    return [0] * CELL


def add(cell: list[int], amd: str, talk_s: int, delay_s: int) -> list[int]:
    """Add one event to `cell`, and return it."""
    cell[CALLS] += 1
    cell[CONTACTS] += amd == "human" and talk_s >= CONTACT_S
    cell[TALK] += talk_s
    cell[BUCKETS + bisect_left(BOUNDS, delay_s)] += 1
    return cell
