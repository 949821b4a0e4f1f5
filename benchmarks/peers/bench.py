"""The bench beside the peers: everybody on the simple job, round by round, and windows that hop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from benchmarks import report
from benchmarks.bench_floor import KEY
from benchmarks.peers import environment
from benchmarks.peers import peer_jobs as field
from benchmarks.simple import ringboard_job as ours
from benchmarks.simple.bench import OURS, new_topic
from benchmarks.simple.events import make, totals
from benchmarks.whole.floor import Size, tell
from benchmarks.whole.run import run as run_whole
from stream.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.bench_floor import Place

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


async def run(place: Place, events: int, rounds: int, names: Sequence[str] = ()) -> dict[str, Any]:
    """
    Run the simple job by everybody (or those whose name contains one of `names`), print what came out, return it.

    Between them Ringboard does its whole job, which nobody else has: so that the two can be compared on one machine.
    """
    told = tell(Settings(pseudonym_key=SecretStr(KEY), holidays_country=None), FLOOR)
    made = list(make(events))
    few = list(make(min(field.FEW, events)))
    right, right_few = (totals(one.value for one in some) for some in (made, few))
    task = field.Task(await new_topic(place, made), len(made), right)
    task_of_few = field.Task(await new_topic(place, few), len(few), right_few)
    peers = [peer for peer in field.FIELD if not names or any(name.lower() in peer.name.lower() for name in names)]
    runs: Runs = {OURS: [], WHOLE: [], **{peer.name: [] for peer in peers}}
    skipped: dict[str, str] = {}
    for number in range(rounds):
        print(f"Round {number + 1} of {rounds}")
        span, wrong, _ = await ours.timed(place, made, right)
        runs[OURS].append({**report.rate(events, span), "wrong": wrong})
        whole = await run_whole(place, told, check=True)
        runs[WHOLE].append({**report.rate(whole.events, whole.span), "wrong": whole.wrong})
        for peer in peers:
            given = task_of_few if peer.slow else task
            try:
                span, wrong = field.run(place, peer, given)
            except field.Skipped as reason:
                skipped[peer.name] = str(reason)
                continue
            runs[peer.name].append({**report.rate(given.events, span), "wrong": wrong})
            print(f"  {peer.name}: {given.events / span.cpu:,.0f} events per CPU-second, {wrong} cells wrong")
    runs = {name: some for name, some in runs.items() if some}
    _show(runs)
    for name, why in skipped.items():
        print(f"{name}: left out, {why}")
    return {"peers": {"versions": environment.versions(), "rounds": runs, "skipped": skipped}}


def _show(runs: Runs) -> None:
    naive = report.middle(runs[NAIVE], "per_cpu_s") if NAIVE in runs else 0
    bare = report.middle(runs[field.BARE.name], "per_cpu_s") if field.BARE.name in runs else 0
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


async def hopping(place: Place, names: Sequence[str] = ()) -> dict[str, Any]:
    """
    Run windows of an hour, tumbling and then hopping by the minute, and print what the hopping costs.

    For Ringboard, which keeps slices, that is with reading all windows once.
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
            plain, wrong, _ = await ours.timed(place, made, tumbling, HOUR_MS)
            span, wrong_hops, done = await ours.timed(place, made, hops, HOUR_MS, MINUTE_MS)
            read_s = done.said["read_cpu_s"]
        else:
            peer = next(one for one in field.FIELD if one.name == name)
            topic = await new_topic(place, made)
            try:
                plain, wrong = field.run(place, peer, field.Task(topic, events, tumbling, HOUR_MS, HOUR_MS))
                span, wrong_hops = field.run(place, peer, field.Task(topic, events, hops, HOUR_MS, MINUTE_MS))
            except field.Skipped as reason:
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
