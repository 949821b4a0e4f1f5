"""Before the first event: the topics exist with the partitions they must have, and the state is of these settings."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from stream.errors import RingboardError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stream.share import Group

CHANGELOG_CONFIG = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(16 * 1024 * 1024),
    "min.cleanable.dirty.ratio": "0.2",
    "segment.bytes": str(64 * 1024 * 1024),
    "segment.ms": str(6 * 3600 * 1000),
    "delete.retention.ms": str(24 * 3600 * 1000),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic that has to be there: its name, its partitions, and what it is created with."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


def changelog_name(app_id: str, table: str) -> str:
    """Return the name of a table's changelog."""
    return f"{app_id}-{table}-changelog"


def changelogs_of(app_id: str, groups: Iterable[Group]) -> dict[str, str]:
    """Return the changelog of every table of `groups`."""
    return {table: changelog_name(app_id, table) for group in groups for table in group.tables}


def changelog_specs(app_id: str, groups: Sequence[Group]) -> list[TopicSpec]:
    """Return the changelogs that `groups` need, with the partitions of what they are made from."""
    return [
        TopicSpec(changelog_name(app_id, table), group.partitions, CHANGELOG_CONFIG)
        for group in groups
        for table in group.tables
    ]


async def ensure_topics(bootstrap: str, specs: Sequence[TopicSpec], replication_factor: int) -> None:
    """
    Create what is missing of `specs`, and check what is there.

    Raises:
        RingboardError: a topic has another number of partitions, or cannot be created.
        KafkaError: the broker cannot be asked.

    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = await _partitions(admin)
        missing = [spec for spec in specs if spec.name not in there]
        if missing:
            await _create(admin, missing, replication_factor)
    finally:
        await admin.close()
    for spec in specs:
        if spec.name in there and there[spec.name] != spec.partitions:
            raise RingboardError(
                f"topic {spec.name} has {there[spec.name]} partitions where {spec.partitions} are needed: "
                "set RINGBOARD_PARTITIONS to what the topics have, or delete this topic to have it made anew"
            )


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    return {
        topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics() if not topic["error_code"]
    }


async def _create(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], replication_factor: int) -> None:
    answer: Any = await admin.create_topics(
        [
            NewTopic(
                name=spec.name,
                num_partitions=spec.partitions,
                replication_factor=replication_factor,
                topic_configs=dict(spec.config),
            )
            for spec in specs
        ]
    )
    for name, code, why in answer.topic_errors:
        if code and code != TopicAlreadyExistsError.errno:  # another worker may have been first
            raise RingboardError(f"topic {name} cannot be created: {why or f'error {code}'}")
    log.info("created %d topics", len(specs))
