"""A CPU profile of a worker: its main thread sampled each millisecond of CPU, its threads measured by the kernel."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import FrameType

EVERY_S: Final = 0.001
TICKS: Final = os.sysconf("SC_CLK_TCK")
PARTS: Final = (  # the innermost frame that lies in one of these names the part
    ("agents/engine/runner.py:_apply", "fold: between the parts below"),
    ("benchmarks/simple/", "fold"),
    ("stream/events/reading.py", "fold: reading the event"),
    ("stream/events/types.py", "fold: reading the event"),
    ("stream/kpi/", "fold: journeys' part in the numbers, and slices"),
    ("stream/journeys/", "fold: journeys"),
    ("stream/privacy/identity.py", "fold: journeys"),
    ("agents/engine/writer.py", "commit: writing the batches"),
    ("aiokafka/producer/", "commit: the producer"),
    ("aiokafka/record/", "commit: the producer"),
    ("agents/engine/transport.py", "transport"),
    ("agents/engine/batch.py", "transport"),
    ("agents/engine/inbox.py", "transport"),
    ("agents/", "the rest of the worker"),
    ("aiokafka/", "clients and protocol"),
    ("faust/", "Faust"),
    ("mode/", "Faust"),
    ("asyncio/", "the loop"),
    ("selectors.py", "the loop"),
)


class Sampler:
    """Samples the stack of the main thread while the process uses CPU."""

    def __init__(self) -> None:
        self.parts: Counter[str] = Counter()
        self._threads: dict[str, float] = {}

    def start(self) -> None:
        """Start sampling."""
        self._threads = threads()
        self.parts.clear()
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)

    def stop(self) -> dict[str, Any]:
        """Stop sampling; return the share of samples by part, and CPU-seconds by thread."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        total = max(1, self.parts.total())
        now = threads()
        return {
            "samples": total,
            "parts": {name: round(count / total, 3) for name, count in self.parts.most_common()},
            "threads": {name: round(cpu - self._threads.get(name, 0.0), 2) for name, cpu in now.items()},
        }

    def _look(self, _number: int, frame: FrameType | None) -> None:
        while frame is not None:
            code = frame.f_code
            position = f"{code.co_filename}:{code.co_name}"
            for pattern, part in PARTS:
                if pattern in position:
                    self.parts[part] += 1
                    return
            frame = frame.f_back
        self.parts["elsewhere"] += 1


def threads() -> dict[str, float]:
    """Return the CPU-seconds of each thread of this process, by its name."""
    names = {str(thread.native_id): thread.name for thread in threading.enumerate()}
    found: dict[str, float] = {}
    for task in Path("/proc/self/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        name = names.get(task.name, "other")
        found[name] = found.get(name, 0.0) + (int(fields[11]) + int(fields[12])) / TICKS
    return found
