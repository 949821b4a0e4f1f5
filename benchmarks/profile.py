"""The bench that says where the CPU goes, for the simple and for the whole job."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from benchmarks import report
from benchmarks.bench_floor import KEY
from benchmarks.simple import ringboard_job as ours
from benchmarks.simple.events import EVENTS, make, totals
from benchmarks.whole.floor import Size, tell
from benchmarks.whole.run import facts_only
from benchmarks.whole.run import run as run_whole
from benchmarks.worker_marks import SAMPLE
from stream.settings.model import Settings

if TYPE_CHECKING:
    from benchmarks.bench_floor import Place
    from benchmarks.jobs import Mark, Span


async def run(place: Place, size: Size) -> dict[str, Any]:
    """Sample one run of either job, print where it was, and return it. Sampling costs some CPU itself."""
    os.environ[SAMPLE] = "1"  # what a job is given besides is the bench's own environment
    try:
        made = list(make(EVENTS))
        span, _, done = await ours.timed(place, made, totals(one.value for one in made))
        figures = {"simple": _show("The simple job", EVENTS, span, done)}
        told = tell(Settings(pseudonym_key=SecretStr(KEY), holidays_country=None), size)
        for name, mix in {"all that a floor tells": told, "those events that stay": facts_only(told)}.items():
            whole = await run_whole(place, mix, check=False)
            figures[name] = _show(f"The whole job, {name}", whole.events, whole.span, whole.done)
    finally:
        del os.environ[SAMPLE]
    return {"profile": figures}


def _show(title: str, events: int, span: Span, done: Mark) -> dict[str, Any]:
    sampled = done.said["sampled"]
    each_us = span.cpu / events * 1e6
    rows = [(part, f"{share:.1%}", f"{share * each_us:.2f}") for part, share in sampled["parts"].items()]
    report.show(f"{title}: {each_us:.2f} µs for each event", ("", "of the samples", "µs"), rows)
    print(f"CPU-seconds by thread: {sampled['threads']}")
    return {"us_per_event": round(each_us, 2), **sampled}
