"""Refused lines that are kept together, as one record for each would take many times their bytes."""

from __future__ import annotations

from collections import Counter
from typing import Final

from stream.events.refusal import Reason, Refused

BUNDLE_BYTES: Final = 65_536


class Bundle:
    """Refused lines in their order; the `first` one's number stands for all."""

    def __init__(self) -> None:
        self.first = 0
        self._last = 0
        self._lines: list[bytes] = []
        self._bytes = 0
        self._reasons: Counter[Reason] = Counter()

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin another one."""
        return self._bytes >= BUNDLE_BYTES

    @property
    def data(self) -> bytes:
        """The lines as they stood."""
        return b"\n".join(self._lines)

    @property
    def refused(self) -> Refused:
        """Why they were refused: the reason of most, and in the message how many of each."""
        counts = self._reasons.most_common()
        each = ", ".join(f"{reason} {count}" for reason, count in counts)
        message = f"{len(self)} refused lines kept together, from line {self.first} to line {self._last}: {each}"
        return Refused(counts[0][0], None, message)

    def add(self, refused: Refused, data: bytes, line: int) -> None:
        """Take a line."""
        if not self._lines:
            self.first = line
        self._last = line
        self._lines.append(data)
        self._bytes += len(data) + 1
        self._reasons[refused.reason] += 1
