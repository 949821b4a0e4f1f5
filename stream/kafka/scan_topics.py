"""Reading whole partitions of several topics at once, each from somewhere to its present end, or on as they grow."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream.errors import BrokerAwayError
from stream.kafka.client import LONGEST_WAIT_S, Admin, connected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence

    from stream.kafka.connection import Connection

Place = tuple[str, int]

_AT_ONCE: Final = 5_000
_WAIT_MS: Final = 200
_NO_MEMBERS: Final = frozenset({"Empty", "Dead"})


class Scan:
    """Reads some partitions, committed records only; `ends` are where they ended when it began."""

    def __init__(self, consumer: Any, begins: Mapping[Place, int], ends: Mapping[Place, int]) -> None:
        self._consumer = consumer
        self.begins = begins
        self.ends = ends
        self._left = {place for place in ends if ends[place] > begins[place]}
        self._read = 0

    @property
    def total(self) -> int:
        """How many records there are to read, as far as offsets say."""
        return sum(self.ends[place] - self.begins[place] for place in self.ends)

    async def next(self) -> tuple[Sequence[Any], int]:
        """Return aiokafka's next records, none for a moment without any, and how many offsets have been passed."""
        found = await self._consumer.getmany(timeout_ms=_WAIT_MS, max_records=_AT_ONCE)
        for topic, partition in list(self._left):
            if await self._consumer.position(TopicPartition(topic, partition)) >= self.ends[topic, partition]:
                self._left.discard((topic, partition))
        records = [record for some in found.values() for record in some]
        self._read += len(records)
        return records, min(self._read, self.total) if self._left else self.total

    @property
    def done(self) -> bool:
        """Whether all has been read that was there when it began."""
        return not self._left


@asynccontextmanager
async def scanning(
    connection: Connection, places: Iterable[Place], *, since: Mapping[Place, int] | None = None
) -> AsyncGenerator[Scan]:
    """
    Yield what reads the partitions `places`, from the offsets of `since` where it has one, else from their beginning.

    Raises BrokerAwayError where no broker answers.
    """
    consumer = AIOKafkaConsumer(
        **connection.options,
        enable_auto_commit=False,
        isolation_level="read_committed",
        max_partition_fetch_bytes=8 * 1024 * 1024,
    )
    async with connected(consumer, connection):
        try:
            wanted = [TopicPartition(*place) for place in sorted(set(places))]
            consumer.assign(wanted)
            begins = await consumer.beginning_offsets(wanted)
            ends = await consumer.end_offsets(wanted)
            for place in wanted:
                begins[place] = max(begins[place], (since or {}).get((place.topic, place.partition), 0))
                consumer.seek(place, min(begins[place], ends[place]))
            yield Scan(
                consumer,
                {(one.topic, one.partition): begins[one] for one in wanted},
                {(one.topic, one.partition): ends[one] for one in wanted},
            )
        except KafkaError as error:
            raise BrokerAwayError(f"the broker fails while topics are read ({type(error).__name__})") from error


async def has_members(connection: Connection, group: str) -> bool:
    """Return whether anybody is in the consumer group `group`. Raises BrokerAwayError where no broker answers."""
    async with connected(Admin(**connection.options), connection) as admin:
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                answers: list[Any] = await admin.describe_consumer_groups([group])
        except (KafkaError, TimeoutError) as error:
            raise BrokerAwayError(f"the broker does not say who is in {group} ({type(error).__name__})") from error
    return any(one[2] not in _NO_MEMBERS and one[2] for answer in answers for one in answer.groups)
