"""The engine: the partitions that the consumer group has assigned to this worker, from their recovery to their loss."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import TYPE_CHECKING, Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faust.types import TP

from agents.engine.batch import READ_RECORDS
from agents.engine.commit_limiter import CommitLimiter
from agents.engine.counters import EngineCounters, PartitionStatus
from agents.engine.forbidden import end_if_forbidden
from agents.engine.history_limiter import HistoryLimiter
from agents.engine.recovery import Sources, first_offsets, patient, restore, unchanged, with_history
from agents.engine.runner import HISTORY_QUIET_S, FoldError, Handover, Runner, ended_by
from agents.engine.writer import FencedError, Writer
from agents.exits import EX_CONFIG, EX_ENGINE
from stream.errors import RingboardError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import faust

    from agents.engine.batch import Batch
    from agents.engine.transport import BatchConsumer
    from stream.journeys.partition_state import Group, PartitionState
    from stream.kafka.connection import Connection

LOST_MARGIN_S = 5.0
OFFSETS_WITHIN_S = 40.0
LOOK_AGAIN_S = 0.5

log = logging.getLogger(__name__)


class Engine:
    """
    The states of one worker's partitions.

    Readers use `states`, `positions`, `behind`, `status` and `counters`; all but `behind` return at once, and what they
    return is consistent until the reader's next await, as states change only between two steps of the loop.
    """

    def __init__(
        self, connection: Connection, app_id: str, groups: Sequence[Group], changelogs: Mapping[str, str]
    ) -> None:
        self.counters = EngineCounters()
        self.groups = {group.name: group for group in groups}
        self._connection = connection
        self._app_id = app_id
        self._changelogs = changelogs
        self._group_of = {topic: group for group in groups for topic in group.topics}
        self._runners: dict[tuple[str, int], Runner] = {}
        self._handovers: dict[tuple[str, int], Handover] = {}
        self._history_limiter = HistoryLimiter()
        self._commit_limiter = CommitLimiter()
        self._generation = 0
        self._recovering: asyncio.Task[None] | None = None
        self._ends: AIOKafkaConsumer | None = None
        self._ends_lock = asyncio.Lock()
        self._app: faust.App | None = None
        self._taken_over = False
        self._closed = False

    def attach(self, app: faust.App) -> None:
        """Connect to the rebalances and the shutdown of `app`."""
        self._app = app
        signals: Any = app  # what Faust declares of them, no coroutine fits
        signals.on_partitions_revoked.connect(self._on_revoked)
        signals.on_rebalance_complete.connect(self._on_rebalanced)
        signals.on_before_shutdown.connect(self._on_shutdown)

    # For readers.

    def states(self, group: str) -> dict[int, PartitionState]:
        """Return the states of the ready partitions of `group`."""
        return {p: runner.state for (name, p), runner in self._runners.items() if name == group and runner.positions()}

    def status(self) -> list[PartitionStatus]:
        """Return the status of every partition of this worker."""
        return [runner.status for _, runner in sorted(self._runners.items())]

    def complete(self) -> bool:
        """Return whether this worker has its assignment (which may be empty), and all of it is ready."""
        return self._taken_over and all(runner.status.state == "ready" for runner in self._runners.values())

    def positions(self) -> dict[tuple[str, int], int]:
        """Return the next offset to apply of each (topic, partition) that is ready here."""
        return {
            (topic, runner.partition): offset
            for runner in self._runners.values()
            for topic, offset in runner.positions().items()
        }

    def lag(self) -> dict[tuple[str, int], int]:
        """Return for each ready (topic, partition) the records not applied yet, as of the last read."""
        return {
            (topic, runner.partition): max(0, runner.inbox.highwater[topic] - offset)
            for runner in self._runners.values()
            if runner.inbox is not None
            for topic, offset in runner.positions().items()
        }

    async def behind(self, applied: Mapping[tuple[str, int], int] | None = None) -> int:
        """
        Return how many records are not applied yet; 0 means that nothing is pending, records sent on included.

        The ends are read after the positions, and they include open transactions: the records that a batch sent on lie
        before such an end once that batch is applied, even while its transaction marker is still on the way. For a
        moment, markers count too, until they have been read.

        Args:
            applied: the next offsets to count from, for all partitions of a floor; by default those of this worker's
                partitions, where one that is recovering counts from its beginning.

        """
        if applied is None:
            applied = {(t, r.partition): 0 for r in self._runners.values() for t in r.group.topics} | self.positions()
        if not applied:
            return 0
        ends = await (await self._end_reader()).end_offsets([TopicPartition(*place) for place in applied])
        return sum(max(0, ends[TopicPartition(*place)] - offset) for place, offset in applied.items())

    # For the agents and the consumer.

    def put(self, batch: Batch) -> None:
        """Pass a batch to the runner of its partition."""
        runner = self._runners.get((self._group_of[batch.topic].name, batch.partition))
        if runner is not None:
            runner.put(batch)

    def room(self, tp: TP) -> int:
        """Return how many records of `tp` to read at once; 0 for none."""
        group = self._group_of.get(tp.topic)
        runner = self._runners.get((group.name, tp.partition)) if group is not None else None
        return runner.room(tp.topic) if runner is not None else READ_RECORDS

    # On rebalances.

    async def _on_revoked(self, _app: Any, *_: Any, **_named: Any) -> None:
        await self._drop_all()

    async def _on_shutdown(self, _app: Any, *_: Any, **_named: Any) -> None:
        self._closed = True
        await self._drop_all()
        async with self._ends_lock:
            ends, self._ends = self._ends, None
        if ends is not None:
            await ends.stop()

    async def _drop_all(self) -> None:
        """
        Finish what is under way and give up all partitions: another worker may get them.

        Their handovers are stored until the next assignment is known: mostly this worker gets them again.
        """
        self._generation += 1
        self._taken_over = False
        recovering, self._recovering = self._recovering, None
        if recovering is not None and not recovering.done():
            recovering.cancel()
            await asyncio.wait([recovering])
        runners, self._runners = self._runners, {}
        if runners:
            await asyncio.gather(*(runner.stop() for runner in runners.values()))
        for name, runner in runners.items():
            if runner.inbox is not None:  # else it was never started, and its stored handover still holds
                self._handovers.pop(name, None)
                if (handover := runner.handover()) is not None:
                    self._handovers[name] = handover

    async def _on_rebalanced(self, app: Any, *_: Any, **_named: Any) -> None:
        """Take over the assigned partitions; Faust lets events flow when this returns."""
        if self._closed:
            return
        await self._drop_all()
        owned = self._owned(app.consumer.assignment())
        ours = {(group.name, partition) for group, partition in owned}
        self._handovers = {name: handover for name, handover in self._handovers.items() if name in ours}
        cast("BatchConsumer", app.consumer).room = self.room
        if not owned:
            log.info("no partitions for this worker for now")
            self._taken_over = True
            return
        generation = self._generation
        task = self._recovering = asyncio.create_task(self._take_over(app, owned, generation), name="recovery")
        await asyncio.wait([task])
        if self._generation != generation:
            return  # the next assignment is on its way
        self._recovering = None
        if (error := ended_by(task)) is not None:
            self._fail(error)

    def _owned(self, assignment: Iterable[TP]) -> list[tuple[Group, int]]:
        given = set(assignment)
        owned = []
        for group in self.groups.values():
            for partition in range(group.partitions):
                parts = [TP(topic, partition) in given for topic in group.topics]
                if all(parts):
                    owned.append((group, partition))
                elif any(parts):
                    log.error("%s[%d] was split between workers of different versions", group.name, partition)
        return owned

    async def _take_over(self, app: faust.App, owned: Sequence[tuple[Group, int]], generation: int) -> None:
        move = cast("BatchConsumer", app.consumer).move
        runners = [
            Runner(
                group,
                group.new_state(partition),
                PartitionStatus(group.name, partition),
                writer=Writer(
                    self._connection, f"{self._app_id}-{group.name}-{partition}", self._app_id, self.counters
                ),
                changelogs=self._changelogs,
                counters=self.counters,
                move=lambda topic, partition, offset: move(TP(topic, partition), offset),
                history_limiter=self._history_limiter,
                commit_limiter=self._commit_limiter,
            )
            for group, partition in owned
        ]
        self._runners = {(runner.group.name, runner.partition): runner for runner in runners}
        # The changelogs no longer change once every former writer is fenced.
        await asyncio.gather(*(runner.writer.start() for runner in runners))
        ends = await self._end_reader()
        self._handovers = {name: self._handovers[name] for name in await unchanged(self._handovers, ends)}
        resumed = {name: self._runners[name].resume(handover) for name, handover in self._handovers.items()}
        new = [runner for runner in runners if (runner.group.name, runner.partition) not in resumed]
        found = await restore(new, self._changelogs, self._connection, ends, self.counters) | resumed
        places = [TopicPartition(topic, r.partition) for r in runners for topic in r.group.topics]
        sources = Sources(await ends.beginning_offsets(places), await self._committed(places), ends)
        offsets = await asyncio.gather(
            *(first_offsets(r, found[r.group.name, r.partition], sources, self._changelogs) for r in runners)
        )
        history = await with_history(runners, offsets, ends, round((time.time() - HISTORY_QUIET_S) * 1000))
        if self._generation != generation:
            return
        await app.consumer.seek_wait(
            {
                TP(topic, r.partition): offset
                for r, start in zip(runners, offsets, strict=True)
                for topic, offset in start.items()
            }
        )
        for runner, start in zip(runners, offsets, strict=True):
            runner.start(start, self._failed, history=(runner.group.name, runner.partition) in history)
        self._taken_over = True
        self._handovers = {}
        self.counters.states_reused += len(resumed)
        log.info(
            "%d partitions ready, %d of them still in memory; %d records restored in %.1f s",
            len(runners),
            len(resumed),
            sum(runner.status.restored for runner in runners),
            self.counters.last_restore_seconds,
        )

    async def _committed(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the group's offsets; ask again while no broker has them, as for a moment after they have moved."""
        deadline = time.monotonic() + OFFSETS_WITHIN_S
        while True:
            try:
                return await self._read_committed(places)
            except KafkaError as error:
                if time.monotonic() > deadline:
                    raise
                log.warning("the group's offsets cannot be read (%s); trying again", type(error).__name__)
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _read_committed(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        admin = AIOKafkaAdminClient(**self._connection.options)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self._app_id, partitions=places)
        finally:
            await admin.close()
        return {tp: one.offset for tp, one in offsets.items() if one.offset >= 0}

    async def _end_reader(self) -> AIOKafkaConsumer:
        """Return the consumer that reads the ends of topics, and no records."""
        async with self._ends_lock:
            if self._closed:
                raise RingboardError("this worker is stopping")
            if self._ends is None:
                consumer = patient(AIOKafkaConsumer(**self._connection.options, enable_auto_commit=False))
                await consumer.start()
                self._ends = consumer
            return self._ends

    # On failures.

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, FencedError) and self._app is not None and not self._closed:
            log.warning("%s was taken over by another worker; waiting for the group to say who has it", error)
            wait = self._app.conf.broker_session_timeout + LOST_MARGIN_S
            asyncio.get_running_loop().call_later(wait, self._still_lost, self._generation)
        else:
            self._fail(error)

    def _still_lost(self, generation: int) -> None:
        if self._generation == generation and not self._closed:
            log.error("the group has not moved on since a partition was taken over: starting again")
            os._exit(EX_ENGINE)

    def _fail(self, error: BaseException) -> None:
        """End the process: memory may be ahead of the log or behind it, so only a restart from the log is safe."""
        if isinstance(error, FencedError):
            self._failed(error)
            return
        if isinstance(error, RingboardError):
            log.error("%s", error)
            os._exit(EX_CONFIG)
        if isinstance(error, FoldError):  # it has its place; a traceback might show what the record held
            log.error("the worker starts again: %s", error)
            os._exit(EX_ENGINE)
        end_if_forbidden(error)
        log.error("the worker starts again after %s: %s", type(error).__name__, error, exc_info=error)
        os._exit(EX_ENGINE)
