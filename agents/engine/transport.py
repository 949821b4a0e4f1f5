"""
Faust's Kafka consumer, changed to pass on a whole fetched batch of a partition instead of single records.

Faust spends about a thousand Python calls on an event; with batches it spends them once for thousands of records.
This relies on private parts of exactly faust-streaming 0.15.3 and aiokafka 0.14 (`docs/decisions`): `flow_active`,
`_read_offset` and the active partitions of Faust's consumer, and the buffers of aiokafka's fetcher.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, cast

import aiokafka
from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Producer, Transport
from faust.types import TP, ConsumerMessage

from agents.engine.batch import READ_RECORDS, Batch, leave_records_alone
from agents.engine.forbidden import FORBIDDEN, end_if_forbidden

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from agents.engine.assignor import CoPartitionedAssignor
    from stream.kafka.connection import Connection

SESSION_S = 6.0  # the shortest that a broker takes by default: a killed worker's partitions wait as long
FETCH_PARTITION_BYTES = 3 * 1024 * 1024  # large batches in catch-up merge many changes of one key into one record
FETCH_BYTES = 12 * 1024 * 1024
FETCH_WAIT_MS = 100  # so long may a partition wait that missed the fetch under way
POLL_S = 0.5
CROWDED_POLL_S = 0.02  # while the inbox of some partition is full, poll again soon
GATHER_S = 0.01  # the pause after a small read; without it, at a thousand events a second, half of the work is reading
LITTLE = 500  # records: a read of fewer is a small one


class AppOfWorker(Protocol):
    """What the transport needs of the app it belongs to, beyond what every Faust app has."""

    co_assignor: CoPartitionedAssignor
    connection: Connection


class BatchConsumerThread(AIOKafkaConsumerThread):
    """The thread that fetches records and keeps the worker a member of its group."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._moves: dict[TP, int] = {}

    def _create_worker_consumer(self, _transport: Transport) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        return aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            **{
                **cast("AppOfWorker", self.app).connection.options,
                "request_timeout_ms": int(conf.broker_request_timeout * 1000),
            },
            partition_assignment_strategy=[cast("AppOfWorker", self.app).co_assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            check_crcs=conf.broker_check_crcs,
            max_partition_fetch_bytes=FETCH_PARTITION_BYTES,
            fetch_max_bytes=FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            metadata_max_age_ms=conf.consumer_metadata_max_age_ms,
            connections_max_idle_ms=conf.consumer_connections_max_idle_ms,
        )

    async def read(self, wanted: Mapping[TP, int], timeout: float) -> list[Batch]:  # noqa: ASYNC109  # as Faust has it
        """
        Return what has been fetched of the partitions in `wanted`, of each at most as many records as it says.

        If nothing has been fetched, wait for up to `timeout` seconds.
        """
        return cast("list[Batch]", await self.call_thread(self._read_as_allowed, wanted, timeout))

    async def _read_as_allowed(self, wanted: Mapping[TP, int], wait_s: float) -> list[Batch]:
        try:
            return await self._read(wanted, wait_s)
        except FORBIDDEN as error:
            end_if_forbidden(error)
            raise

    async def _read(self, wanted: Mapping[TP, int], wait_s: float) -> list[Batch]:
        consumer = self._ensure_consumer()
        fetcher: Any = consumer._fetcher  # noqa: SLF001
        deadline = asyncio.get_running_loop().time() + wait_s
        with fetcher._subscriptions.fetch_context():  # noqa: SLF001
            while self.consumer.flow_active:
                if consumer._closed or fetcher._closed:  # noqa: SLF001
                    raise ConsumerStoppedError
                batches = await self._drain(fetcher, wanted)
                left = deadline - asyncio.get_running_loop().time()
                if batches or left <= 0:
                    return batches
                waiter = fetcher._create_fetch_waiter()  # noqa: SLF001
                done, _ = await asyncio.wait([waiter], timeout=left)
                if not done:
                    waiter.cancel()
                    return []
                waiter.result()  # an error of the coordinator is raised here
        return []

    async def _drain(self, fetcher: Any, wanted: Mapping[TP, int]) -> list[Batch]:
        """Take some records of every partition that has any, so that none waits until another is empty."""
        subscriptions = fetcher._subscriptions  # noqa: SLF001
        subscription = subscriptions.subscription
        if subscription is None or subscription.assignment is None or subscriptions.reassignment_in_progress:
            return []
        assignment = subscription.assignment
        batches = []
        for tp in [tp for tp in fetcher._records if tp in wanted]:  # noqa: SLF001
            state = assignment.state_value(tp)
            if state is None or not state.has_valid_position:
                continue
            start = state.position
            leave_records_alone(fetcher._records[tp])  # noqa: SLF001
            # Without a timeout this returns before anything else runs: the two positions belong to these records.
            taken = await fetcher.fetched_records((tp,), timeout=0, max_records=wanted[TP(*tp)])
            if not state.has_valid_position or (end := state.position) <= start:
                continue
            batches.append(
                Batch(
                    tp.topic, tp.partition, start, end, self._moves.get(tp, 0), state.highwater or 0, taken.get(tp, [])
                )
            )
        return batches

    async def move(self, tp: TP, offset: int) -> int | None:
        """
        Go on reading `tp` at `offset`.

        Returns the count of moves that batches read from there carry, or None if the partition is not assigned here.
        """
        return cast("int | None", await self.call_thread(self._move, tp, offset))

    async def _move(self, tp: TP, offset: int) -> int | None:
        consumer = self._ensure_consumer()
        if tp not in consumer.assignment():
            return None
        consumer.seek(tp, offset)
        self._moves[tp] = self._moves.get(tp, 0) + 1
        return self._moves[tp]

    async def read_again(self, batches: Iterable[Batch]) -> None:
        """Go back to the start of `batches` that were not passed on, unless reading was moved meanwhile."""
        await self.call_thread(self._read_again, list(batches))

    async def _read_again(self, batches: list[Batch]) -> None:
        consumer = self._ensure_consumer()
        subscription = consumer._subscription.subscription  # noqa: SLF001
        assignment = subscription.assignment if subscription is not None else None
        if assignment is None or not assignment.active:
            return
        for batch in batches:
            tp = aiokafka.TopicPartition(batch.topic, batch.partition)
            state = assignment.state_value(tp)
            unmoved = batch.moves == self._moves.get(TP(*tp), 0)
            if state is not None and unmoved and state.has_valid_position and state.position == batch.end:
                consumer.seek(tp, batch.start)


