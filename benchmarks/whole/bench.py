"""The bench of the whole job, on three mixes of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from benchmarks import report
from benchmarks.bench_floor import KEY
from benchmarks.whole.floor import Size, floor_records
from benchmarks.whole.run import calls_and_leads, facts_only
from benchmarks.whole.run import run as run_whole
from stream.settings.model import Settings

if TYPE_CHECKING:
    from benchmarks.testbed import Testbed

ALL = "all that a floor tells"
EVENTS = "leads, calls, customers"
FACTS = "those that stay"


async def run(testbed: Testbed, size: Size, rounds: int, *, check: bool) -> dict[str, Any]:
    """Run `rounds` of each mix in turn; print and return the figures."""
    records = floor_records(Settings(pseudonym_key=SecretStr(KEY), holidays_country=None), size)
    mixes = {ALL: records, EVENTS: calls_and_leads(records), FACTS: facts_only(records)}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in mixes}
    for number in range(rounds):
        for name, events in mixes.items():
            one = await run_whole(testbed, events, check=check and number == rounds - 1)
            counters = one.done.details["counters"]
            runs[name].append(
                {
                    **report.rate(one.events, one.span),
                    "records": one.records,
                    "fold_us": round(counters["fold_seconds"] / one.events * 1e6, 2),
                    "transactions": counters["transactions"],
                    "journeys": one.done.details["journeys"],
                    "compared": one.compared,
                    "wrong": one.wrong,
                }
            )
    columns = ("events", "records", "per_cpu_s", "per_s", "fold_us", "peak_mb", "other_cpu_s")
    heads = ("events", "records", "events per CPU-second", "events per second", "fold µs", "peak MB", "CPU-s of others")
    report.show(
        f"The whole job, 8 partitions, one worker, {rounds} rounds",
        ("", *heads, "KPIs wrong"),
        [
            (
                name,
                *(report.spread(some, column) for column in columns),
                f"{some[-1]['wrong']:.0f} of {some[-1]['compared']:.0f}",
            )
            for name, some in runs.items()
        ],
    )
    return {"whole": {"size": str(size), "rounds": runs}}
