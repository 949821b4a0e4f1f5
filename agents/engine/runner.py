"""Runs the state of one partition: folds batches, commits each in one transaction, and only then makes it visible."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, cast

from aiokafka import TopicPartition

from agents.engine.batch import READ_RECORDS
from agents.engine.inbox import BEHIND, Gap, Inbox, Portion
from agents.engine.reserved_records import POSITION_KEY, ReservedRecords, position_value
from agents.engine.writer import FencedError
from stream.events.faults import code_place

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from agents.engine.batch import Batch
    from agents.engine.commit_limiter import CommitLimiter
    from agents.engine.counters import EngineCounters, PartitionStatus
    from agents.engine.history_limiter import HistoryLimiter
    from agents.engine.writer import Entries, Writer
    from stream.journeys.partition_state import Group, HistoryState, LogRecord, PartitionState, Staged

GATHER_S = 0.05  # between two rounds of a partition that is not behind
OFFSETS_S = (
    1.0  # how long the group's offsets may lag: they cost half a transaction, and the position is exact without them
)
SETTLE_S = 1.0
HISTORY_QUIET_S = 600.0  # history may pause for as long; until then, what it may belong to is not forgotten
STOP_S = 8.0

log = logging.getLogger(__name__)


class FoldError(Exception):
    """A partition could not go on: the place in its log, and what was raised where, without the text of any record."""


class Handover(NamedTuple):
    """A state left in memory: its id and next offsets, and the ends of its changelogs that belong to them."""

    state: PartitionState
    state_id: str
    offsets: dict[str, int]
    ends: dict[tuple[str, int], int]


class Runner:
    """
    Runs the state of one partition of a group.

    Each runner has its own task and its own producer, and shares no data with the others: while one waits for the
    broker (most of a transaction), the others fold. Within a runner everything happens one after the other.
    """

    def __init__(
        self,
        group: Group,
        state: PartitionState,
        status: PartitionStatus,
        *,
        writer: Writer,
        changelogs: Mapping[str, str],
        counters: EngineCounters,
        move: Callable[[str, int, int], Awaitable[int | None]],
        history_limiter: HistoryLimiter,
        commit_limiter: CommitLimiter,
    ) -> None:
        self.group = group
        self.state = state
        self.status = status
        self.writer = writer
        self.inbox: Inbox | None = None
        self.state_id = ""
        self._changelogs = changelogs
        self._counters = counters
        self._move = move
        self._history_limiter = history_limiter
        self._commit_limiter = commit_limiter
        self._history_at = 0.0
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._written_position: dict[str, int] = {}
        self._group_offsets: dict[str, int] = {}
        self._offsets_written_at = 0.0
        self._committed_at = 0.0
        self._settled_at = 0.0

    @property
    def partition(self) -> int:
        """The partition, of every topic of the group."""
        return self.status.partition

    def start(self, offsets: dict[str, int], failed: Callable[[BaseException], None], *, history: bool = False) -> None:
        """
        Begin at `offsets` (by topic). `failed` is called with the error that ends the work unexpectedly.

        `history` says whether history is still to be read, or was written so lately that more may come.
        """
        self.inbox = Inbox(self.partition, offsets, self._counters, self.group.history)
        if history:
            cast("HistoryState", self.state).expect_history(more=True)
        self._written_position, self._group_offsets = dict(offsets), dict(offsets)
        self.status.state = "ready"
        self._committed_at = self._settled_at = self._offsets_written_at = self._history_at = time.monotonic()
        self._task = asyncio.create_task(self._run(), name=f"{self.group.name}-{self.partition}")
        self._task.add_done_callback(lambda task: self._report(task, failed))

    async def stop(self) -> None:
        """Finish the transaction under way, and stop."""
        self._stopping = True
        self._wake.set()
        if self._task is not None and not self._task.done():
            _, late = await asyncio.wait([self._task], timeout=STOP_S)
            for task in late:
                task.cancel()
        self.status.state = "lost"
        await self.writer.stop()

    def handover(self) -> Handover | None:
        """
        Return what a later runner of this partition on this worker can go on with, after this one has stopped.

        It is the state after the last transaction, and where the changelogs ended with it. None if this runner was
        fenced or failed, or if the outcome of its last transaction is unknown.
        """
        task = self._task
        if self.inbox is None or task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        places = [(self._changelogs[table], self.partition) for table in self.group.tables]
        if not places or any(place not in self.writer.ends for place in places):
            return None
        return Handover(
            self.state, self.state_id, dict(self.inbox.offsets), {place: self.writer.ends[place] for place in places}
        )

    def resume(self, handover: Handover) -> ReservedRecords:
        """Go on with `handover`, which still agrees with the changelogs; return their reserved records."""
        self.state = handover.state
        self.writer.ends |= handover.ends
        return ReservedRecords(dict.fromkeys(self.group.tables, handover.state_id), handover.offsets, handover.state_id)

    def _report(self, task: asyncio.Task[None], failed: Callable[[BaseException], None]) -> None:
        error = ended_by(task)
        if error is not None and not (self._stopping and task.cancelled()):
            failed(error)

    def put(self, batch: Batch) -> None:
        """Add a batch to the inbox, if this partition is ready."""
        if self.inbox is not None and self.status.state == "ready":
            self.inbox.put(batch)
            self._wake.set()

    def room(self, topic: str) -> int:
        """Return how many records of `topic` to read at once; 0 for none."""
        return self.inbox.room(topic) if self.inbox is not None else READ_RECORDS

    def positions(self) -> dict[str, int]:
        """Return the next offset to apply, by topic; empty while the partition is not ready."""
        return dict(self.inbox.offsets) if self.inbox is not None and self.status.state == "ready" else {}

    async def _run(self) -> None:
        try:
            while not self._stopping:
                await self._wait_for_work()
                if not self._stopping:
                    await self._step()
        except FencedError:
            self.status.state = "lost"
            self._counters.fenced += 1
            raise

    async def _wait_for_work(self) -> None:
        inbox = self._inbox
        if not inbox and not self._may_take_history():
            self._wake.clear()
            due = self._settled_at + SETTLE_S - time.monotonic()
            if due > 0:
                await _wait(self._wake, due)
        # What arrives during the last transaction, and a little longer, is committed together in the next one.
        await self._gather(self._committed_at + GATHER_S)
        if self._gathers():
            await self._gather(self._commit_limiter.slot(time.monotonic()))

    def _gathers(self) -> bool:
        """Return whether the inbox may wait a little for more: it holds little, and history is not to be folded now."""
        inbox = self._inbox
        return bool(inbox) and inbox.held < BEHIND and not self._stopping and not self._may_take_history()

    async def _gather(self, until: float) -> None:
        while self._gathers():
            pause = until - time.monotonic()
            if pause <= 0:
                break
            self._wake.clear()
            await _wait(self._wake, pause)

    async def _step(self) -> None:
        """Fold what waits of every topic, one after the other, without a pause between them."""
        for _ in self.group.topics:
            found = self._inbox.take()
            if self._stopping or found is None:
                break
            await self._take_in(found)
        if self._may_take_history() and not self._stopping and self._history_limiter.acquire():
            try:
                if (found := self._inbox.take_history(self._history_limiter.records)) is not None:
                    await self._take_in(found)
                    self._history_at = time.monotonic()
            finally:
                self._history_limiter.release()
        now = time.monotonic()
        if now - self._settled_at >= SETTLE_S:
            if self.group.history:
                self._note_end_of_history()
            more = await self._settle()
            self._settled_at = 0.0 if more else now

    def _may_take_history(self) -> bool:
        """Return whether history waits and the limiter has a free slot; if it has none, it wakes this runner later."""
        return self._inbox.history and self._history_limiter.is_free(self._wake)

    def _note_end_of_history(self) -> None:
        if self._history_at and time.monotonic() - self._history_at > HISTORY_QUIET_S and not self._inbox.history:
            self._history_at = 0.0
            cast("HistoryState", self.state).expect_history(more=False)

    async def _take_in(self, found: Portion | Gap) -> None:
        if isinstance(found, Portion):
            await self._apply(found)
        else:
            await self._seek(found)

    async def _apply(self, portion: Portion) -> None:
        records = portion.records
        if not records:  # only markers and the like: nothing depends on their offsets being committed soon
            self._inbox.offsets[portion.topic] = portion.end
        while records and not self._stopping:
            records = await self._fold(portion.topic, records, portion.end)

    async def _fold(self, topic: str, records: list[LogRecord], end: int) -> list[LogRecord]:
        """Fold and commit as many of `records`, which end before `end`, as the state takes at once; return the rest."""
        began = time.perf_counter()
        offsets = self._inbox.offsets
        with naming(f"{topic}[{self.partition}] from offset {records[0].offset} on"):
            staged = self.state.fold(topic, records)
        size = len(records) if staged.taken is None else staged.taken
        rest = records[size:]
        end = rest[0].offset if rest else end
        counters = self._counters
        took = time.perf_counter() - began
        counters.fold_seconds += took
        if topic in self.group.history:
            self._history_limiter.observe(size, took)
        if any(staged.changes.values()) or staged.sends:
            await self._commit(staged, {**offsets, topic: end})
        elif rest:
            await asyncio.sleep(0)
        offsets[topic] = end
        with naming(f"{topic}[{self.partition}] up to offset {end - 1}"):
            self.state.apply(staged)
        counters.batches += 1
        counters.records += size
        counters.last_batch_records = size
        counters.records_by_topic[topic] = counters.records_by_topic.get(topic, 0) + size
        return rest

    async def _commit(self, staged: Staged | None, offsets: Mapping[str, int]) -> None:
        """
        Write `staged`, and `offsets` as the position that belongs to it.

        The position is a record of the first table: it is restored with the state, and can neither be changed apart
        from it nor expire, unlike the group's offsets, which serve Faust and tools that watch the group.
        """
        partition = self.partition
        changes: dict[tuple[str, int], Entries] = {}
        if staged is not None:
            for table, values in staged.changes.items():
                if values:
                    changes[self._changelogs[table], partition] = values.items()
        tables = self.group.tables
        if tables and offsets != self._written_position:
            place = (self._changelogs[tables[0]], partition)
            changes[place] = chain(changes.get(place, ()), ((POSITION_KEY, position_value(self.state_id, offsets)),))
        group_offsets: dict[TopicPartition, int] = {}
        if not tables or time.monotonic() - self._offsets_written_at >= OFFSETS_S:
            group_offsets = {
                TopicPartition(t, partition): end for t, end in offsets.items() if self._group_offsets[t] != end
            }
        await self.writer.commit(changes, staged.sends if staged is not None else (), group_offsets)
        self._committed_at = time.monotonic()
        self._written_position = dict(offsets)
        if group_offsets:
            self._group_offsets, self._offsets_written_at = dict(offsets), self._committed_at

    async def _seek(self, gap: Gap) -> None:
        moves = await self._move(gap.topic, self.partition, gap.offset)
        if moves is None:  # no longer assigned to this worker: a rebalance is about to begin
            await _wait(self._wake, GATHER_S)
            return
        self._counters.seeks += 1
        log.info("%s[%d]: reading again from offset %d", gap.topic, self.partition, gap.offset)
        self._inbox.moved(gap.topic, gap.offset, moves)

    async def _settle(self) -> bool:
        """Commit what the clock has made due, and offsets that have waited long; return whether more is due at once."""
        with naming(f"{self.group.name}[{self.partition}], what came due"):
            staged = self.state.settle()
        late = self._inbox.offsets != self._group_offsets and time.monotonic() - self._offsets_written_at >= OFFSETS_S
        if late or (staged is not None and (any(staged.changes.values()) or staged.sends)):
            await self._commit(staged, self._inbox.offsets)
        if staged is None:
            return False
        with naming(f"{self.group.name}[{self.partition}], what came due"):
            self.state.apply(staged)
        return staged.more

    @property
    def _inbox(self) -> Inbox:
        if self.inbox is None:
            raise RuntimeError("the runner was not started")
        return self.inbox


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Name the `place` in what ends the work in spite of all care: memory is then not what was committed."""
    try:
        yield
    except Exception as error:
        raise FoldError(f"{place}: {type(error).__name__} at {code_place(error)}") from error


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def ended_by(task: asyncio.Task[None]) -> BaseException | None:
    """Return the error that ended a task; one that a library cancelled by mistake counts as failed too."""
    return asyncio.CancelledError("cancelled from within") if task.cancelled() else task.exception()
