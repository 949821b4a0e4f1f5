"""Putting aside, with its reason, what cannot be read or folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.intake.rejected import rejected_record
from stream.journeys.partition_state import Send

if TYPE_CHECKING:
    from stream.events.reading import Refused
    from stream.journeys.batch import Batch
    from stream.journeys.floor import Floor
    from stream.journeys.partition_state import LogRecord
    from stream.privacy.identity import Identity


def refuse(  # noqa: PLR0917  each of them is of a kind of its own
    floor: Floor, identity: Identity, refused: Refused, record: LogRecord, place: tuple[str, int], batch: Batch
) -> None:
    """Stage the rejected record of `record`, read at `place` (topic, partition), and count it by reason."""
    batch.count("rejected", refused.reason)
    value = rejected_record(
        refused,
        record.value or b"",
        identity=identity,
        at=record.timestamp,
        source="topic",
        topic=place[0],
        partition=place[1],
        offset=record.offset,
        names=True,
    )
    batch.sends.append(Send(floor.topics.rejected.name, None, value, 0))


def refuse_fact(  # noqa: PLR0917  as above
    floor: Floor, identity: Identity, refused: Refused, data: bytes, place: tuple[str, int], batch: Batch
) -> None:
    """Stage the rejected record of facts that could not be settled, of a journey at `place` (table, partition)."""
    batch.count("rejected", refused.reason)
    table, partition = place
    value = rejected_record(
        refused, data, identity=identity, at=batch.now, source=f"what came due in {table}[{partition}]", names=True
    )
    batch.sends.append(Send(floor.topics.rejected.name, None, value, 0))
