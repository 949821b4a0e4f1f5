"""The batches that wait to be folded into one partition's state, checked for missing and repeated records."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from agents.engine.batch import READ_RECORDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from agents.engine.batch import Batch
    from agents.engine.counters import EngineCounters
    from stream.journeys.partition_state import LogRecord

BATCH_RECORDS = 20_000  # of one topic, folded at once: takes a quarter of a second, and merges many changes of one key
BEHIND = BATCH_RECORDS // 4  # records: while as many wait, the next commit is not delayed
HISTORY_READ = 2000  # at once, of each partition: all are read in one go, and live events wait meanwhile

log = logging.getLogger(__name__)


class Portion(NamedTuple):
    """Records of one topic to be folded together; `end` is the next offset after that."""

    topic: str
    records: list[LogRecord]
    end: int


class Gap(NamedTuple):
    """Records before a batch are missing: read `topic` again from `offset`."""

    topic: str
    offset: int


class Inbox:
    """
    The batches of the topics of one partition, in order, and for each topic the next offset to take.

    A batch that begins after the next offset means that an earlier one was dropped on the way, or that the broker no
    longer has those records. So reading is moved back once; a batch that still begins later is accepted, with the gap.

    Topics of `history` are taken separately, and in small portions.
    """

    def __init__(
        self, partition: int, offsets: dict[str, int], counters: EngineCounters, history: Collection[str] = ()
    ) -> None:
        self.partition = partition
        self.offsets = offsets
        self.highwater = dict.fromkeys(offsets, 0)
        self._counters = counters
        self._waiting: dict[str, deque[Batch]] = {topic: deque() for topic in offsets}
        self._held = dict.fromkeys(offsets, 0)
        self._moves = dict.fromkeys(offsets, 0)
        self._sought: dict[str, int] = {}
        self._live = deque(topic for topic in offsets if topic not in history)
        self._history = deque(topic for topic in offsets if topic in history)
        self._history_most = 1

    def put(self, batch: Batch) -> None:
        """Add a batch."""
        if batch.moves >= self._moves[batch.topic]:
            self._waiting[batch.topic].append(batch)
            self._held[batch.topic] += len(batch.records)
            self.highwater[batch.topic] = batch.highwater

    def room(self, topic: str) -> int:
        """Return how many records of `topic` to read at once; 0 while enough of them wait."""
        most = HISTORY_READ if topic in self._history else READ_RECORDS
        return most if self._held[topic] < 2 * most else 0  # one batch is folded while the next one waits

    @property
    def held(self) -> int:
        """How many records wait, without those of history."""
        return sum(self._held[topic] for topic in self._live)

    def __bool__(self) -> bool:
        """Return whether any batch waits, other than of history."""
        return any(self._waiting[topic] for topic in self._live)

    @property
    def history(self) -> bool:
        """Whether any batch of history waits."""
        return any(self._waiting[topic] for topic in self._history)

    def take(self) -> Portion | Gap | None:
        """Return what to fold next, each topic in turn; or a gap; or None if nothing waits."""
        return self._next(self._live)

    def take_history(self, most: int) -> Portion | Gap | None:
        """Return which history to fold next, up to `most` records; or a gap; or None if none waits."""
        self._history_most = most
        return self._next(self._history)

    def _next(self, topics: deque[str]) -> Portion | Gap | None:
        for _ in range(len(topics)):
            topic = topics[0]
            topics.rotate(-1)
            if self._waiting[topic] and (found := self._take(topic)) is not None:
                return found
        return None

    def _take(self, topic: str) -> Portion | Gap | None:
        waiting, following = self._waiting[topic], self.offsets[topic]
        records: list[LogRecord] = []
        reached = following
        most = self._history_most if topic in self._history else BATCH_RECORDS
        while waiting:
            batch = waiting[0]
            if batch.moves < self._moves[topic] or batch.end <= reached:
                self._drop(topic)  # read before a move, or already folded
                continue
            if records and len(records) + len(batch.records) > most:
                break
            if batch.start > reached:
                if reached > following:
                    break  # first fold what comes before it
                if self._sought.get(topic) != following:
                    return Gap(topic, following)
                self._accept(topic, following, batch.start)
            new = self._new(batch, reached)
            if len(new) > most:
                records += new[:most]
                reached = self._leave(topic, batch, new[most:])
                break
            records += new
            reached = batch.end
            self._drop(topic)
        return Portion(topic, records, reached) if reached > following else None

    def _leave(self, topic: str, batch: Batch, rest: list[LogRecord]) -> int:
        """Keep the `rest` of the first batch for the next portion, and return where it begins."""
        start = rest[0].offset
        self._held[topic] -= len(batch.records) - len(rest)
        self._waiting[topic][0] = batch._replace(start=start, records=rest)
        return start

    def _new(self, batch: Batch, following: int) -> list[LogRecord]:
        if batch.start >= following:
            return batch.records
        first = bisect_left(batch.records, following, key=lambda record: record.offset)
        self._counters.trimmed += first
        return batch.records[first:]

    def _accept(self, topic: str, following: int, start: int) -> None:
        self._counters.gaps_accepted += 1
        log.warning(
            "%s[%d]: offsets %d to %d are no longer in the topic; going on", topic, self.partition, following, start - 1
        )

    def _drop(self, topic: str) -> None:
        self._held[topic] -= len(self._waiting[topic].popleft().records)

    def moved(self, topic: str, offset: int, moves: int) -> None:
        """Drop what was read of `topic` before reading moved to `offset`; later batches carry `moves`."""
        self._sought[topic] = offset
        self._moves[topic] = moves
        self._waiting[topic].clear()
        self._held[topic] = 0
