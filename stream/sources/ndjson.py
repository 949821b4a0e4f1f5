"""Canonical NDJSON: one event a line, as Ringboard's own topics and `ringboard simulate` have it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, BinaryIO

from stream.sources.reading import Read, Unreadable, lines

if TYPE_CHECKING:
    from collections.abc import Iterator


def looks(head: bytes) -> bool:
    """Return whether a line begins an object, or there is nothing: records may stand among lines that are none."""
    return not head or any(line.lstrip().startswith(b"{") for line in head.splitlines())


class Ndjson:
    """Reads canonical events; what stands in them is judged at admission, so a line is passed on unread."""

    def __init__(self) -> None:
        self.unused: Counter[str] = Counter()
        self.left_open = 0
        self.remarks: list[str] = []

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the lines that are not blank."""
        for line in lines(file):
            if isinstance(line, Unreadable):
                yield line
            elif line[1].strip():
                yield Read(*line)
