"""Checks before the first event: the topics exist with the right partitions, and the state belongs to the settings."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError

from stream.errors import RefusedError, RingboardError
from stream.journeys.stamp import check_stamp, stamp_of
from stream.kafka.authorised import need_rights
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import Control, check_fingerprint
from stream.kafka.create_topics import create_missing
from stream.kafka.fitting import CONFIGS, misfits
from stream.kafka.inspecting import described
from stream.kafka.rights import rights_of
from stream.kafka.topics import topics
from stream.logs.trouble import Trouble
from stream.logs.words import BROKER
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stream.journeys.partition_state import Group
    from stream.kafka.topics import Topic
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings

RETRY_S = 2.0

log = logging.getLogger(__name__)


def changelogs(settings: Settings, groups: Iterable[Group]) -> dict[str, Topic]:
    """
    Return the changelog topic of every table of `groups`, with as many partitions as the topics it is made from.

    Raises:
        RingboardError: a group reads a topic that does not belong to the floor.

    """
    floor = topics(settings)
    by_name = {topic.name: topic for topic in floor}
    found: dict[str, Topic] = {}
    for group in groups:
        for name in group.topics:
            if name not in by_name:
                raise RingboardError(f"group {group.name}: topic {name} is none of the floor's")
        found |= {table: floor.changelog(table, by_name[group.topics[0]]) for table in group.tables}
    return found


async def prepare(settings: Settings, groups: Iterable[Group]) -> None:
    """
    Create missing topics, and check the key and the stamp; wait as long as the broker does not answer.

    Raises:
        RingboardError: the worker must not start, and waiting would not help.

    """
    wanted = [*topics(settings), *changelogs(settings, groups).values()]
    identity = identity_of(settings)
    trouble = Trouble(BROKER, log)
    while True:
        try:
            await _prepare(settings, wanted, identity)
        except (RingboardError, KafkaError, OSError) as error:
            if not may_pass(error):
                raise
            trouble.begins(str(error) or type(error).__name__, "trying again")
            await asyncio.sleep(RETRY_S)
        else:
            trouble.ends()
            return


async def _prepare(settings: Settings, wanted: Sequence[Topic], identity: Identity) -> None:
    floor, connection = topics(settings), connection_of(settings)
    await need_rights(connection, rights_of("worker", floor), [topic.name for topic in wanted])
    await create_missing(connection, wanted, settings.replication_factor)
    await _need_fit(settings, wanted)
    await check_fingerprint(connection, floor, identity)
    await check_stamp(Control(connection, floor.control.name, identity), stamp_of(settings))


async def _need_fit(settings: Settings, wanted: Sequence[Topic]) -> None:
    """Raise RefusedError where a topic would make numbers wrong; log where it keeps less than it should."""
    there = await described(connection_of(settings), {topic.name for topic in wanted}, CONFIGS)
    for topic in wanted:
        as_set = topic.partitions == settings.partitions
        for one in misfits(topic, *there.get(topic.name, (topic.partitions, {})), partitions_set=as_set):
            if one.wrong:
                raise RefusedError(f"topic {topic.name}: {one.message}", one.todo)
            log.warning("topic %s: %s; %s", topic.name, one.message, one.todo)


def may_pass(error: BaseException) -> bool:
    """Return whether `error` comes from the broker's present condition, and not from the settings."""
    if isinstance(error, RefusedError):
        return False
    return isinstance(error if not isinstance(error, RingboardError) else error.__cause__, (KafkaError, OSError))
