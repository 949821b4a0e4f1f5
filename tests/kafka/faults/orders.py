"""What a test orders of a worker while it runs, and what the worker reports of itself: files of one directory."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Where a worker can be held or frozen.
FENCE: Final = "fence"  # about to fence whoever wrote before
RESTORE: Final = "restore"  # has fenced, and has not read the changelogs yet
BETWEEN: Final = "between"  # in a transaction: the journeys are written, the slices are not
COMMIT: Final = "commit"  # in a transaction: all is written, nothing is committed

# What a worker may be doing; in a transaction from when the broker has acknowledged its first write until its end.
PHASES: Final = ("recovering", "written", "between")
IN_TRANSACTION: Final = frozenset(PHASES) - {"recovering"}


@dataclass(frozen=True)
class Orders:
    """The orders to one worker, in `directory`; they outlive its restarts."""

    directory: Path

    # What a test does.

    def hold(self, point: str, seconds: float) -> None:
        """Let the worker wait for so long whenever it comes to `point`."""
        self._write(f"hold-{point}", str(seconds))

    def release(self) -> None:
        """Take back all holds."""
        for order in self.directory.glob("hold-*"):
            order.unlink(missing_ok=True)

    def freeze(self, point: str) -> None:
        """Let the worker stop itself (SIGSTOP) the next time it comes to `point`."""
        self._write(f"freeze-{point}", "")

    def phase(self, pid: int) -> str | None:
        """Return what the worker's process `pid` was doing when it last said so; None where it did nothing of note."""
        with suppress(FileNotFoundError):
            counts = self._phases(pid).read_bytes()
            return next((name for name, count in reversed(list(zip(PHASES, counts, strict=False))) if count), None)
        return None

    def said(self, word: str) -> bool:
        """Tell whether the worker has said `word`."""
        return (self.directory / f"said-{word}").exists()

    def _write(self, name: str, content: str) -> None:
        fresh = self.directory / f".{name}"
        fresh.write_text(content)
        fresh.replace(self.directory / name)

    def _phases(self, pid: int) -> Path:
        return self.directory / f"phases-{pid}"

    # What a worker does.

    async def obey(self, point: str) -> None:
        """Freeze or wait here, if that was ordered."""
        with suppress(FileNotFoundError):
            (self.directory / f"freeze-{point}").unlink()  # only one can
            os.kill(os.getpid(), signal.SIGSTOP)
        with suppress(FileNotFoundError):
            await asyncio.sleep(float((self.directory / f"hold-{point}").read_text()))

    def say(self, word: str) -> None:
        """Let the test know something."""
        self._write(f"said-{word}", "")


class Report:
    """How many of this process's states are in each phase, in a file that a `kill -9` leaves as it was."""

    def __init__(self, orders: Orders) -> None:
        self._counts = dict.fromkeys(PHASES, 0)
        self._file = os.open(orders._phases(os.getpid()), os.O_RDWR | os.O_CREAT | os.O_TRUNC)

    @contextmanager
    def inside(self, phase: str) -> Iterator[None]:
        """Count a state in `phase`."""
        self._add(phase, 1)
        try:
            yield
        finally:
            self._add(phase, -1)

    def _add(self, phase: str, amount: int) -> None:
        self._counts[phase] += amount
        os.pwrite(self._file, bytes(self._counts.values()), 0)
