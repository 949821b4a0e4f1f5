"""Creates the topics of a floor that are not there yet, and refuses to go on where one has the wrong partitions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from aiokafka.admin import NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidReplicationFactorError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
)

from stream.errors import RefusedError, RingboardError
from stream.kafka.client import LONGEST_WAIT_S, Admin, connected, explained
from stream.kafka.rights import Right, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.kafka.connection import Connection
    from stream.kafka.topics import Topic

_LOOK_AGAIN_S: Final = 0.05
_BROKERS_COME_BACK_S: Final = 5.0  # longer than a broker that missed its heartbeats takes to be heard of again
_FORBIDDEN: Final = (TopicAuthorizationFailedError.errno, ClusterAuthorizationFailedError.errno)
ONE_AND_A_COPY: Final = 2


async def create_missing(connection: Connection, wanted: Iterable[Topic], replication_factor: int) -> None:
    """
    Create what is missing of the topics `wanted`; those that are there keep their configuration.

    With three replicas or more, all but one have to have a record before it is acknowledged: then no single broker's
    loss loses one, and one may be away while records are written.

    Raises:
        RingboardError: no broker answers, a topic has another number of partitions, or it cannot or may not be created.

    """
    topics = list(wanted)
    async with connected(Admin(**connection.options), connection) as admin:
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                await controller_known(admin)
                there = await _partitions(admin)
                missing = [topic for topic in topics if topic.name not in there]
                if missing:
                    await _create(admin, connection, missing, replication_factor)
                    await _seen(admin, {topic.name for topic in missing})
        except (KafkaError, TimeoutError) as error:
            raise await explained(connection, error) from error
    for topic in topics:
        partitions = there.get(topic.name, topic.partitions)
        if partitions != topic.partitions:
            raise RingboardError(
                f"partitions: topic {topic.name} has {partitions}, the settings say {topic.partitions}; "
                f"set RINGBOARD_PARTITIONS to {partitions}, or another RINGBOARD_APP_ID"
            )


async def may_not_create(connection: Connection, wanted: Iterable[Topic], replication_factor: int) -> list[str]:
    """Return which of the missing topics `wanted` the login may not create; raises as `create_missing` does."""
    async with connected(Admin(**connection.options), connection) as admin:
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                await controller_known(admin)
                answer = await _ask_to_create(admin, wanted, replication_factor, only_look=True)
        except (KafkaError, TimeoutError) as error:
            raise await explained(connection, error) from error
    return [name for name, code, _ in answer.topic_errors if code in _FORBIDDEN]


async def controller_known(admin: Admin) -> None:
    """
    Wait until the broker lists its cluster, and the controller in it.

    For a moment after its start it names no controller, and aiokafka fails of it.

    Raises:
        TimeoutError: it does not.

    """
    async with asyncio.timeout(LONGEST_WAIT_S):
        while (await admin.describe_cluster())["controller_id"] < 0:  # noqa: ASYNC110 - the broker has to be asked
            await asyncio.sleep(_LOOK_AGAIN_S)


async def _seen(admin: Admin, names: set[str]) -> None:
    """Wait until the broker lists topics that it has created: it answers a moment before it does."""
    while not names <= (await _partitions(admin)).keys():  # noqa: ASYNC110 - the broker has to be asked
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _partitions(admin: Admin) -> dict[str, int]:
    described: list[dict[str, Any]] = await admin.describe_topics()
    return {
        one["topic"]: len(one["partitions"])
        for one in described
        if not one["error_code"] and not any(partition["error_code"] for partition in one["partitions"])
    }


def in_sync(replication_factor: int) -> dict[str, str]:
    """Return how many replicas have to be in step for a write, where there are enough to spare one."""
    return {"min.insync.replicas": str(replication_factor - 1)} if replication_factor > ONE_AND_A_COPY else {}


async def _create(admin: Admin, connection: Connection, missing: list[Topic], replication_factor: int) -> None:
    answer = await created_by_live_brokers(admin, missing, replication_factor)
    forbidden = {name for name, code, _ in answer.topic_errors if code in _FORBIDDEN}
    if forbidden:
        ours = [topic.name for topic in missing if topic.name in forbidden]  # a broker answers in any order
        what, todo = refusal(connection, [Right("Create", "topic", name) for name in ours])
        raise RefusedError(what, f"{todo}, or create it beforehand (docs/kafka.md)")
    for name, code, why in answer.topic_errors:
        # Another process may have been first.
        if code and code != TopicAlreadyExistsError.errno:
            raise RingboardError(f"topic {name}: cannot be created: {why or f'error {code}'}")


async def created_by_live_brokers(admin: Admin, missing: list[Topic], replication_factor: int) -> Any:
    """
    Ask for the topics, for a while again where too few brokers are there to hold them.

    On a busy machine a broker misses its heartbeats and is left out for a moment, although it answers; the controller
    says it in the same way as it says that a cluster is too small.
    """
    until = asyncio.get_running_loop().time() + _BROKERS_COME_BACK_S
    while True:
        answer = await _ask_to_create(admin, missing, replication_factor)
        too_few = any(code == InvalidReplicationFactorError.errno for _, code, _ in answer.topic_errors)
        if not too_few or asyncio.get_running_loop().time() > until:
            return answer
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _ask_to_create(
    admin: Admin, missing: Iterable[Topic], replication_factor: int, *, only_look: bool = False
) -> Any:
    return await admin.create_topics(
        [
            NewTopic(
                name=topic.name,
                num_partitions=topic.partitions,
                replication_factor=replication_factor,
                topic_configs={**topic.config, **in_sync(replication_factor)},
            )
            for topic in missing
        ],
        validate_only=only_look,
    )
