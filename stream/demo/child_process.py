"""A program of the demo, as a child that ends with the demo, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from stream.broker import watchdog as keeper
from stream.demo.folder import storage_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PATIENCE_S = 6.0  # what is killed loses nothing that cannot be read again
LONGEST = 300
KILLED = 128 + signal.SIGKILL
TAIL = 16 * 1024


class ChildProcess:
    """
    A process of `command` whose words go to the file `log`.

    `settings` are environment variables that it is given above all others.
    """

    def __init__(self, command: Sequence[str], log: Path, settings: Mapping[str, str] | None = None) -> None:
        self._command = command
        self._settings = dict(settings or {})
        self._log = log
        self._keeper: subprocess.Popen[bytes] | None = None

    def tell(self, settings: Mapping[str, str]) -> None:
        """Give it further environment variables, from its next start on."""
        self._settings |= settings

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._keeper is not None and self._keeper.poll() is None

    def start(self) -> None:
        """
        Start it; it is ready some seconds later.

        Raises:
            RingboardError: its log cannot be written.

        """
        try:
            with self._log.open("wb") as log:
                self._keeper = subprocess.Popen(  # noqa: S603 - our own command
                    [sys.executable, "-I", "-S", keeper.__file__, str(PATIENCE_S), *self._command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env={**os.environ, **self._settings},  # what else the user has set is the worker's to read
                    start_new_session=True,
                )
        except OSError as error:
            raise storage_error(self._log, error) from error

    def stop(self) -> None:
        """Stop it in good order, and by force if that takes long."""
        if self._keeper is None:
            return
        with suppress(ProcessLookupError):
            self._keeper.terminate()
        try:
            self._keeper.wait(PATIENCE_S + 2)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._keeper.pid, signal.SIGKILL)
            self._keeper.wait()
        for end in (self._keeper.stdin, self._keeper.stdout):
            if end is not None:
                end.close()
        self._keeper = None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it has not."""
        return self._keeper.poll() if self._keeper is not None else None

    def last_words(self) -> str:
        """Return what it said last, an error above all else."""
        try:
            with self._log.open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - TAIL))
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        told = [line.partition(" ERROR ")[2] for line in lines if " ERROR " in line]
        errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
        return (errors or told or [line for line in lines if line.strip()] or [""])[-1].strip()[:LONGEST]
