"""What one read of one partition returns, and how much is read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from stream.journeys.partition_state import LogRecord

READ_RECORDS: Final = 10_000  # of one partition, at once


class Batch(NamedTuple):
    """
    The records of one read of one partition: `records`, in one piece, from offset `start` up to just before `end`.

    Between `start` and `end` only transaction markers, aborted records and compacted ones are left out, so `records`
    may be empty. `moves` counts how often reading had been moved by then, `highwater` is the end of the partition.
    """

    topic: str
    partition: int
    start: int
    end: int
    moves: int
    highwater: int
    records: list[LogRecord]


def leave_records_alone(fetched: Any) -> None:
    """
    Make what aiokafka has fetched return its records as they were read.

    A `ConsumerRecord` of eleven fields for each would be a fifth of the work of catching up, and a fold reads four.
    """
    records = getattr(fetched, "_partition_records", None)  # it may be an error, or be used up
    if records is not None:
        records._consumer_record = _as_it_is  # noqa: SLF001


def _as_it_is(_place: Any, record: LogRecord) -> LogRecord:
    return record
