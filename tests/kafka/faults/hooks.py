"""
What the fault suite patches into a worker: places to hold or freeze it, a report of its transactions, broken variants.

Nothing of this is in the product, and a worker without orders works as the product's does, only that the two kinds of
writes of a transaction go one after the other.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaProducer

from agents.engine import engine as engine_module
from agents.engine import runner as runner_module
from agents.engine import writer as writer_module
from agents.engine.inbox import Gap, Inbox, Portion
from agents.engine.recovery import restore
from agents.engine.reserved_records import POSITION_KEY
from agents.engine.transport import BatchConsumer, BatchTransport
from agents.engine.writer import BATCH_BYTES, RETRY_MS, FencedError, Writer
from stream.journeys.base import JOURNEYS
from tests.kafka.faults.orders import BETWEEN, COMMIT, FENCE, RESTORE, Orders, Report

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from aiokafka import TopicPartition
    from faust.types import TP, ConsumerMessage

    from agents.engine.batch import Batch
    from agents.engine.writer import Entries
    from stream.journeys.partition_state import LogRecord, Send

    Changes = Mapping[tuple[str, int], Entries]


def install(
    orders: Orders, *, variant: str | None = None, drop: str | None = None, transaction_timeout_ms: int | None = None
) -> None:
    """
    Patch this process, which is about to become a worker.

    Args:
        orders: where it gets its orders.
        variant: `unfenced` writes at least once and fences nobody; `unchecked` takes whatever batch comes; `credulous`
            goes on with what it has in memory, whoever has written since; `same-epoch` goes on under the epoch of a
            commit that was sent twice.
        drop: `first` loses the first batch of each partition of the events on its way to the state; `at-rebalance`
            keeps it back until a rebalance has begun.
        transaction_timeout_ms: after which the broker aborts an open transaction.

    """
    report = Report(orders)

    class Observed(UnfencedWriter if variant == "unfenced" else HeldWriter):  # type: ignore[misc]
        hooks = (orders, report)

    async def held_restore(*args: Any) -> Any:
        with report.inside("recovering"):
            await orders.obey(RESTORE)
            return await restore(*args)

    engine: Any = engine_module
    engine.Writer = Observed
    engine.restore = held_restore
    if variant == "unchecked":
        runner: Any = runner_module
        runner.Inbox = UncheckedInbox
    if variant == "same-epoch":
        writer: Any = writer_module
        writer.Unanswered = Unnoticed
    if variant == "credulous":
        engine.unchanged = _all_of_them
    if drop is not None:

        class Dropping(AtRebalanceConsumer if drop == "at-rebalance" else DroppingConsumer):  # type: ignore[misc]
            hooks = orders

        BatchTransport.Consumer = Dropping
    if transaction_timeout_ms is not None:
        writer_module.TRANSACTION_TIMEOUT_MS = transaction_timeout_ms


async def _all_of_them(kept: Mapping[tuple[str, int], Any], _ends: Any) -> set[tuple[str, int]]:
    return set(kept)


class HeldWriter(Writer):
    """A writer whose journeys are written before its slices, and that can be held or frozen on its way."""

    hooks: tuple[Orders, Report]
    _phase: ExitStack

    async def start(self) -> None:
        if self._of_the_events():
            await self.hooks[0].obey(FENCE)
        await super().start()

    async def commit(
        self, changes: Changes, sends: Sequence[Send] = (), offsets: Mapping[TopicPartition, int] | None = None
    ) -> None:
        with ExitStack() as self._phase:
            await super().commit(changes, sends, offsets)

    async def _write(
        self,
        producer: AIOKafkaProducer,
        changes: Changes,
        sends: Sequence[Send],
        offsets: Mapping[TopicPartition, int] | None,
    ) -> dict[tuple[str, int], int]:
        orders, report = self.hooks
        first = {place: entries for place, entries in changes.items() if place[0].endswith(f"-{JOURNEYS}-changelog")}
        rest = {place: entries for place, entries in changes.items() if place not in first}
        ends = {}
        with ExitStack() as between:
            if first:
                ends = await super()._write(producer, first, (), None)
                between.enter_context(report.inside("between"))
                if rest and self._of_the_events():
                    await orders.obey(BETWEEN)
            ends |= await super()._write(producer, rest, sends, offsets)
        self._phase.enter_context(report.inside("written"))  # until the commit has returned
        if self._of_the_events():
            await orders.obey(COMMIT)
        return ends

    def _of_the_events(self) -> bool:
        return "-events-" in self.transactional_id


class UnfencedWriter(HeldWriter):
    """At least once: without transactions and without a fence, the position written after what led to it."""

    async def start(self) -> None:
        self._producer = AIOKafkaProducer(
            **self._connection.options,
            client_id=self.transactional_id,
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            retry_backoff_ms=RETRY_MS,
        )
        await self._producer.start()

    async def commit(
        self,
        changes: Changes,
        sends: Sequence[Send] = (),
        offsets: Mapping[TopicPartition, int] | None = None,  # noqa: ARG002  the position does
    ) -> None:
        producer = self._producer
        if producer is None:
            raise FencedError(self.transactional_id)
        state: dict[tuple[str, int], Entries] = {}
        position: dict[tuple[str, int], Entries] = {}
        for place, entries in changes.items():
            kept = list(entries)
            state[place] = [entry for entry in kept if entry[0] != POSITION_KEY]
            if len(state[place]) < len(kept):  # type: ignore[arg-type]
                position[place] = [entry for entry in kept if entry[0] == POSITION_KEY]
        with ExitStack() as self._phase:
            await self._write(producer, {place: entries for place, entries in state.items() if entries}, sends, None)
            await Writer._write(self, producer, position, (), None)
        self._counters.transactions += 1


class Unnoticed:
    """Notices nothing of what was sent twice."""

    any = False

    def __init__(self, _client: Any) -> None: ...


class UncheckedInbox(Inbox):
    """Takes whatever batch comes next, whether or not it is the following one."""

    def _take(self, topic: str) -> Portion | Gap | None:
        records: list[LogRecord] = []
        end = self.offsets[topic]
        while self._waiting[topic]:
            batch = self._waiting[topic][0]
            records += batch.records
            end = batch.end
            self._drop(topic)
        return Portion(topic, records, end) if end > self.offsets[topic] else None


class DroppingConsumer(BatchConsumer):
    """Loses the first batch of each partition of the events, without a word, before its state has got it."""

    hooks: Orders

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:  # noqa: ASYNC109
        async for tp, message in super().getmany(timeout):
            if tp.topic.endswith(".events.v1") and not self.hooks.said(f"dropped-{tp.partition}"):
                self.hooks.say(f"dropped-{tp.partition}")
            else:
                yield tp, message


class AtRebalanceConsumer(BatchConsumer):
    """Holds the first batches it has read, of partitions that never committed, until a rebalance has begun."""

    hooks: Orders

    async def _wait_next_batches(self, timeout: float) -> list[Batch]:  # noqa: ASYNC109
        batches = await super()._wait_next_batches(timeout)
        if any(batch.topic.endswith(".events.v1") for batch in batches) and not self.hooks.said("holding"):
            self.hooks.say("holding")
            generation = self.app.consumer_generation_id
            while self.flow_active and self.app.consumer_generation_id == generation:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            self.hooks.say("held")
        return batches
