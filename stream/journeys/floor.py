"""What the states of a floor's partitions have in common: its rules, its topics, its limits, its counters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stream.journeys.ages import Ages
from stream.kpi.rules import DELAY_BOUNDS

if TYPE_CHECKING:
    from datetime import tzinfo

    from stream.kafka.topics import Topics
    from stream.kpi.rules import Rules


@dataclass(slots=True)
class Floor:
    """One floor, as the fold needs to know it; `ahead_ms` is how far an event may lie ahead of its arrival."""

    rules: Rules
    zone: tzinfo
    topics: Topics
    partitions: int
    journey_days: int = 90
    journey_events: int = 5000
    ahead_ms: int = 24 * 3_600_000
    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    unmapped: set[str] = field(default_factory=set)
    ages: Ages = field(default_factory=Ages)
    responses: Ages = field(default_factory=lambda: Ages(tuple(bound / 1000 for bound in DELAY_BOUNDS)))
