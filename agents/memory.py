"""The memory settings of a worker process: how often Python looks for cycles, and when glibc returns pages."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Final

# A fold makes and drops many small objects, nearly all without cycles: with Python's default of 700, a tenth of the
# time would go into looking for cycles. Every 50,000 objects is often enough for the cycles that libraries leave.
COLLECT_EVERY: Final = (50_000, 20, 20)

# As glibc numbers its settings (`man mallopt`).
M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8
# Fetched records come in buffers of up to 12 MB. By default, glibc raises its threshold once such a buffer is freed: it
# then places the next ones among the small blocks, and keeps up to twice as much memory free, in each thread. With a
# fixed threshold, a larger block has pages of its own, which return to the system when it is freed. The threshold is
# above the lists and dictionaries of a fold, for which own pages would cost time. The second value is how much may be
# free at the end of the heap before it returns.
OWN_PAGES_FROM: Final = 2**20
SPARE: Final = 2**22


def set_up_memory() -> None:
    """Set how this process collects garbage and, with glibc, how it allocates; other allocators stay as they are."""
    gc.set_threshold(*COLLECT_EVERY)
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_MMAP_THRESHOLD, OWN_PAGES_FROM)
            mallopt(M_TRIM_THRESHOLD, SPARE)
            # One heap for all threads: only one of them runs Python at a time, and memory it frees serves the others.
            mallopt(M_ARENA_MAX, 1)
