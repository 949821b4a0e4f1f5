"""The topics of a restore: made anew, with the time stamps that records had, until the last of them is there."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from aiokafka.errors import UnknownTopicOrPartitionError as UnknownTopicError

from stream.errors import RefusedError, RingboardError
from stream.kafka.client import Admin, connected, explained
from stream.kafka.create_topics import controller_known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.kafka.connection import Connection
    from stream.kafka.topics import Topic

STAMPED: Final = "message.timestamp.type"
OF_THE_SENDER: Final = "CreateTime"
_LOOK_AGAIN_S: Final = 0.2
_GONE_WITHIN_S: Final = 30.0


def under_way(topic: Topic) -> Topic:
    """
    Return `topic` as it is while a restore writes to it: records have the time stamps that they had.

    So what the topic keeps leaves it when it would have. No worker starts on such a topic of events: a restore that was
    ended is noticed, and goes on when it is run again.
    """
    return replace(topic, config={**topic.config, STAMPED: OF_THE_SENDER})


async def delete_topics(connection: Connection, names: Iterable[str]) -> None:
    """Delete topics, and return when they are gone."""
    doomed = set(names)
    async with connected(Admin(**connection.options), connection) as admin:
        try:
            await controller_known(admin)
            there = await _names(admin)
            if not doomed & there:
                return
            answer: Any = await admin.delete_topics(sorted(doomed & there))
            for name, code, *_ in answer.topic_error_codes:
                if code not in {0, UnknownTopicError.errno}:
                    raise _refused(name, code, "deleted", "Delete")
            deadline = time.monotonic() + _GONE_WITHIN_S
            while left := doomed & await _names(admin):
                if time.monotonic() > deadline:
                    raise RingboardError(f"topic {min(left)}: the broker has not deleted it; run the command again")
                await asyncio.sleep(_LOOK_AGAIN_S)
        except (KafkaError, TimeoutError) as error:
            raise await explained(connection, error) from error


async def configure(connection: Connection, topics: Iterable[Topic], in_sync: dict[str, str]) -> None:
    """Give `topics` their configuration, and `in_sync` with it; what else was set on them is forgotten."""
    wanted = [
        ConfigResource(ConfigResourceType.TOPIC, topic.name, configs={**topic.config, **in_sync}) for topic in topics
    ]
    async with connected(Admin(**connection.options), connection) as admin:
        try:
            answers: list[Any] = await admin.alter_configs(wanted)
        except (KafkaError, TimeoutError) as error:
            raise await explained(connection, error) from error
    for answer in answers:
        for code, _why, _kind, name in answer.resources:
            if code:
                raise _refused(name, code, "configured", "AlterConfigs")


async def _names(admin: Admin) -> set[str]:
    return {topic["topic"] for topic in await admin.describe_topics() if not topic["error_code"]}


def _refused(name: str, code: int, what: str, right: str) -> RingboardError:
    if code == TopicAuthorizationFailedError.errno:
        return RefusedError(f"topic {name}: may not be {what}", f"let this login {right} on it (kafka-acls.sh)")
    return RingboardError(f"topic {name}: cannot be {what} (error {code}); look at the broker's log")
