"""The bench that profiles the CPU of the simple and of the whole job."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from benchmarks import report
from benchmarks.bench_floor import KEY
from benchmarks.simple import ringboard_job
from benchmarks.simple.events import EVENTS, make, totals
from benchmarks.whole.floor import Size, floor_records
from benchmarks.whole.run import facts_only
from benchmarks.whole.run import run as run_whole
from benchmarks.worker_marks import SAMPLE
from stream.settings.model import Settings

if TYPE_CHECKING:
    from benchmarks.jobs import Mark, Span
    from benchmarks.testbed import Testbed


async def run(testbed: Testbed, size: Size) -> dict[str, Any]:
    """Sample one run of either job; print and return the shares of its parts. Sampling itself costs some CPU."""
    os.environ[SAMPLE] = "1"  # jobs inherit this environment
    try:
        made = list(make(EVENTS))
        span, _, done = await ringboard_job.timed(testbed, made, totals(one.value for one in made))
        figures = {"simple": _show("The simple job", EVENTS, span, done)}
        records = floor_records(Settings(pseudonym_key=SecretStr(KEY), holidays_country=None), size)
        for name, mix in {"all that a floor tells": records, "those events that stay": facts_only(records)}.items():
            whole = await run_whole(testbed, mix, check=False)
            figures[name] = _show(f"The whole job, {name}", whole.events, whole.span, whole.done)
    finally:
        del os.environ[SAMPLE]
    return {"profile": figures}


def _show(title: str, events: int, span: Span, done: Mark) -> dict[str, Any]:
    sampled = done.details["sampled"]
    each_us = span.cpu / events * 1e6
    rows = [(part, f"{share:.1%}", f"{share * each_us:.2f}") for part, share in sampled["parts"].items()]
    report.show(f"{title}: {each_us:.2f} µs for each event", ("", "of the samples", "µs"), rows)
    print(f"CPU-seconds by thread: {sampled['threads']}")
    return {"us_per_event": round(each_us, 2), **sampled}