class BatchConsumer(Consumer):
    """Faust's consumer: one message is one `Batch`."""

    _thread: BatchConsumerThread

    #: How many records a partition takes at once; what it has no room for is not read, so memory stays bounded.
    room: Callable[[TP], int] = staticmethod(lambda _tp: READ_RECORDS)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def member_id(self) -> str:
        """The id of this worker in its consumer group; empty while it is not a member."""
        consumer = self._thread._consumer  # noqa: SLF001
        coordinator: Any = consumer._coordinator if consumer is not None else None  # noqa: SLF001
        return str(coordinator.member_id) if coordinator is not None else ""

    async def move(self, tp: TP, offset: int) -> int | None:
        """Go on reading `tp` at `offset` (see `BatchConsumerThread.move`)."""
        return await self._thread.move(tp, offset)

    async def perform_seek(self) -> None:
        """
        Do nothing: the engine has already moved each partition to where its state ends.

        Faust would go to the group's offsets. They mostly lag a little, so records would be read twice for nothing; and
        if somebody had set them ahead, the partition would lack the records between until more arrived.
        """

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:  # noqa: ASYNC109
        """Yield a message for each partition with new records."""
        generation = self.app.consumer_generation_id
        batches = await self._wait_next_batches(timeout)
        little = 0 < sum(len(batch.records) for batch in batches) < LITTLE
        for place, batch in enumerate(batches):
            if not self.flow_active or self.should_stop or self.app.consumer_generation_id != generation:
                # Faust would go back to the committed offsets, which does nothing where none was committed yet:
                # records would be lost. So each partition is moved back.
                await self._thread.read_again(batches[place:])
                return
            tp = TP(batch.topic, batch.partition)
            # Faust silently drops what lies before the last offset it delivered. Whether a batch is old is for the
            # inbox to decide, which knows about moves.
            self._read_offset[tp] = None
            yield tp, self._message(tp, batch)
        if little:
            await self.sleep(GATHER_S)

    async def _wait_next_batches(self, timeout: float) -> list[Batch]:  # noqa: ASYNC109
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        active = self._get_active_partitions() | self._buffered_partitions
        wanted = {tp: room for tp in active if (room := self.room(tp))}
        if not wanted:
            await self.sleep(CROWDED_POLL_S if active else POLL_S / 5)
            return []
        wait_s = min(timeout, POLL_S if len(wanted) == len(active) else CROWDED_POLL_S)
        return await self._thread.read(wanted, wait_s)

    def _message(self, tp: TP, batch: Batch) -> ConsumerMessage:
        return ConsumerMessage(
            batch.topic,
            batch.partition,
            batch.end - 1,
            0.0,
            1,
            None,
            None,
            cast("bytes", batch),  # BatchSchema passes it on as it is
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: Faust would check acknowledged offsets, and these topics have none."""


class ConnectedProducer(Producer):
    """Faust's producer, which nothing is sent by, over the connection of the worker."""

    def _settings_auth(self) -> Mapping[str, Any]:
        return cast("AppOfWorker", self.app).connection.security


class BatchTransport(Transport):
    """Faust's Kafka transport with a `BatchConsumer`."""

    Consumer = BatchConsumer
    Producer = ConnectedProducer
