"""Restores the states of partitions: reads their changelogs to the end before the first event is read."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.engine.batch import leave_records_alone
from agents.engine.reserved_records import RESERVED, STATE_ID_KEY, ReservedRecords, state_id_value
from stream.errors import RingboardError
from stream.journeys.lost import lost_state, made_anew

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from agents.engine.counters import EngineCounters
    from agents.engine.runner import Handover, Runner
    from stream.kafka.connection import Connection

CHUNK_RECORDS = 20_000  # the rest of the worker runs between two chunks
FETCH_PARTITION_BYTES = 8 * 1024 * 1024
FETCH_BYTES = 48 * 1024 * 1024
STABLE_WAIT_S = 90.0  # longer than the timeout of an open transaction
PATIENCE_MS = 40_000  # several times as long as a broker may take to answer: by then another one leads
END_WAIT_S = 5.0  # a new leader may learn of an end a moment late
LOOK_AGAIN_S = 0.05


class StateLostError(RingboardError):
    """The changelogs do not contain the state that belongs to the offsets that were read."""


@contextlib.asynccontextmanager
async def plain_consumer(connection: Connection, isolation_level: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a consumer that belongs to no group."""
    consumer = patient(
        AIOKafkaConsumer(
            **connection.options,
            isolation_level=isolation_level,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=FETCH_PARTITION_BYTES,
            fetch_max_bytes=FETCH_BYTES,
            fetch_max_wait_ms=100,
        )
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


def patient(consumer: AIOKafkaConsumer) -> AIOKafkaConsumer:
    """Return `consumer`; it asks for offsets again where a broker gives no answer, instead of giving up with it."""
    consumer._request_timeout_ms = PATIENCE_MS  # noqa: SLF001 - of all tries; that of one is the client's
    return consumer


async def restore(
    runners: Sequence[Runner],
    changelogs: Mapping[str, str],
    connection: Connection,
    ends: AIOKafkaConsumer,
    counters: EngineCounters,
) -> dict[tuple[str, int], ReservedRecords]:
    """
    Read the changelogs of `runners` into their states; their writers must have been started.

    Args:
        runners: the runners, with empty states.
        changelogs: the topic of each table.
        connection: to the broker.
        ends: a read_uncommitted consumer, which reads the ends of the logs.
        counters: of this worker.

    Returns:
        The reserved records of the changelogs, by (group, partition).

    """
    began = time.perf_counter()
    owners = {
        TopicPartition(changelogs[table], runner.partition): (runner, table)
        for runner in runners
        for table in runner.group.tables
    }
    found = {(runner.group.name, runner.partition): ReservedRecords() for runner in runners}
    if owners:
        async with plain_consumer(connection, "read_committed") as consumer:
            limits = await _stable_ends(consumer, ends, list(owners))
            for place, (runner, _) in owners.items():
                runner.writer.ends[place.topic, place.partition] = limits[place]
            await _read(consumer, owners, limits, found, counters)
    for runner in runners:
        runner.state.ready()
        await asyncio.sleep(0)
    counters.restores += 1
    counters.last_restore_seconds = time.perf_counter() - began
    counters.restore_seconds += counters.last_restore_seconds
    return found


async def _stable_ends(
    consumer: AIOKafkaConsumer, ends: AIOKafkaConsumer, partitions: list[TopicPartition]
) -> dict[TopicPartition, int]:
    """Wait until no open transaction hides a part of the logs, and return their ends."""
    deadline = time.monotonic() + STABLE_WAIT_S
    while True:
        high = await ends.end_offsets(partitions)
        stable: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        if all(stable[tp] >= high[tp] for tp in partitions) or time.monotonic() > deadline:
            return stable
        await asyncio.sleep(LOOK_AGAIN_S)


async def _read(
    consumer: AIOKafkaConsumer,
    owners: Mapping[TopicPartition, tuple[Runner, str]],
    limits: Mapping[TopicPartition, int],
    found: Mapping[tuple[str, int], ReservedRecords],
    counters: EngineCounters,
) -> None:
    firsts = await consumer.beginning_offsets(list(owners))
    left = {tp for tp in owners if limits[tp] > firsts[tp]}
    for tp in left:
        owners[tp][0].status.total += limits[tp] - firsts[tp]
    if not left:
        return
    consumer.assign(list(left))
    fetcher: Any = consumer._fetcher  # noqa: SLF001
    places = dict(firsts)
    for tp in left:
        consumer.seek(tp, firsts[tp])
    while left:
        for fetched in fetcher._records.values():  # noqa: SLF001
            leave_records_alone(fetched)
        chunks: dict[Any, list[Any]] = await consumer.getmany(timeout_ms=100, max_records=CHUNK_RECORDS)
        for tp, records in chunks.items():
            runner, table = owners[tp]
            entries = [(record.key, record.value) for record in records]
            own = [entry for entry in entries if entry[0][:1] == RESERVED]
            if own:
                for key, value in own:
                    found[runner.group.name, runner.partition].take(table, key, value)
                entries = [entry for entry in entries if entry[0][:1] != RESERVED]
            runner.state.restore(table, entries)
            counters.restored_records += len(entries)
        for tp in list(left):
            # The position, unlike a record's offset, also passes the transaction markers at the end of a log.
            place = await consumer.position(tp)
            owners[tp][0].status.restored += min(place, limits[tp]) - places[tp]
            places[tp] = min(place, limits[tp])
            if place >= limits[tp]:
                left.discard(tp)
                consumer.pause(tp)
        await asyncio.sleep(0)


async def unchanged(handovers: Mapping[tuple[str, int], Handover], ends: AIOKafkaConsumer) -> set[tuple[str, int]]:
    """
    Return the (group, partition) of those handovers that still agree with the changelogs.

    Call it after their writers have been started: no other worker can write any more, and anything that one has
    written, aborted or committed, has moved an end. Each transaction that changes a state, or sends records on for it,
    writes to its first changelog.
    """
    places = [TopicPartition(*place) for one in handovers.values() for place in one.ends]
    found = await ends.end_offsets(places) if places else {}
    return {
        name
        for name, one in handovers.items()
        if all(found[TopicPartition(*place)] == end for place, end in one.ends.items())
    }


@dataclass(frozen=True, slots=True)
class Sources:
    """The partitions that events are read from: where each begins, the group's offset, a consumer for the ends."""

    begins: Mapping[TopicPartition, int]
    committed: Mapping[TopicPartition, int]
    ends: AIOKafkaConsumer


async def first_offsets(
    runner: Runner, found: ReservedRecords, sources: Sources, changelogs: Mapping[str, str]
) -> dict[str, int]:
    """
    Return the next offset of each topic of a restored state; write a new state's id to its tables.

    Args:
        runner: the runner of the state.
        found: the reserved records of its changelogs.
        sources: the partitions that its events are read from.
        changelogs: the topic of each table.

    Raises:
        StateLostError: records were read, but the changelogs do not contain the state they led to; or a topic ends
            before the offset up to which it was folded.

    """
    group, partition = runner.group, runner.partition
    places = {topic: TopicPartition(topic, partition) for topic in group.topics}
    if not group.tables:
        return {topic: sources.committed.get(place, sources.begins[place]) for topic, place in places.items()}
    if not found.state_ids and found.position is None:
        if any(sources.committed.get(place, 0) > sources.begins[place] for place in places.values()):
            raise _lost(runner, changelogs, group.tables)
        runner.state_id = uuid.uuid4().hex
        marker = (STATE_ID_KEY, state_id_value(runner.state_id))
        await runner.writer.commit({(changelogs[table], partition): [marker] for table in group.tables})
    elif not found.complete(group.tables):
        raise _lost(
            runner, changelogs, [table for table in group.tables if table not in found.state_ids] or group.tables
        )
    else:
        runner.state_id = found.state_ids[group.tables[0]]
    position = found.position or {}
    offsets = {topic: position.get(topic, sources.begins[place]) for topic, place in places.items()}
    if position:
        await _check_ends(sources.ends, {place: offsets[topic] for topic, place in places.items()})
    return offsets


async def with_history(
    runners: Sequence[Runner], offsets: Sequence[Mapping[str, int]], ends: AIOKafkaConsumer, since_ms: int
) -> set[tuple[str, int]]:
    """Return the (group, partition) of those that have history to read, or whose history has grown since `since_ms`."""
    following = {
        TopicPartition(topic, runner.partition): (runner, start[topic])
        for runner, start in zip(runners, offsets, strict=True)
        for topic in runner.group.history
    }
    if not following:
        return set()
    limits = await ends.end_offsets(list(following))
    lately = await ends.offsets_for_times(dict.fromkeys(following, since_ms))
    return {
        (runner.group.name, runner.partition)
        for place, (runner, offset) in following.items()
        if limits[place] > offset or lately.get(place) is not None
    }


async def _check_ends(ends: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
    """Raise StateLostError if a topic ends before what was read of it: its next records would be taken for old ones."""
    deadline = time.monotonic() + END_WAIT_S
    while True:
        limits = await ends.end_offsets(list(offsets))
        short = [place for place, offset in offsets.items() if offset > limits[place]]
        if not short:
            return
        if time.monotonic() > deadline:
            place = short[0]
            raise StateLostError(made_anew(place.topic, place.partition, limits[place], offsets[place]))
        await asyncio.sleep(LOOK_AGAIN_S)


def _lost(runner: Runner, changelogs: Mapping[str, str], tables: Sequence[str]) -> StateLostError:
    return StateLostError(lost_state([changelogs[table] for table in tables], runner.partition))
