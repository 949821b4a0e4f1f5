"""A state that only counts, and the worker that runs it: what the engine is tested with."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from stream.journeys.partition_state import Group, Send, Staged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stream.journeys.partition_state import LogRecord

TABLES = ("counts", "minutes")
MINUTE_MS = 60_000


class CountingState:
    """
    Counts events per key and per minute; an event with `pass_on` is also counted where that key lives.

    An event is `{"k": key, "m": minute, "pass_on": other key}`; what is not JSON is counted under `poison`.
    """

    def __init__(self, links: str) -> None:
        self.links = links
        self.tables: dict[str, dict[bytes, int]] = {table: {} for table in TABLES}
        self.restored = 0
        self.is_ready = False
        self.due = 0

    def restore(self, table: str, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        for key, value in records:
            self.restored += 1
            if value is None:
                self.tables[table].pop(key, None)
            else:
                self.tables[table][key] = int(value)

    def ready(self) -> None:
        self.is_ready = True

    def fold(self, topic: str, records: Sequence[LogRecord]) -> Staged:
        keys: Counter[bytes] = Counter()
        minutes: Counter[bytes] = Counter()
        sends = []
        for record in records:
            try:
                event = json.loads(record.value or b"")
                key = event["k"].encode()
                minute = str(event["m"]).encode()
            except (ValueError, KeyError, TypeError, AttributeError):
                key, minute, event = b"poison", b"poison", {}
            keys[b"links:" + key if topic == self.links else key] += 1
            minutes[minute] += 1
            if event.get("pass_on"):
                value = json.dumps({**event, "k": event["pass_on"], "pass_on": None}).encode()
                sends.append(Send(self.links, event["pass_on"].encode(), value))
        added = {"counts": keys, "minutes": minutes}
        changes = {
            table: {key: self.tables[table].get(key, 0) + n for key, n in counts.items()}
            for table, counts in added.items()
        }
        return Staged({t: {k: b"%d" % n for k, n in c.items()} for t, c in changes.items()}, sends, changes)

    def settle(self) -> Staged | None:
        return None

    def apply(self, staged: Staged) -> None:
        for table, values in staged.inner.items():
            self.tables[table].update(values)


def counting_group(app_id: str, partitions: int = 4) -> Group:
    links = f"{app_id}.links.v1"
    return Group("events", (f"{app_id}.events.v1", links), TABLES, partitions, lambda _partition: CountingState(links))
