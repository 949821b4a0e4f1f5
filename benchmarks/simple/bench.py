"""The bench of the simple job: Ringboard's worker and the ceiling in turn, then a run with a kill."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks import report
from benchmarks.bench_kafka import create, fill, new_name
from benchmarks.peers import peer_jobs as field
from benchmarks.simple import ringboard_job as ours
from benchmarks.simple.events import PARTITIONS, make, totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.bench_floor import Place
    from benchmarks.simple.events import Made

OURS = "ringboard"
CEILING = "bare aiokafka, nothing durable"


async def run(place: Place, events: int, rounds: int) -> dict[str, Any]:
    """Run `rounds` of both, print what they did, and return it."""
    made = list(make(events))
    right = totals(one.value for one in made)
    topic = await new_topic(place, made)
    runs: dict[str, list[dict[str, float]]] = {CEILING: [], OURS: []}
    lasts = 0.0
    for _ in range(rounds):
        span, wrong = field.run(place, field.BARE, field.Task(topic, events, right), sys.executable)
        runs[CEILING].append({**report.rate(events, span), "wrong": wrong})
        span, wrong, done = await ours.timed(place, made, right)
        lasts = span.wall
        fold_us = done.said["counters"]["fold_seconds"] / events * 1e6
        runs[OURS].append({**report.rate(events, span), "wrong": wrong, "fold_us": round(fold_us, 2)})
    share = report.middle(runs[OURS], "per_cpu_s") / report.middle(runs[CEILING], "per_cpu_s")
    kill = await ours.killed(place, made, right, lasts)
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


async def new_topic(place: Place, made: Sequence[Made]) -> str:
    """Give a topic full of `made`, for jobs that bring no floor of their own."""
    topic = new_name("simple")
    await create(place.broker.bootstrap, [topic], PARTITIONS)
    await fill(place.broker.bootstrap, topic, made)
    return topic
