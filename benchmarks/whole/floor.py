"""The records of a simulated floor up to now, admitted as for the topics."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from benchmarks.bench_kafka import partition_of
from stream.clock import SystemClock
from stream.events.refusal import Refused
from stream.intake.admission import admission_of
from stream.simulate import Floor, Play, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.events.types import TopicKind
    from stream.settings.model import Settings

LIVE_ONLY: Final = ("call.started", "call.answered")
SEED: Final = 1
SOURCE: Final = "benchmark"


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the simulated floor."""

    days: int = 30
    reps: int = 40
    campaigns: int = 8
    leads_per_day: float = 600.0


@dataclass(frozen=True, slots=True)
class FloorRecord:
    """A record: its topic (`events`, `floor` or `spend`), partition, key and value, and the event's type."""

    topic: TopicKind
    partition: int
    key: bytes
    value: bytes
    kind: str


def floor_records(settings: Settings, size: Size, most: int | None = None, seed: int = SEED) -> list[FloorRecord]:
    """
    Return the records of a floor whose days end today, up to now, in the order of their arrival; `most` limits them.

    They name a source of their own, as a real floor's do: what is simulated is marked wherever it counts, which a real
    floor never pays for.

    Raises:
        RuntimeError: an event was refused.

    """
    clock = SystemClock()
    now = clock.now_ms()
    today = dt.datetime.fromtimestamp(now / 1000, settings.zone).date()
    floor = Floor(
        seed=seed,
        reps=size.reps,
        campaigns=size.campaigns,
        leads_per_day=size.leads_per_day,
        start=today - dt.timedelta(days=size.days - 1),
        days=size.days,
        zone=settings.zone,
        profile=Profile(),
    )
    records = _admitted(settings, ({**event, "source": SOURCE} for _, event in Play(floor).history(now)))
    return list(islice(records, most))


def _admitted(settings: Settings, events: Iterator[dict[str, object]]) -> Iterator[FloorRecord]:
    admission = admission_of(settings, SystemClock())
    for event in events:
        try:
            admitted = admission.admit(event)
        except Refused as refused:
            raise RuntimeError(f"a simulated event was refused: {refused}") from refused
        if admitted is not None:
            kind = admitted.event.kind
            partition = partition_of(admitted.key, settings.partitions) if kind == "events" else 0
            yield FloorRecord(kind, partition, admitted.key, admitted.value, str(event["type"]))
