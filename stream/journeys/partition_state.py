"""What the Faust side asks of the state of one partition, whatever is folded into it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


class Send(NamedTuple):
    """A record that leaves in the transaction of the batch that caused it; without a partition, the key chooses."""

    topic: str
    key: bytes | None
    value: bytes
    partition: int | None = None


class LogRecord(Protocol):
    """The part of a Kafka record that a fold reads (of aiokafka a `ConsumerRecord` is one, and what those hold)."""

    @property
    def offset(self) -> int:
        """Its place in that partition."""

    @property
    def timestamp(self) -> int:
        """When the broker appended it, in ms since the epoch; never the event's time."""

    @property
    def key(self) -> bytes | None:
        """The record's key."""

    @property
    def value(self) -> bytes | None:
        """The record's content."""


@dataclass(slots=True)
class Staged:
    """
    What one batch changes, before it is committed.

    `changes` maps a table to its new values by key (None is a tombstone), `sends` go to other topics.
    A state keeps what else it needs to make the batch visible in `inner`; nobody else reads that. What `settle` staged
    says with `more` that it was only a part. `taken` is how many of the records a fold has staged, None for all: fewer
    where a fault of ours makes it go on in small portions. Those after them are to be folded again.
    """

    changes: Mapping[str, Mapping[bytes, bytes | None]] = field(default_factory=dict)
    sends: Sequence[Send] = ()
    inner: Any = None
    more: bool = False
    taken: int | None = None


class PartitionState(Protocol):
    """The state of one partition of a group of topics."""

    def restore(self, table: str, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take `records` of a changelog in the order of the log: the last one of a key stands, None deletes."""

    def ready(self) -> None:
        """Everything has been restored."""

    def fold(self, topic: str, records: Sequence[LogRecord]) -> Staged:
        """Stage what `records`, or the first of them, change. Nothing is visible yet; no input, however bad, raises."""

    def settle(self) -> Staged | None:
        """Stage what the clock alone has made due since the last time; None where nothing has."""

    def apply(self, staged: Staged) -> None:
        """Make visible what has been committed."""


class HistoryState(PartitionState, Protocol):
    """The state of a partition of a group that reads topics of history too."""

    def expect_history(self, *, more: bool) -> None:
        """Note whether events long past may still come: what they belong to must not be forgotten before."""


@dataclass(frozen=True, slots=True)
class Group:
    """
    Topics that are read together: one state per partition covers all of them.

    Those of `history` among them wait for the others, and their states are `HistoryState`s.
    """

    name: str
    topics: tuple[str, ...]
    tables: tuple[str, ...]
    partitions: int
    new_state: Callable[[int], PartitionState]
    history: tuple[str, ...] = ()
