"""Marks when a measured worker is ready and when it has applied everything, with what it holds then."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

from benchmarks.marks import cpu_s, mark
from benchmarks.sampling import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.app import RingboardApp

LOOK_S = 0.01
QUIET_S = 0.4
EXPECT = "BENCH_EXPECT"
SAMPLE = "BENCH_SAMPLE"


def watch(app: RingboardApp, results: Callable[[], dict[str, Any]]) -> None:
    """
    Mark `ready` when every share of `app` is restored, and `done` when nothing is left to read.

    `done` has the CPU and wall time of the last record applied, and what `results` returns. It is marked after at least
    as many records as the environment's BENCH_EXPECT says. The only load on the worker is reading a counter a hundred
    times a second.
    """
    expected = int(os.environ.get(EXPECT, "0"))

    @app.task  # type: ignore[untyped-decorator]
    async def look() -> None:
        engine = app.engine
        at = cpu_s(), time.monotonic()
        while not engine.complete():
            at = cpu_s(), time.monotonic()  # a moment before it is ready, so that all its work is measured
            await asyncio.sleep(LOOK_S)
        restored = engine.counters.restored_records
        mark(
            "ready",
            cpu=at[0],
            wall=at[1],
            restored=restored,
            restore_s=engine.counters.last_restore_seconds,
            rss=_rss(),
        )
        sampler = Sampler() if os.environ.get(SAMPLE) else None
        if sampler is not None:
            sampler.start()
        seen = 0
        while True:
            await asyncio.sleep(LOOK_S)
            records = engine.counters.records
            if records != seen:
                seen, at = records, (cpu_s(), time.monotonic())
                continue
            quiet = seen >= expected and time.monotonic() - at[1] > QUIET_S
            if quiet and not await engine.behind() and engine.counters.records == seen:
                break
        sampled = sampler.stop() if sampler is not None else None
        counters = {name: getattr(engine.counters, name) for name in engine.counters.__slots__}
        mark("done", cpu=at[0], wall=at[1], counters=counters, rss=_rss(), sampled=sampled, **results())


def _rss() -> int:
    with open("/proc/self/statm") as file:  # noqa: PTH123  /proc, read at once
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
