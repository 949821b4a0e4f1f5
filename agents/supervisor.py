"""Keeps a worker running: starts it again when it ends unexpectedly, and forwards signals to it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from agents.exits import EX_CONFIG, EX_OK

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # after a run of this length, the pause starts at its shortest again
STOP_S = 30.0
PR_SET_PDEATHSIG = 1


class Supervisor:
    """
    Runs `work` in a child process until it ends well, cannot go on, or a signal stops the supervisor.

    `work` returns an exit code. The child is forked, so a restart costs no imports; `log` is called with one line per
    event.
    """

    def __init__(self, work: Callable[[], int], log: Callable[[str], None]) -> None:
        self._work = work
        self._log = log
        self._child = 0
        self._stopping = 0.0
        self._signal = signal.SIGTERM

    def run(self) -> int:
        """Return the exit code: 0 after a signal to stop, 78 if starting again would not help."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            return self._supervise()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _supervise(self) -> int:
        pause = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            code = self._one_run()
            if self._stopping or code in {EX_OK, EX_CONFIG}:
                return EX_CONFIG if code == EX_CONFIG else EX_OK
            pause = FIRST_PAUSE_S if time.monotonic() - began >= STEADY_S else pause
            self._log(f"the worker ended ({_describe(code)}); starting it again in {pause:g} s")
            if self._sleep(pause):
                return EX_OK
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def _one_run(self) -> int:
        """Fork, and return how the child ended: its exit code, or minus the signal that killed it."""
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        self._child = os.fork()
        if self._child == 0:
            self._be_the_child(parent)
        try:
            if self._stopping:  # the signal came while there was no child
                self._pass_on()
            return self._wait()
        finally:
            self._child = 0

    def _wait(self) -> int:
        while True:
            ended, status = os.waitpid(self._child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            if self._stopping and time.monotonic() - self._stopping > STOP_S:
                self._log("the worker does not stop; killing it")
                os.kill(self._child, signal.SIGKILL)
                self._stopping = time.monotonic()
            # A blocking waitpid would not return when a signal reaches this process, so poll.
            time.sleep(0.05)

    def _sleep(self, seconds: float) -> bool:
        """Sleep, and return whether a signal to stop cut it short."""
        until = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < until:
            time.sleep(0.05)
        return bool(self._stopping)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signal = signal.Signals(number)
        self._stopping = self._stopping or time.monotonic()
        self._pass_on()

    def _pass_on(self) -> None:
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, self._signal)

    def _be_the_child(self, parent: int) -> None:
        code = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _leave)
            # In its own process group, so that Ctrl-C reaches it once: from the supervisor, not from the terminal too.
            os.setpgid(0, 0)
            die_with(parent)
            code = self._work()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends, where it can (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the call above
        os._exit(EX_OK)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End the process with code 0: what a signal does until the app has installed its own handlers."""
    raise SystemExit(EX_OK)


def _describe(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"
