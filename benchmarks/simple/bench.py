"""The bench of the simple job: Ringboard's worker and a bare consumer in turn, then a run with a kill."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks import report
from benchmarks.bench_kafka import create, fill, new_name
from benchmarks.peers import peer_jobs
from benchmarks.simple import ringboard_job
from benchmarks.simple.events import PARTITIONS, make, totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.simple.events import Made
    from benchmarks.testbed import Testbed

OURS = "ringboard"
CEILING = "bare aiokafka, nothing durable"


async def run(testbed: Testbed, events: int, rounds: int) -> dict[str, Any]:
    """Run `rounds` of both, and once with a kill; print and return the figures."""
    made = list(make(events))
    right = totals(one.value for one in made)
    topic = await new_topic(testbed, made)
    runs: dict[str, list[dict[str, float]]] = {CEILING: [], OURS: []}
    lasts = 0.0
    for _ in range(rounds):
        span, wrong = peer_jobs.run(testbed, peer_jobs.BARE, peer_jobs.Task(topic, events, right), sys.executable)
        runs[CEILING].append({**report.rate(events, span), "wrong": wrong})
        span, wrong, done = await ringboard_job.timed(testbed, made, right)
        lasts = span.wall
        fold_us = done.details["counters"]["fold_seconds"] / events * 1e6
        runs[OURS].append({**report.rate(events, span), "wrong": wrong, "fold_us": round(fold_us, 2)})
    share = report.middle(runs[OURS], "per_cpu_s") / report.middle(runs[CEILING], "per_cpu_s")
    kill = await ringboard_job.killed(testbed, made, right, lasts)
    report.show(
        f"The simple job, {events:,} events, {rounds} interleaved rounds",
        ("", "events per CPU-second", "events per second", "peak MB", "wrong cells", "CPU-s of others"),
        [
            (name, *(report.spread(some, f) for f in ("per_cpu_s", "per_s", "peak_mb", "wrong", "other_cpu_s")))
            for name, some in runs.items()
        ],
    )
    print(f"Of the ceiling: {share:.0%}. Killed in the midst: {kill}")
    return {"simple": {"rounds": runs, "of_the_ceiling": round(share, 3), "killed": asdict(kill)}}


async def new_topic(testbed: Testbed, made: Sequence[Made]) -> str:
    """Return the name of a new topic with the events `made`, for jobs without a floor of their own."""
    topic = new_name("simple")
    await create(testbed.broker.bootstrap, [topic], PARTITIONS)
    await fill(testbed.broker.bootstrap, topic, made)
    return topic
