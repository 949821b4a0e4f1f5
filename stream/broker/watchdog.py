"""
Keep a program for as long as its owner lives: `python watchdog.py PATIENCE COMMAND…`, standard library only.

The keeper runs COMMAND as its child and prints its process id. The child ends with the owner however that dies:

- The owner holds the other end of the keeper's standard input. Its end means that the owner is gone, also after
  kill -9. So does a new parent: a fork of the owner may hold that pipe open, so the keeper asks twice a second.
- Where the keeper itself is killed, Linux kills the child (PR_SET_PDEATHSIG). That alone would not do for the owner:
  it watches the *thread* that started a process, and a pool's thread may end while its process lives on.

The end is SIGTERM, and SIGKILL after PATIENCE seconds. The keeper exits with the child's code.
What stays possible: on other systems than Linux the child outlives a keeper that was killed together with its owner.
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


def _die_with(keeper: int) -> None:
    """In the child, before the command: ask Linux for its death with the only thread of the keeper."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != keeper:  # it was killed before the line above
            os._exit(1)


def main(patience_s: float, command: list[str]) -> int:
    """Run `command` until it ends, the owner is gone, or SIGTERM comes; return the exit code to pass on."""
    owner = os.getppid()
    asked: list[int] = []
    wake, waker = os.pipe()
    for end in (wake, waker):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(waker)

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    # Safe here, as it is nowhere else: the keeper has one thread and nothing but the standard library.
    child = subprocess.Popen(  # noqa: S603 - the owner's command
        command,
        stdin=subprocess.DEVNULL,
        stdout=2,
        preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509 - see above
    )
    print(child.pid, flush=True)  # noqa: T201 - the owner reads it

    ears = [0, wake]
    deadline = None
    while (code := child.poll()) is None:
        heard, _, _ = select.select(ears, [], [], LOOK_AGAIN_S)
        if wake in heard:
            os.read(wake, 64)
        gone = os.getppid() != owner
        if 0 in heard and not os.read(0, 64):
            ears.remove(0)
            gone = True
        if deadline is None and (asked or gone):
            child.terminate()
            deadline = time.monotonic() + patience_s
        if deadline is not None and time.monotonic() > deadline:
            child.kill()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
