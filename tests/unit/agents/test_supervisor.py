"""A worker that ends before its time is started again; one that was told to stop, or cannot go on, is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
DEADLINE_S = 60.0
# Each run of the worker leaves its number and its process id, does what it is told, and ends.
PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from agents import supervisor
place = Path(sys.argv[1])
supervisor.FIRST_PAUSE_S = 0.01
supervisor.STOP_S = 1.0
def work():
    number = len(list(place.glob("run-*")))
    (place / "new").write_text(str(os.getpid()))
    (place / "new").rename(place / f"run-{number}")
    exec(sys.argv[2])
    return 0
def wait():
    while True:
        time.sleep(0.05)
def say(line):
    sys.stderr.write(line + "\\n")
sys.exit(supervisor.Supervisor(work, say).run())
"""


class Supervised:
    """A supervisor as a process, and what its workers left behind."""

    def __init__(self, place: Path, work: str) -> None:
        self.place = place
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(place), work], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )

    def ended(self) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, said

    @property
    def runs(self) -> list[int]:
        return [int(path.read_text()) for path in sorted(self.place.glob("run-*"))]

    def has_run(self, times: int) -> int:
        until(lambda: len(self.runs) >= times)
        return self.runs[times - 1]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(process: int) -> bool:
    """Tell whether a process has ended; one that nobody has waited for yet has, too."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except OSError:
        return True


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[[str], Supervised]]:
    started: list[Supervised] = []

    def start(work: str) -> Supervised:
        started.append(Supervised(tmp_path, work))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def test_a_worker_that_ends_by_rule_or_is_killed_is_started_again(supervise: Callable[[str], Supervised]) -> None:
    one = supervise("if number == 0: os._exit(70)\nif number == 1: os.kill(os.getpid(), signal.SIGKILL)")
    code, said = one.ended()
    assert code == 0
    assert len(one.runs) == 3
    assert "code 70" in said
    assert "signal 9" in said


def test_a_worker_that_was_told_something_wrong_is_not_started_again(supervise: Callable[[str], Supervised]) -> None:
    one = supervise("os._exit(78)")
    assert one.ended() == (78, "")
    assert len(one.runs) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_stop_reaches_the_worker_and_ends_both_well(
    supervise: Callable[[str], Supervised], number: signal.Signals
) -> None:
    one = supervise("wait()")
    worker = one.has_run(1)
    one.process.send_signal(number)
    assert one.ended() == (0, "")
    assert is_gone(worker)


def test_a_worker_that_does_not_stop_is_killed(supervise: Callable[[str], Supervised]) -> None:
    one = supervise("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n(place / 'deaf').touch()\nwait()")
    worker = one.has_run(1)
    until((one.place / "deaf").exists)
    one.process.terminate()
    code, said = one.ended()
    assert code == 0
    assert "killing it" in said
    assert is_gone(worker)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_worker_does_not_outlive_its_supervisor(supervise: Callable[[str], Supervised]) -> None:
    one = supervise("wait()")
    worker = one.has_run(1)
    one.process.kill()
    until(lambda: is_gone(worker))


def test_ctrl_c_in_the_terminal_reaches_the_worker_once_through_its_supervisor(
    supervise: Callable[[str], Supervised],
) -> None:
    one = supervise("wait()")
    assert os.getpgid(one.has_run(1)) != os.getpgid(one.process.pid)
