"""A program of the demo as a child process that ends when the demo does, even by kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from stream.broker import watchdog
from stream.demo.folder import storage_error
from stream.privacy.private_files import UMASK, write_text
from stream.settings.secret_files import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PATIENCE_S = 6.0  # a worker that is killed reads again what it had not committed
LONGEST = 300  # characters
KILLED = 128 + signal.SIGKILL
TAIL = 16 * 1024  # bytes


class ChildProcess:
    """
    A process of `command` whose output goes to the file `log`.

    `settings` are environment variables, which override those of this process.
    """

    def __init__(self, command: Sequence[str], log: Path, settings: Mapping[str, str] | None = None) -> None:
        self._command = command
        self._settings = dict(settings or {})
        self._log = log
        self._watchdog: subprocess.Popen[bytes] | None = None

    def add_settings(self, settings: Mapping[str, str]) -> None:
        """Add environment variables for the next start."""
        self._settings |= settings

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._watchdog is not None and self._watchdog.poll() is None

    def start(self) -> None:
        """
        Start the process and return without waiting until it is ready.

        Raises:
            RingboardError: the log cannot be written.

        """
        try:
            write_text(self._log, "")
            with self._log.open("wb") as log:
                self._watchdog = subprocess.Popen(  # noqa: S603 - our own command
                    [sys.executable, "-I", "-S", watchdog.__file__, str(PATIENCE_S), *self._command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=_environment(self._settings),
                    start_new_session=True,
                    umask=UMASK,
                )
        except OSError as error:
            raise storage_error(self._log, error) from error

    def stop(self) -> None:
        """Stop the process by SIGTERM, and by SIGKILL if that takes longer than `PATIENCE_S`."""
        if self._watchdog is None:
            return
        with suppress(ProcessLookupError):
            self._watchdog.terminate()
        try:
            self._watchdog.wait(PATIENCE_S + 2)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._watchdog.pid, signal.SIGKILL)
            self._watchdog.wait()
        for end in (self._watchdog.stdin, self._watchdog.stdout):
            if end is not None:
                end.close()
        self._watchdog = None

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while the process runs or was never started."""
        return self._watchdog.poll() if self._watchdog is not None else None

    def last_error(self) -> str:
        """Return the last error that was logged, else the last line, cut to `LONGEST` characters."""
        try:
            with self._log.open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - TAIL))
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        logged = [line.partition(" ERROR ")[2] for line in lines if " ERROR " in line]
        errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
        return (errors or logged or [line for line in lines if line.strip()] or [""])[-1].strip()[:LONGEST]


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the user's environment, from which the worker reads the user's other settings, with `settings` in it."""
    own = {name.upper() + SUFFIX for name in settings}  # a secret of the user's is not to be beside one of these
    return {name: value for name, value in os.environ.items() if name.upper() not in own} | dict(settings)
