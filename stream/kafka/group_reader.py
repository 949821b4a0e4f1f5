"""Reading a topic of anybody's as one of a group, whose committed offsets say how far it was read."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from stream.errors import RefusedError, RingboardError
from stream.kafka.client import LONGEST_WAIT_S, connected
from stream.kafka.rights import Right, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from stream.kafka.connection import Connection

AT_ONCE: Final = 1000
_WAIT_MS: Final = 500
_JOINED_WITHIN_MS: Final = 40_000  # the answer comes when the group's rebalance is over
_FORBIDDEN: Final = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)


class ForbiddenError(RefusedError):
    """The brokers do not let the login read the topic, or be one of the group."""


class GroupLostError(RingboardError):
    """The group has moved on without us, or the brokers are gone: what was not committed is read again."""


class Progress(NamedTuple):
    """How far a group is: how many `partitions` the topic has, and the records `behind` and `deleted` unread."""

    partitions: int
    behind: int
    deleted: int
    begun: bool


class GroupReader:
    """Reads `topic` by a consumer of the group."""

    def __init__(self, consumer: Any, topic: str) -> None:
        self._consumer = consumer
        self._topic = topic

    async def topic_exists(self) -> bool:
        """Return whether the topic is there, which also shows that the brokers are."""
        async with asyncio.timeout(LONGEST_WAIT_S):
            return self._topic in await self._consumer.topics()

    def join(self) -> None:
        """Join the group."""
        self._consumer.subscribe([self._topic])

    async def next(self) -> Mapping[TopicPartition, Sequence[Any]]:
        """Return aiokafka's next records by partition, none if none come for a moment."""
        found: Mapping[TopicPartition, Sequence[Any]]
        found = await self._consumer.getmany(timeout_ms=_WAIT_MS, max_records=AT_ONCE)
        return found

    async def commit(self, records: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """Commit that these have been read."""
        async with asyncio.timeout(LONGEST_WAIT_S):
            await self._consumer.commit({place: found[-1].offset + 1 for place, found in records.items()})

    async def progress(self) -> Progress:
        """Return how far the group is, without joining it."""
        # A client knows the partitions of what it has been assigned only.
        consumer, first = self._consumer, TopicPartition(self._topic, 0)
        consumer.assign([first])
        await consumer.end_offsets([first])
        places = [TopicPartition(self._topic, number) for number in sorted(consumer.partitions_for_topic(self._topic))]
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        committed = {place: await consumer.committed(place) for place in places}
        read_to = {place: begins[place] if offset is None else offset for place, offset in committed.items()}
        return Progress(
            len(places),
            sum(ends[place] - max(begins[place], read_to[place]) for place in places),
            sum(max(0, begins[place] - read_to[place]) for place in places),
            any(offset is not None for offset in committed.values()),
        )


@asynccontextmanager
async def reading_as_group(
    connection: Connection, topic: str, group: str, *, begin: str = "earliest"
) -> AsyncGenerator[GroupReader]:
    """
    Yield a reader of `topic`; a group that has read nothing yet begins at `begin`.

    Raises:
        BrokerAwayError: no broker answers.
        RefusedError: they do not let it in, or (ForbiddenError) not read.
        GroupLostError: the connection or the membership ended, whatever was done then.

    """
    consumer = AIOKafkaConsumer(
        **{**connection.options, "request_timeout_ms": _JOINED_WITHIN_MS},
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset=begin,
        isolation_level="read_committed",
    )
    try:
        async with connected(consumer, connection):
            yield GroupReader(consumer, topic)
    except _FORBIDDEN as error:
        right = Right("Read", "group", group)
        if isinstance(error, TopicAuthorizationFailedError):
            right = Right("Read", "topic", topic)
        raise ForbiddenError(*refusal(connection, [right])) from error
    except (KafkaError, OSError, TimeoutError) as error:
        raise GroupLostError(f"{connection}: {type(error).__name__}") from error
