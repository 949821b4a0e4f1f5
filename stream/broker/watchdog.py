"""
Run a program that ends when its owner does: `python watchdog.py PATIENCE COMMAND…`, standard library only.

The watchdog runs COMMAND as its child and prints the child's process id. The child ends with the owner, even if the
owner is killed:

- The owner holds the write end of the watchdog's standard input. End of file means that the owner is gone, also after
  kill -9. So does a change of parent: a fork of the owner may hold the pipe open, so the parent is checked twice a
  second.
- If the watchdog itself is killed, Linux kills the child (PR_SET_PDEATHSIG). That alone would not do for the owner: it
  follows the *thread* that started a process, and a pool's thread may end while its process lives on.

The child gets SIGTERM, and SIGKILL after PATIENCE seconds. The watchdog exits with the child's code.
Not covered: on systems other than Linux the child survives if watchdog and owner are killed together.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from functools import partial
from types import FrameType

PR_SET_PDEATHSIG = 1
LOOK_AGAIN_S = 0.5


def _die_with(watchdog: int) -> None:
    """In the child, before the command: have Linux kill it when the watchdog's only thread ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != watchdog:  # the watchdog was killed before the line above
            os._exit(1)


def main(patience_s: float, command: list[str]) -> int:
    """Run `command` until it ends, the owner is gone, or SIGTERM comes; return the exit code to pass on."""
    owner = os.getppid()
    signals: list[int] = []
    wake, waker = os.pipe()
    for end in (wake, waker):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(waker)

    def note(number: int, _frame: FrameType | None) -> None:
        signals.append(number)

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    # Safe here, as it is nowhere else: the watchdog has one thread and nothing but the standard library.
    child = subprocess.Popen(  # noqa: S603 - the owner's command
        command,
        stdin=subprocess.DEVNULL,
        stdout=2,
        preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509 - see above
    )
    print(child.pid, flush=True)  # noqa: T201 - the owner reads it

    inputs = [0, wake]
    deadline = None
    while (code := child.poll()) is None:
        ready, _, _ = select.select(inputs, [], [], LOOK_AGAIN_S)
        if wake in ready:
            os.read(wake, 64)
        gone = os.getppid() != owner
        if 0 in ready and not os.read(0, 64):
            inputs.remove(0)
            gone = True
        if deadline is None and (signals or gone):
            child.terminate()
            deadline = time.monotonic() + patience_s
        if deadline is not None and time.monotonic() > deadline:
            child.kill()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
