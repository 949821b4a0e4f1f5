"""The transactions of one partition: changes, records sent on, and offsets become visible together or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    IllegalOperation,
    InvalidProducerEpoch,
    InvalidTxnState,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFenced,
)

from agents.engine.unanswered import Unanswered
from stream.errors import RingboardError
from stream.kafka.partitioner import partition_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aiokafka import TopicPartition

    from agents.engine.counters import EngineCounters
    from stream.journeys.partition_state import Send
    from stream.kafka.connection import Connection

    Entries = Iterable[tuple[bytes | None, bytes | None]]


BATCH_BYTES = 500_000  # half of what a topic takes by default
TRANSACTION_TIMEOUT_MS = 60_000
RETRY_MS = 20  # aiokafka's 100 ms would show: between two transactions a broker sometimes answers "not yet"
STOP_S = 5.0
MARKER = 1  # the record that ends a transaction takes one offset of each partition
STOLEN = (ProducerFenced, InvalidProducerEpoch, InvalidTxnState)


class FencedError(Exception):
    """Another worker has taken over this partition."""


class Writer:
    """
    The transactional producer of one partition of a group.

    `start` fences any earlier producer with the same `transactional_id` and aborts its open transaction, so nothing may
    be read before it has returned.

    A broker carries out a late copy of a commit on whatever transaction the same epoch has open by then, and so commits
    a part of the next one. Where a request was sent twice, the next transaction therefore begins with a new epoch: what
    is still on its way of the old one is refused. After an error the writer writes no more: what was committed is known
    to the log alone, and who reads it starts a new writer first.
    """

    def __init__(self, connection: Connection, transactional_id: str, group_id: str, counters: EngineCounters) -> None:
        self.transactional_id = transactional_id
        self._connection = connection
        self._group_id = group_id
        self._counters = counters
        self._partitions: dict[str, list[int]] = {}
        self._producer: AIOKafkaProducer | None = None
        self._unanswered: Unanswered | None = None
        self._failed = False
        #: The end of each changelog partition, as far as this writer knows; nobody else may write there.
        self.ends: dict[tuple[str, int], int] = {}

    async def start(self) -> None:
        """Take over the transactional id."""
        self._producer = AIOKafkaProducer(
            **self._connection.options,
            client_id=self.transactional_id,
            transactional_id=self.transactional_id,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            acks="all",
            max_batch_size=BATCH_BYTES,
            retry_backoff_ms=RETRY_MS,
        )
        await self._producer.start()
        self._unanswered = Unanswered(self._producer.client)

    async def stop(self) -> None:
        """Close the connection; the broker aborts an open transaction later."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(producer.stop(), STOP_S)

    async def commit(
        self,
        changes: Mapping[tuple[str, int], Entries],
        sends: Sequence[Send] = (),
        offsets: Mapping[TopicPartition, int] | None = None,
    ) -> None:
        """
        Write `changes` by (topic, partition), `sends` and `offsets` in one transaction.

        Raises:
            FencedError: another worker has taken over; nothing was written.
            RingboardError: a record is larger than its topic takes; nothing was written.
            KafkaError: anything else; only the log then says whether it was written.

        """
        if self._failed:
            raise RuntimeError(f"{self.transactional_id}: an earlier transaction failed; the log is to be read first")
        self._failed = True
        await self._commit(changes, sends, offsets)
        self._failed = False

    async def _commit(
        self,
        changes: Mapping[tuple[str, int], Entries],
        sends: Sequence[Send],
        offsets: Mapping[TopicPartition, int] | None,
    ) -> None:
        began = time.perf_counter()
        if self._unanswered is not None and self._unanswered.any:
            await self._renew()
        producer = self._producer
        if producer is None:
            raise FencedError(self.transactional_id)
        try:
            await producer.begin_transaction()
            try:
                ends = await self._write(producer, changes, sends, offsets)
            except BaseException:
                self._counters.aborted += 1
                with contextlib.suppress(Exception):
                    await producer.abort_transaction()
                raise
            await producer.commit_transaction()
        except (*STOLEN, IllegalOperation) as error:
            raise FencedError(self.transactional_id) from error
        except (KafkaError, AssertionError) as error:
            if self._was_fenced(producer):
                raise FencedError(self.transactional_id) from error
            raise
        self.ends |= {place: end for place, end in ends.items() if place in changes}
        self._counters.transactions += 1
        self._counters.transaction_seconds += time.perf_counter() - began

    async def _renew(self) -> None:
        """
        Take the next epoch.

        Raises:
            FencedError: it is not the next one: somebody had taken over before, and may have written.
            KafkaError: it could not be taken.

        """
        pid, epoch = self._identity()
        await self.stop()
        await self.start()
        if self._identity() != (pid, epoch + 1):
            raise FencedError(self.transactional_id)
        self._counters.epochs_renewed += 1

    def _identity(self) -> tuple[int, int]:
        if self._producer is None:
            raise FencedError(self.transactional_id)
        manager = self._producer._txn_manager  # noqa: SLF001
        return manager.producer_id, manager.producer_epoch

    @staticmethod
    def _was_fenced(producer: AIOKafkaProducer) -> bool:
        """Return whether a fence ended the producer's own task: callers then get various other errors."""
        task = producer._sender.sender_task  # noqa: SLF001
        return task is not None and task.done() and not task.cancelled() and isinstance(task.exception(), STOLEN)

    async def _write(
        self,
        producer: AIOKafkaProducer,
        changes: Mapping[tuple[str, int], Entries],
        sends: Sequence[Send],
        offsets: Mapping[TopicPartition, int] | None,
    ) -> dict[tuple[str, int], int]:
        """Write everything, and return where each (topic, partition) ends after the marker of this transaction."""
        now = int(time.time() * 1000)
        writes = [(topic, partition, entries) for (topic, partition), entries in changes.items()]
        writes += [
            (topic, partition, entries) for (topic, partition), entries in (await self._by_partition(sends)).items()
        ]
        waits: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._append(producer, topic, partition, entries, now))
            for topic, partition, entries in writes
        ]
        if offsets:
            waits.append(asyncio.ensure_future(producer.send_offsets_to_transaction(dict(offsets), self._group_id)))
        # Check every result: a transaction can be committed although a record in it was refused.
        results: list[Any] = await asyncio.gather(*waits, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return {(topic, partition): int(end) for (topic, partition, _), end in zip(writes, results, strict=False)}

    async def _by_partition(
        self, sends: Sequence[Send]
    ) -> dict[tuple[str, int], list[tuple[bytes | None, bytes | None]]]:
        placed: dict[tuple[str, int], list[tuple[bytes | None, bytes | None]]] = {}
        for topic, key, value, partition in sends:
            if partition is None:
                known = self._partitions.get(topic) or await self._partitions_of(topic)
                # As aiokafka's own partitioner chooses, which takes more than twice as long.
                place = random.choice(known) if key is None else known[partition_of(key, len(known))]  # noqa: S311
            else:
                place = partition
            placed.setdefault((topic, place), []).append((key, value))
        return placed

    async def _partitions_of(self, topic: str) -> list[int]:
        if self._producer is None:
            raise FencedError(self.transactional_id)
        self._partitions[topic] = sorted(await self._producer.partitions_for(topic))
        return self._partitions[topic]

    async def _append(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        partition: int,
        entries: Entries,
        now: int,
    ) -> int:
        """
        Write `entries`, in as many batches as they need, and wait until the broker has accepted every one.

        Returns the offset after them and the marker that will follow; meaningless if the broker did not return one.
        """
        # Building batches is three times as fast as a send per record.
        sent = []
        batch = producer.create_batch()
        append = batch.append
        largest = 0
        for key, value in entries:
            size = len(value or b"") + len(key or b"")
            largest = max(largest, size)
            if append(timestamp=now, key=key, value=value) is None:
                sent.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                append = batch.append
                append(timestamp=now, key=key, value=value)  # an empty batch takes a record of any size
        sent.append(await producer.send_batch(batch, topic, partition=partition))
        results = await asyncio.gather(*sent, return_exceptions=True)
        for result in results:
            if isinstance(result, MessageSizeTooLargeError):
                raise RingboardError(
                    f"topic {topic}: a record of {largest:,} bytes is larger than the topic takes; "
                    "raise its max.message.bytes"
                ) from result
            if isinstance(result, BaseException):
                raise result
        last: Any = results[-1]
        end: int = last.offset + batch.record_count() + MARKER
        return end
