"""Marks the moments of a worker under measurement: ready to read, all applied, and what it holds then."""

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
    Say `ready` when every share of `app` is restored, and `done` when nothing is left to read.

    `done` carries the CPU and the time of the last record applied, and what `results` gives. It waits for as many
    records of events as the environment's BENCH_EXPECT says, and for what they passed on, and looks a hundred times a
    second at a counter: that is all it adds to the worker.
    """
    expected = int(os.environ.get(EXPECT, "0"))

    @app.task  # type: ignore[untyped-decorator]
    async def look() -> None:
        engine = app.engine
        at = cpu_s(), time.monotonic()
        while not engine.complete():
            at = cpu_s(), time.monotonic()  # a look before it is ready, so that nothing of the work is left out
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
    with open("/proc/self/statm") as file:  # noqa: PTH123  a line of the kernel's, at once
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
