"""What the bench asks of a peer's job: where to read what, into which windows, and where to leave the totals."""

from __future__ import annotations

import os
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.marks import mark
from benchmarks.simple.events import BOUNDS, BUCKETS, CALLS, CELL, CONTACT_S, CONTACTS, TALK
from benchmarks.simple.totals_file import write_totals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.simple.events import Totals


@dataclass(frozen=True, slots=True)
class Asked:
    """The environment of a job; windows of `size_ms` begin every `hop_ms`."""

    broker: str
    topic: str
    partitions: int
    expected: int
    app: str
    folder: Path
    size_ms: int
    hop_ms: int

    @classmethod
    def read(cls) -> Asked:
        """Read it."""
        at = os.environ
        return cls(
            at["BENCH_BROKER"],
            at["BENCH_TOPIC"],
            int(at["BENCH_PARTITIONS"]),
            int(at["BENCH_EXPECT"]),
            at["BENCH_APP"],
            Path(at["BENCH_FOLDER"]),
            int(at["BENCH_SIZE_MS"]),
            int(at["BENCH_HOP_MS"]),
        )

    @property
    def hopping(self) -> bool:
        """Whether windows overlap."""
        return self.hop_ms != self.size_ms

    def hand_over(self, tables: Mapping[str, Totals]) -> None:
        """Leave the totals for the bench to compare, and say that they are there."""
        write_totals(self.folder / "totals.json", tables)
        mark("written")


def new_cell() -> list[int]:
    """Return a cell of nothing."""
    return [0] * CELL


def add(cell: list[int], amd: str, talk_s: int, delay_s: int) -> list[int]:
    """Add one event to `cell`, and return it."""
    cell[CALLS] += 1
    cell[CONTACTS] += amd == "human" and talk_s >= CONTACT_S
    cell[TALK] += talk_s
    cell[BUCKETS + bisect_left(BOUNDS, delay_s)] += 1
    return cell
