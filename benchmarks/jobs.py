"""A measured job: a process that reports when it begins and ends, and the CPU of everything else meanwhile."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from benchmarks.marks import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
ROOT = Path(__file__).parents[1]
STOP_S = 15.0


def cpu_of(pid: int) -> float:
    """Return the CPU-seconds of a process, its threads and the children it has waited for; 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(one) for one in fields[11:15]) / TICKS


def rss_of(pid: int) -> int:
    """Return the resident memory of a process, in bytes; 0 if it has ended."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return 0


def peak_of(pid: int) -> int:
    """Return the peak resident memory of a process, in bytes; 0 if it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def family_of(pid: int) -> list[int]:
    """Return the ids of a process and its descendants."""
    found = [pid]
    for one in found:
        with suppress(OSError):
            for thread in Path(f"/proc/{one}/task").iterdir():
                found.extend(int(child) for child in (thread / "children").read_text().split())
    return found


def machine_cpu() -> float:
    """Return the CPU-seconds used on this machine since its start."""
    fields = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    idle, waiting = fields[3], fields[4]
    return (sum(fields[:8]) - idle - waiting) / TICKS


@dataclass(slots=True)
class Mark:
    """A moment that a job reported: its CPU and wall seconds, and the CPU-seconds of the machine and of the broker."""

    name: str
    cpu: float
    wall: float
    details: dict[str, Any]
    machine: float
    broker: float


@dataclass(slots=True)
class Span:
    """From one mark to another: the job's CPU-seconds and wall seconds, the broker's CPU, and that of all else."""

    cpu: float
    wall: float
    broker: float
    other: float
    peak_mb: float = 0.0


class JobError(Exception):
    """A job ended early, or took too long."""


@dataclass
class Job:
    """
    A measured process; as a context manager it starts and stops.

    `broker` is the process id of the broker, whose CPU is measured separately; `log` is the file of the job's stderr.
    """

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    broker: int = 0
    log: Path | None = None
    cwd: Path = ROOT
    marks: dict[str, Mark] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._reported: queue.Queue[Mark | None] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None
        self.peak = 0

    def __enter__(self) -> Self:
        stderr = self.log.open("ab") if self.log is not None else subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(
                list(self.command),
                env={**os.environ, **self.environment},
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        finally:
            if not isinstance(stderr, int):
                stderr.close()
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id; raises JobError before the start."""
        if self._process is None:
            raise JobError("not started")
        return self._process.pid

    def _read(self) -> None:
        process = self._process
        if process is None or process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                _, prefix, text = line.partition(PREFIX)  # a library may have written to the same line
                if prefix:
                    details = json.loads(text)
                    self._note_peak()
                    name, cpu, wall = details.pop("mark"), details.pop("cpu"), details.pop("wall")
                    self._reported.put(Mark(name, cpu, wall, details, machine_cpu(), cpu_of(self.broker)))
        self._reported.put(None)

    def _note_peak(self) -> None:
        self.peak = max(self.peak, sum(peak_of(pid) for pid in family_of(self.pid)))

    def wait_for(self, name: str, timeout_s: float = 300.0) -> Mark:
        """Return the mark `name` once reported; raise JobError if the job ends or `timeout_s` passes first."""
        deadline = time.monotonic() + timeout_s
        while name not in self.marks:
            try:
                mark = self._reported.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise JobError(f"{self.what}: “{name}” was not reported within {timeout_s:.0f} s") from None
            if mark is None:
                raise JobError(f"{self.what}: ended before “{name}”{self._end_of_log()}")
            self.marks[mark.name] = mark
        return self.marks[name]

    @property
    def what(self) -> str:
        """The job's command, for messages."""
        return " ".join(str(one) for one in self.command)[:120]

    def _end_of_log(self) -> str:
        if self.log is None:
            return ""
        return ":\n" + "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])

    def span(self, first: str = "ready", last: str = "done") -> Span:
        """Return the figures between two marks."""
        begin, end = self.marks[first], self.marks[last]
        cpu, broker = end.cpu - begin.cpu, end.broker - begin.broker
        other = max(0.0, end.machine - begin.machine - cpu - broker)
        return Span(cpu, end.wall - begin.wall, broker, other, self.peak / 2**20)

    def kill(self) -> None:
        """Kill the process and its descendants by SIGKILL."""
        for pid in reversed(family_of(self.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """Stop the process by SIGTERM, and by SIGKILL after `STOP_S`."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
