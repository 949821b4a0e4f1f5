"""The bench of the peers: each on the simple job, round by round, and hopping windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from benchmarks import report
from benchmarks.bench_floor import KEY
from benchmarks.peers import environment, peer_jobs
from benchmarks.simple import ringboard_job
from benchmarks.simple.bench import OURS, new_topic
from benchmarks.simple.events import make, totals
from benchmarks.whole.floor import Size, floor_records
from benchmarks.whole.run import run as run_whole
from stream.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.testbed import Testbed

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
NAIVE: Final = "Faust, naive"
WHOLE: Final = f"{OURS}, its whole job"
FLOOR: Final = Size(days=12)
HOPPING_EVENTS: Final = {
    OURS: 100_000,
    "Kafka Streams, its windows": 40_000,
    "Bytewax, its windows": 10_000,
    "Quix Streams, its windows": 2_000,
    NAIVE: 1_500,
}

Runs = dict[str, list[dict[str, float]]]


async def run(testbed: Testbed, events: int, rounds: int, names: Sequence[str] = ()) -> dict[str, Any]:
    """
    Run the simple job by Ringboard and its peers (those whose names contain one of `names`); print and return figures.

    In each round Ringboard also does its whole job, which no peer has, so that the two can be compared.
    """
    records = floor_records(Settings(pseudonym_key=SecretStr(KEY), holidays_country=None), FLOOR)
    made = list(make(events))
    few = list(make(min(peer_jobs.FEW, events)))
    right, right_few = (totals(one.value for one in some) for some in (made, few))
    task = peer_jobs.Task(await new_topic(testbed, made), len(made), right)
    task_of_few = peer_jobs.Task(await new_topic(testbed, few), len(few), right_few)
    peers = [peer for peer in peer_jobs.PEERS if not names or any(name.lower() in peer.name.lower() for name in names)]
    runs: Runs = {OURS: [], WHOLE: [], **{peer.name: [] for peer in peers}}
    skipped: dict[str, str] = {}
    for number in range(rounds):
        print(f"Round {number + 1} of {rounds}")
        span, wrong, _ = await ringboard_job.timed(testbed, made, right)
        runs[OURS].append({**report.rate(events, span), "wrong": wrong})
        whole = await run_whole(testbed, records, check=True)
        runs[WHOLE].append({**report.rate(whole.events, whole.span), "wrong": whole.wrong})
        for peer in peers:
            task_given = task_of_few if peer.slow else task
            try:
                span, wrong = peer_jobs.run(testbed, peer, task_given)
            except peer_jobs.Skipped as reason:
                skipped[peer.name] = str(reason)
                continue
            runs[peer.name].append({**report.rate(task_given.events, span), "wrong": wrong})
            print(f"  {peer.name}: {task_given.events / span.cpu:,.0f} events per CPU-second, {wrong} cells wrong")
    runs = {name: some for name, some in runs.items() if some}
    _show(runs)
    for name, why in skipped.items():
        print(f"{name}: left out, {why}")
    return {"peers": {"versions": environment.versions(), "rounds": runs, "skipped": skipped}}


def _show(runs: Runs) -> None:
    naive = report.middle(runs[NAIVE], "per_cpu_s") if NAIVE in runs else 0
    bare = report.middle(runs[peer_jobs.BARE.name], "per_cpu_s") if peer_jobs.BARE.name in runs else 0
    rows = []
    for name, some in sorted(runs.items(), key=lambda item: -report.middle(item[1], "per_cpu_s")):
        here = report.middle(some, "per_cpu_s")
        figures = (report.spread(some, f) for f in ("per_cpu_s", "per_s", "peak_mb", "other_cpu_s"))
        ratios = (f"{here / naive:.1f}" if naive else "", f"{here / bare:.0%}" if bare else "")
        rows.append((name, int(some[0]["events"]), *figures, *ratios, int(sum(run["wrong"] for run in some))))
    heads = (
        "events",
        "per CPU-second",
        "per second",
        "peak MB",
        "CPU-s of others",
        "times naive",
        "of bare",
        "wrong cells",
    )
    title = "The simple job beside its peers, and the whole one: events per CPU-second of the job"
    report.show(title, ("", *heads), rows)


async def hopping(testbed: Testbed, names: Sequence[str] = ()) -> dict[str, Any]:
    """
    Run windows of an hour, tumbling and then hopping by the minute; print and return what the hopping costs.

    For Ringboard, which stores slices, the cost includes reading all windows once.
    """
    rows: list[tuple[object, ...]] = []
    figures: dict[str, dict[str, float]] = {}
    for name, events in HOPPING_EVENTS.items():
        if names and not any(one.lower() in name.lower() for one in names):
            continue
        made = list(make(events))
        tumbling = totals((one.value for one in made), HOUR_MS)
        hops = totals((one.value for one in made), HOUR_MS, MINUTE_MS)
        if name == OURS:
            plain, wrong, _ = await ringboard_job.timed(testbed, made, tumbling, HOUR_MS)
            span, wrong_hops, done = await ringboard_job.timed(testbed, made, hops, HOUR_MS, MINUTE_MS)
            read_s = done.details["read_cpu_s"]
        else:
            peer = next(one for one in peer_jobs.PEERS if one.name == name)
            topic = await new_topic(testbed, made)
            try:
                plain, wrong = peer_jobs.run(testbed, peer, peer_jobs.Task(topic, events, tumbling, HOUR_MS, HOUR_MS))
                span, wrong_hops = peer_jobs.run(testbed, peer, peer_jobs.Task(topic, events, hops, HOUR_MS, MINUTE_MS))
            except peer_jobs.Skipped as reason:
                print(f"{name}: left out, {reason}")
                continue
            read_s = 0.0
        cost = (span.cpu + read_s) / plain.cpu
        figures[name] = {
            "events": events,
            "tumbling_us": round(plain.cpu / events * 1e6, 1),
            "hopping_us": round(span.cpu / events * 1e6, 1),
            "reading_us": round(read_s / events * 1e6, 1),
            "times": round(cost, 2),
            "wrong": wrong + wrong_hops,
        }
        rows.append((name, *figures[name].values()))
        print(f"  {name}: {figures[name]}")
    heads = (
        "events",
        "tumbling 1 h, µs",
        "hopping 1 h by 1 min, µs",
        "reading all windows, µs",
        "times",
        "wrong cells",
    )
    report.show("What hopping costs, CPU for each event", ("", *heads), rows)
    return {"hopping": figures}
