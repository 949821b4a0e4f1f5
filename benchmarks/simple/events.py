"""The seeded events of the simple job, and their totals by a plain pass."""

from __future__ import annotations

import json
import random
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks.bench_kafka import partition_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EVENTS: Final = 400_000
PARTITIONS: Final = 4
CAMPAIGNS: Final = 20
REPS: Final = 200
SPAN_MS: Final = 6 * 3_600_000
DISORDER_MS: Final = 30_000
WINDOW_MS: Final = 300_000
BEGIN_MS: Final = 1_767_600_000_000  # the start of a window
CONTACT_S: Final = 30
BOUNDS: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)  # seconds; 12 buckets with the last

CALLS, CONTACTS, TALK, BUCKETS = 0, 1, 2, 3
CELL: Final = BUCKETS + len(BOUNDS) + 1

Totals = dict[tuple[str, int], list[int]]
"""By campaign or rep and the start of the window (ms): calls, contacts, talk in seconds, and the histogram's counts."""


class Made(NamedTuple):
    """An event for Kafka, with its key and partition."""

    partition: int
    key: bytes
    value: bytes


def make(count: int = EVENTS, seed: int = 1) -> Iterator[Made]:
    """Yield `count` events of about 250 bytes, spread over six hours of event time with some disorder."""
    chance = random.Random(seed)  # noqa: S311  a bench needs a seed, not secrecy
    campaigns = [f"campaign-{number:02d}" for number in range(CAMPAIGNS)]
    keys = [name.encode() for name in campaigns]
    partitions = [partition_of(key, PARTITIONS) for key in keys]
    for number in range(count):
        at = BEGIN_MS + number * SPAN_MS // count + chance.randrange(-DISORDER_MS, DISORDER_MS + 1)
        which = chance.randrange(CAMPAIGNS)
        human = chance.random() < 0.45
        event = {
            "id": f"e{number:09d}",
            "type": "call.ended",
            "at": max(at, BEGIN_MS),
            "campaign": campaigns[which],
            "rep": f"rep-{chance.randrange(REPS):03d}",
            "call": f"c{number:09d}",
            "lead": f"lead-{chance.randrange(60_000):06d}",
            "direction": "outbound",
            "amd": "human" if human else chance.choice(("machine", "unknown")),
            "talk_s": int(chance.expovariate(1 / 60)) if human else 0,
            "delay_s": int(chance.lognormvariate(7, 1.8)),
            "disposition": "conversation" if human else "no_answer",
            "source": "bench",
        }
        yield Made(partitions[which], keys[which], json.dumps(event, separators=(",", ":")).encode())


def totals(values: Iterable[bytes], size_ms: int = WINDOW_MS, hop_ms: int | None = None) -> dict[str, Totals]:
    """Return both tables of `values` by one plain pass, in windows of `size_ms` that begin every `hop_ms`."""
    hop = hop_ms or size_ms
    tables: dict[str, Totals] = {"campaigns": {}, "reps": {}}
    for value in values:
        event: dict[str, Any] = json.loads(value)
        latest = event["at"] - event["at"] % hop
        contact = event["amd"] == "human" and event["talk_s"] >= CONTACT_S
        bucket = BUCKETS + bisect_left(BOUNDS, event["delay_s"])
        for table, owner in (("campaigns", event["campaign"]), ("reps", event["rep"])):
            for window in range(latest, latest - size_ms, -hop):
                cell = tables[table].setdefault((owner, window), [0] * CELL)
                cell[CALLS] += 1
                cell[CONTACTS] += contact
                cell[TALK] += event["talk_s"]
                cell[bucket] += 1
    return tables


def add_up(parts: Iterable[Totals]) -> Totals:
    """Add up the totals of several partitions: a rep's calls are spread over all of them."""
    total: Totals = {}
    for part in parts:
        for key, cell in part.items():
            known = total.get(key)
            total[key] = list(cell) if known is None else [a + b for a, b in zip(known, cell, strict=True)]
    return total


def differences(found: dict[str, Totals], right: dict[str, Totals]) -> int:
    """Count the cells in which two sets of tables differ."""
    wrong = 0
    for table, cells in right.items():
        there = found.get(table, {})
        wrong += sum(there.get(key) != cell for key, cell in cells.items()) + len(there.keys() - cells.keys())
    return wrong
