"""What a broker says of itself: its topics, their configuration, and its clock."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import BrokerResponseError, KafkaError

from stream.errors import RingboardError
from stream.kafka.client import LONGEST_WAIT_S, Admin, connected, explained

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Container, Iterable, Sequence

    from stream.clock import Clock
    from stream.kafka.connection import Connection

CLOCK_KEY: Final = b"check/clock"
_APPEND_TIME: Final = 1

Described = dict[str, tuple[int, dict[str, str]]]
"""The number of partitions and the configuration of topics, by name."""


class BrokerFailsError(RingboardError):
    """A broker is there, and does not do what it is asked."""


async def described(connection: Connection, names: Container[str], configs: Sequence[str]) -> Described:
    """
    Return which topics of `names` are there, with the values of `configs`, as far as these may be read.

    Raises:
        BrokerAwayError: no broker answers.
        RefusedError: it does not let us in.
        BrokerFailsError: it does not say.

    """
    async with connected(Admin(**connection.options), connection) as admin, _in_time(connection):
        partitions = {
            one["topic"]: len(one["partitions"])
            for one in await admin.describe_topics()
            if not one["error_code"] and one["topic"] in names
        }
        if not partitions:
            return {}
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name, configs=dict.fromkeys(configs)) for name in partitions]
        found: dict[str, dict[str, str]] = {}
        answers: list[Any] = await admin.describe_configs(wanted)
        for answer in answers:
            for _code, _why, _kind, name, entries in answer.resources:
                found[name] = {entry[0]: entry[1] for entry in entries}
        return {name: (count, found.get(name, {})) for name, count in partitions.items()}


async def clock_difference_ms(connection: Connection, topic: str, clock: Clock) -> int | None:
    """
    Return by how much the broker's clock is ahead of `clock`; None where it does not stamp the records of `topic`.

    It stamps a record without content, which it then compacts away. Raises BrokerFailsError, or BrokerAwayError.
    """
    producer = AIOKafkaProducer(**connection.options, acks="all")
    async with connected(producer, connection), _in_time(connection):
        await producer.send_and_wait(topic, None, key=CLOCK_KEY, partition=0)  # connections are made by now
        before = clock.now_ms()
        sent = await producer.send_and_wait(topic, None, key=CLOCK_KEY, partition=0)
        after = clock.now_ms()
    if sent.timestamp_type != _APPEND_TIME or sent.timestamp < 0:
        return None
    return int(sent.timestamp - (before + after) // 2)


async def spans_of(connection: Connection, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], tuple[int, int]]:
    """Return where partitions that are there begin and end. Raises BrokerFailsError, or BrokerAwayError."""
    wanted = [TopicPartition(*place) for place in places]
    consumer = AIOKafkaConsumer(**connection.options)
    async with connected(consumer, connection), _in_time(connection):
        begins = await consumer.beginning_offsets(wanted) if wanted else {}
        ends = await consumer.end_offsets(wanted) if wanted else {}
    return {(one.topic, one.partition): (begins[one], ends[one]) for one in wanted}


async def offsets_of_group(connection: Connection, group: str) -> dict[tuple[str, int], int]:
    """Return the offsets that a consumer group has committed. Raises BrokerFailsError, or BrokerAwayError."""
    async with connected(Admin(**connection.options), connection) as admin, _in_time(connection):
        found: Any = await admin.list_consumer_group_offsets(group)
    return {(place.topic, place.partition): one.offset for place, one in found.items()}


@asynccontextmanager
async def _in_time(connection: Connection) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(LONGEST_WAIT_S):
            yield
    except BrokerResponseError as error:
        raise BrokerFailsError(type(error).__name__) from error
    except (KafkaError, TimeoutError) as error:
        raise await explained(connection, error) from error
