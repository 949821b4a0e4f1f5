"""Adds records to what is kept of a partition, in files that are neither too small nor too large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.backup.manifest import Last, PartitionLog
from stream.backup.segments import MOST_BYTES, MOST_RECORDS, SMALL_RECORDS, Kept, read_segment, write_segment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Appender:
    """
    Writes what is read on of one partition, after what a `log` has; `finish` returns the log with both.

    The last file is written anew with what follows while it is small, or many short runs would leave as many files.
    """

    def __init__(self, folder: Path, place: tuple[str, int], log: PartitionLog) -> None:
        self._folder = folder
        self._place = place
        self._segments = list(log.segments)
        self._last = log.last
        self._records: list[Kept] = []
        self._bytes = 0
        self._first = log.next
        #: How many records were added.
        self.added = 0

    def add(self, records: Iterable[Kept]) -> None:
        """Take the next records."""
        for record in records:
            if not self.added and self._segments and self._segments[-1].records < SMALL_RECORDS:
                self._reopen()
            self._records.append(record)
            self._bytes += record.size
            self.added += 1
            if len(self._records) >= MOST_RECORDS or self._bytes >= MOST_BYTES:
                self._write(record.offset + 1)

    def finish(self, end: int) -> PartitionLog:
        """Write what is left, and return the log that reaches up to before the offset `end`."""
        if self._records:
            self._write(end)
        return PartitionLog(end, self._last, self._segments)

    def _reopen(self) -> None:
        small = self._segments.pop()
        self._records = read_segment(self._folder, small)
        self._bytes = sum(one.size for one in self._records)
        self._first = small.first

    def _write(self, end: int) -> None:
        self._segments.append(write_segment(self._folder, self._place, self._records, (self._first, end)))
        last = self._records[-1]
        self._last = Last(last.offset, last.at, last.checksum)
        self._records, self._bytes, self._first = [], 0, end
