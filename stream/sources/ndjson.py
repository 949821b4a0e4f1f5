"""Canonical events as JSON: one a line, as `ringboard simulate` writes them, or in one document."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, BinaryIO

from stream.sources.json_values import values
from stream.sources.reading import Read, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator


def looks(head: bytes) -> bool:
    """Return whether a line begins an object or a list, or there is nothing: records may stand among other lines."""
    return not head or head.startswith(b"[") or any(line.lstrip().startswith(b"{") for line in head.splitlines())


class Ndjson:
    """Reads canonical events; what stands in them is judged at admission, so each is passed on unread."""

    def __init__(self) -> None:
        self.unused: Counter[str] = Counter()
        self.left_open = 0
        self.remarks: list[str] = []

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the values that stand in it."""
        for value in values(file):
            yield value if isinstance(value, Unreadable) else Read(*value)
