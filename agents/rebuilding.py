"""Deletes the state of a floor, so that its workers fold all events again."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError, NonEmptyGroup, NotCoordinatorForGroupError
from aiokafka.errors import UnknownTopicOrPartitionError as UnknownTopicError
from aiokafka.protocol.admin import DeleteGroupsRequest

from agents.engine.transport import SESSION_S
from agents.preparation import changelogs
from stream.clock import SystemClock
from stream.errors import RingboardError
from stream.journeys.compose import floor_of, groups_of
from stream.journeys.stamp import stamp_of, write_stamp
from stream.kafka.authorised import need_rights
from stream.kafka.client import Admin, connected
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import Control, check_fingerprint
from stream.kafka.create_topics import controller_known, create_missing
from stream.kafka.rights import rights_of
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.journeys.partition_state import Group
    from stream.settings.model import Settings

GROUP_NOT_FOUND: Final = 69
LOOK_AGAIN_S: Final = 0.2
GONE_WITHIN_S: Final = 30.0


async def rebuild(settings: Settings, groups: Sequence[Group] | None = None) -> list[str]:
    """
    Delete the changelogs and links of the floor, create their topics again, and write the stamp of `settings`.

    Args:
        settings: all settings.
        groups: what is folded; by default Ringboard's own.

    Returns:
        The topics that were deleted and created again.

    Raises:
        RingboardError: a worker still runs, the floor's key is another one, or the broker refuses or fails.

    """
    floor, identity, connection = topics(settings), identity_of(settings), connection_of(settings)
    if groups is None:
        groups = groups_of(settings, floor_of(settings), SystemClock())
    tables = changelogs(settings, groups)
    # The links last: as long as a changelog exists, its position says how far they were read.
    doomed = [*tables.values(), floor.links]
    everything = [*floor, *tables.values()]
    await need_rights(connection, rights_of("rebuild", floor), [topic.name for topic in everything])
    async with connected(Admin(**connection.options), connection) as admin:
        try:
            await _forget_group(admin, settings.app_id)
            await controller_known(admin)
            there = {topic["topic"] for topic in await admin.describe_topics() if not topic["error_code"]}
            if floor.control.name in there:
                await check_fingerprint(connection, floor, identity)
            gone = [topic.name for topic in doomed if topic.name in there]
            for name in gone:
                await _delete(admin, name)
        except (KafkaError, TimeoutError) as error:
            raise RingboardError(f"rebuild: the broker at {connection} does not do it ({error})") from error
    await create_missing(connection, everything, settings.replication_factor)
    # No deletion before it: a copy of that record would delete the stamp again.
    await write_stamp(Control(connection, floor.control.name, identity), stamp_of(settings))
    return gone


async def _forget_group(admin: Admin, group: str) -> None:
    """Delete the offsets of `group`; the broker does that only while it has no member."""
    deadline = time.monotonic() + SESSION_S + 2  # a killed worker stays a member until its session is over
    while True:
        try:
            code = await _delete_group(admin, group)
        except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):
            code = None
        if code in {0, GROUP_NOT_FOUND}:
            return
        if time.monotonic() > deadline:
            if code == NonEmptyGroup.errno:
                raise RingboardError(f"workers of {group} still run: stop them all, then rebuild")
            raise RingboardError(f"rebuild: the broker does not let go of the group {group} (error {code})")
        await asyncio.sleep(LOOK_AGAIN_S)


async def _delete_group(admin: Admin, group: str) -> int:
    node = await admin.find_coordinator(group)
    answer: Any = await admin._send_request(DeleteGroupsRequest([group]), node)  # noqa: SLF001  # aiokafka has no method for it
    return next(int(code) for name, code in answer.results if name == group)


async def _delete(admin: Admin, name: str) -> None:
    """Delete a topic, and wait until it is gone."""
    answer: Any = await admin.delete_topics([name])
    for _, code, *_ in answer.topic_error_codes:
        if code not in {0, UnknownTopicError.errno}:
            raise RingboardError(f"topic {name}: cannot be deleted (error {code})")
    deadline = time.monotonic() + GONE_WITHIN_S
    while name in {topic["topic"] for topic in await admin.describe_topics() if not topic["error_code"]}:
        if time.monotonic() > deadline:
            raise RingboardError(f"topic {name}: the broker has not deleted it; run the command again")
        await asyncio.sleep(LOOK_AGAIN_S)
