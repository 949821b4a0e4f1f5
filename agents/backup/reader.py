"""Reads spans of partitions, committed records only, and finds where partitions end between two transactions."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from agents.engine.recovery import plain_consumer
from stream.backup.segments import Kept
from stream.kafka.client import explained

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping

    from aiokafka import AIOKafkaConsumer

    from stream.kafka.connection import Connection

Place = tuple[str, int]
"""A topic, and the number of a partition."""
Span = tuple[int, int]
"""The first offset, and the one after the last."""

_AT_ONCE: Final = 10_000
_WAIT_MS: Final = 200


class Reader:
    """Reads by a consumer of committed records; `ends` sees what is open too."""

    def __init__(self, committed: AIOKafkaConsumer, ends: AIOKafkaConsumer) -> None:
        self._committed = committed
        self._ends = ends

    async def begins(self, places: Iterable[Place]) -> dict[Place, int]:
        """Return the first offset that each partition has."""
        return _by_place(await self._committed.beginning_offsets(_partitions(places)))

    async def committed_ends(self, places: Iterable[Place]) -> dict[Place, int]:
        """Return where each partition ends, or its first transaction that is not decided begins."""
        return _by_place(await self._committed.end_offsets(_partitions(places)))

    async def quiet_ends(self, places: Iterable[Place]) -> dict[Place, int]:
        """
        Return where partitions end in which no transaction is open; those that have one, or grow, are left out.

        Of a group's partition that is found whole, all tables are as of one moment between two transactions: none of
        them grew from before the look at open transactions until after it, and in none was one open.
        """
        wanted = _partitions(places)
        before = await self._ends.end_offsets(wanted)
        decided = await self._committed.end_offsets(wanted)
        after = await self._ends.end_offsets(wanted)
        return {(one.topic, one.partition): before[one] for one in wanted if before[one] == decided[one] == after[one]}

    async def read(self, spans: Mapping[Place, Span]) -> AsyncGenerator[tuple[Place, list[Kept]]]:
        """Yield the records of `spans`, those of a partition in their order."""
        left = {TopicPartition(*place): span for place, span in spans.items() if span[1] > span[0]}
        if not left:
            return
        self._committed.assign(list(left))
        for place, (first, _) in left.items():
            self._committed.seek(place, first)
        while left:
            found: dict[Any, list[Any]] = await self._committed.getmany(timeout_ms=_WAIT_MS, max_records=_AT_ONCE)
            for place, records in found.items():
                if place in left:
                    end = left[place][1]
                    yield (
                        (place.topic, place.partition),
                        [
                            Kept(one.offset, one.timestamp, one.key, one.value, tuple(one.headers))
                            for one in records
                            if one.offset < end
                        ],
                    )
            for place in list(left):
                # The position, unlike a record's offset, also passes the markers at the end.
                if await self._committed.position(place) >= left[place][1]:
                    del left[place]
                    self._committed.pause(place)


@asynccontextmanager
async def reading(connection: Connection) -> AsyncGenerator[Reader]:
    """Yield a reader of the broker at `connection`; raises BrokerAwayError or RefusedError where it fails."""
    async with AsyncExitStack() as stack:
        try:
            committed = await stack.enter_async_context(plain_consumer(connection, "read_committed"))
            ends = await stack.enter_async_context(plain_consumer(connection, "read_uncommitted"))
            yield Reader(committed, ends)
        except (KafkaError, OSError, TimeoutError) as error:
            raise await explained(connection, error) from error


def _partitions(places: Iterable[Place]) -> list[TopicPartition]:
    return [TopicPartition(*place) for place in places]


def _by_place(offsets: Mapping[Any, int]) -> dict[Place, int]:
    return {(place.topic, place.partition): offset for place, offset in offsets.items()}
