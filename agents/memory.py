"""How a worker's process goes about its memory: when it looks for what is left over, and what it gives back."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Final

# A fold makes and drops many small objects, nearly all without cycles: Python's own 700 would have it look for cycles
# through a tenth of the time. Looking every 50,000 frees what the libraries leave behind soon enough.
COLLECT_EVERY: Final = (50_000, 20, 20)

# As glibc numbers its settings (`man mallopt`).
M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8
# What is fetched at once comes in buffers of up to 12 MB. Once such a buffer was freed, glibc by itself would put such
# large ones among all small blocks, and keep up to twice as much free, in each thread: megabytes that nothing uses, and
# among them what a fold leaves behind. Instead, what is larger than the first of these has pages of its own, which go
# back when it is freed; it is more than the lists and dictionaries of a fold, which that would cost time. The second is
# how much may lie free at the end before it goes back.
OWN_PAGES_FROM: Final = 2**20
SPARE: Final = 2**22


def set_up_memory() -> None:
    """Set this process' ways with memory; where the allocator is not glibc's, that keeps its own."""
    gc.set_threshold(*COLLECT_EVERY)
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_MMAP_THRESHOLD, OWN_PAGES_FROM)
            mallopt(M_TRIM_THRESHOLD, SPARE)
            # One heap for all threads: one of them at a time runs Python, and what it has freed serves the others.
            mallopt(M_ARENA_MAX, 1)
