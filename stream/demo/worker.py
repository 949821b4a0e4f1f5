"""The demo's worker: `ringboard worker` as a child that ends with the demo, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from stream.broker import keeper
from stream.demo.place import storage_error
from stream.errors import RingboardError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PATIENCE_S = 6.0  # a worker that is killed loses nothing: its last transaction is whole or does not count
ENTRY = "from stream.cli import main; main()"
LONGEST = 300
KILLED = 128 + signal.SIGKILL
TAIL = 16 * 1024


class Worker:
    """
    A worker process whose words go to the file `log`.

    `settings` are what it is told above all else, as environment variables.
    """

    def __init__(self, settings: Mapping[str, str], log: Path) -> None:
        self._settings = settings
        self._log = log
        self._keeper: subprocess.Popen[bytes] | None = None

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
                    [sys.executable, "-I", "-S", keeper.__file__, str(PATIENCE_S), *_command()],
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

    def why_it_ended(self) -> RingboardError:
        """Return the one line for a worker that ended by itself."""
        code = self._keeper.poll() if self._keeper is not None else None
        killed = "it was killed" if code == KILLED else "it said nothing"
        return RingboardError(
            f"the worker ended: {self._last_words() or killed} (see {self._log}; --reset begins anew)"
        )

    def _last_words(self) -> str:
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


def _command() -> list[str]:
    return [sys.executable, "-P", "-c", ENTRY, "worker"]
