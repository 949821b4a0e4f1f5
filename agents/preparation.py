"""Checks before the first event: the topics exist with the right partitions, and the state belongs to the settings."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError

from agents.stamp import check_stamp, stamp_of
from stream.errors import RingboardError
from stream.kafka.control_topic import Control, check_fingerprint
from stream.kafka.create_topics import create_missing
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.journeys.partition_state import Group
    from stream.kafka.topics import Topic
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
    fingerprint = identity_of(settings).fingerprint()
    logged = ""
    while True:
        try:
            await _prepare(settings, wanted, fingerprint)
        except (RingboardError, KafkaError, OSError) as error:
            if not may_pass(error):
                raise
            if str(error) != logged:
                logged = str(error)
                log.warning("%s; trying again", logged or type(error).__name__)
            await asyncio.sleep(RETRY_S)
        else:
            if logged:
                log.info("the broker answers")
            return


async def _prepare(settings: Settings, wanted: Iterable[Topic], fingerprint: str) -> None:
    floor = topics(settings)
    await create_missing(settings.broker, wanted, settings.replication_factor)
    await check_fingerprint(settings.broker, floor, fingerprint)
    await check_stamp(Control(settings.broker, floor.control.name), stamp_of(settings))


def may_pass(error: BaseException) -> bool:
    """Return whether `error` comes from the broker's present condition, and not from the settings."""
    return isinstance(error if not isinstance(error, RingboardError) else error.__cause__, (KafkaError, OSError))
