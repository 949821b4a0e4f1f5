"""The topics of a floor: their names, partitions, keys and configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stream.events.types import TopicKind
    from stream.settings.model import Settings

KeyKind = Literal["lead or number", "rep or call", "campaign", "call", "none", "name", "of its source"]

_DAY_MS: Final = 86_400_000
_MIB: Final = 1_048_576
# Events are read again by a rebuild: all of a journey's last horizon, of the longest window, and a week to notice.
_BEYOND_JOURNEYS_DAYS: Final = 31 + 7
EVENT_BYTES: Final = 2 * _MIB
REJECTED_BYTES: Final = 4 * _MIB
CHANGELOG_BYTES: Final = 16 * _MIB


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: its `name`, number of `partitions`, what its records are keyed by, and its `config` on the broker."""

    name: str
    partitions: int
    key: KeyKind
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one floor, `app_id`."""

    app_id: str
    events: Topic
    links: Topic
    floor: Topic
    spend: Topic
    rejected: Topic
    control: Topic
    legs: Topic
    events_history: Topic
    floor_history: Topic

    def __iter__(self) -> Iterator[Topic]:
        """Yield all of them but the changelogs."""
        yield from (self.events, self.links, self.floor, self.spend, self.rejected, self.control, self.legs)
        yield from self.histories.values()

    def of(self, kind: TopicKind) -> Topic:
        """Return where events of `kind` go."""
        return {"events": self.events, "floor": self.floor, "spend": self.spend}[kind]

    @property
    def histories(self) -> dict[str, Topic]:
        """By the name of a topic, the one beside it whose events are folded while nothing waits in the first."""
        return {self.events.name: self.events_history, self.floor.name: self.floor_history}

    def changelog(self, table: str, source: Topic) -> Topic:
        """Return the changelog of a `table` that is made from `source`: with its partitions, compacted."""
        return Topic(f"{self.app_id}-{table}-changelog", source.partitions, "of its source", _CHANGELOG)


def topics(settings: Settings) -> Topics:
    """
    Return the topics of the floor that `settings` name.

    Records are kept for `journey_days`, the longest window and a week more, counted from their arrival: an event may
    be much older than that when it is replayed, so the broker's clock and not the event's decides.
    """
    app_id = settings.app_id
    log = {
        "cleanup.policy": "delete",
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str((settings.journey_days + _BEYOND_JOURNEYS_DAYS) * _DAY_MS),
        "retention.bytes": "-1",
        "segment.ms": str(_DAY_MS),
        "max.message.bytes": str(EVENT_BYTES),
    }
    return Topics(
        app_id,
        events=Topic(f"{app_id}.events.v1", settings.partitions, "lead or number", log),
        links=Topic(f"{app_id}.links.v1", settings.partitions, "lead or number", log),
        floor=Topic(f"{app_id}.floor.v1", 1, "rep or call", log),
        spend=Topic(f"{app_id}.spend.v1", 1, "campaign", log),
        rejected=Topic(f"{app_id}.rejected.v1", 1, "none", log | {"max.message.bytes": str(REJECTED_BYTES)}),
        control=Topic(f"{app_id}.control.v1", 1, "name", _CONTROL),
        legs=Topic(f"{app_id}.legs.v1", 1, "call", log | _LEGS),
        events_history=Topic(f"{app_id}.events-history.v1", settings.partitions, "lead or number", log),
        floor_history=Topic(f"{app_id}.floor-history.v1", 1, "rep or call", log),
    )


# Small segments, often cleaned: what a restore reads is little more than the state.
_CHANGELOG: Final = {
    "cleanup.policy": "compact",
    "message.timestamp.type": "LogAppendTime",
    "min.cleanable.dirty.ratio": "0.1",
    "segment.bytes": str(4 * CHANGELOG_BYTES),
    "segment.ms": str(6 * 3_600_000),
    "delete.retention.ms": str(_DAY_MS),
    "max.compaction.lag.ms": str(_DAY_MS),  # what was erased is gone within so long
    "max.message.bytes": str(CHANGELOG_BYTES),
}
# What is known of calls whose callbacks come one by one: longer than any call, in small segments.
_LEGS: Final = {"retention.ms": str(2 * _DAY_MS), "segment.ms": str(6 * 3_600_000)}
_CONTROL: Final = _CHANGELOG | {"segment.bytes": str(_MIB), "max.message.bytes": str(_MIB // 2)}
