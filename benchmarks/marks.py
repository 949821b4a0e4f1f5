"""What a measured process says of itself: lines on standard output that the bench reads."""

from __future__ import annotations

import json
import resource
import time
from typing import Any

SIGN = "@mark "


def cpu_s() -> float:
    """Return the CPU-seconds, user and system, of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def mark(name: str, *, cpu: float | None = None, wall: float | None = None, **said: Any) -> None:
    """Say that `name` is reached now, or was at `cpu` and `wall` (of the monotonic clock), and what belongs to it."""
    at = {"cpu": cpu_s() if cpu is None else cpu, "wall": time.monotonic() if wall is None else wall}
    print(SIGN + json.dumps({"mark": name, **at, **said}), flush=True)
