"""What one HTTP request submits: its records as they go to Kafka, batch by batch, and what became of its lines."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.events.original import original_of
from stream.events.refusal import Reason, Refused
from stream.gateway.bundle import Bundle
from stream.intake.rejected import rejected_record
from stream.kafka.producer import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.intake.outbox import Intake

MOST_NAMED: Final = 100
BATCH_RECORDS: Final = 500
BATCH_BYTES: Final = 524_288
# The records of what is refused may take so many bytes, and so many times its own; what is more is kept in bundles.
REFUSED_BYTES: Final = 262_144
REFUSED_TIMES: Final = 4
_OVERHEAD: Final = 400  # of one record: its reason, message, source and digest
AT_ONCE_BYTES: Final = 8_192  # made free of numbers and names within a few ms; more is left to a thread


class NotAccepted(NamedTuple):
    """A line that was refused for a `reason`, or left out, which has none."""

    line: int
    reason: str | None = None
    field: str | None = None
    message: str = ""


class ToKeep(NamedTuple):
    """What is refused, and is still to be made a record of."""

    refused: Refused
    data: bytes
    line: int


class Batch:
    """What is sent together: `records`, those `to_keep`, and how many of which there are."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.to_keep: list[ToKeep] = []
        self.events: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.left_out = 0
        self.bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to send it."""
        return len(self.records) + len(self.to_keep) >= BATCH_RECORDS or self.bytes >= BATCH_BYTES

    @property
    def is_heavy(self) -> bool:
        """Whether it takes long to make records of what it has to keep."""
        return sum(len(one.data) + _OVERHEAD for one in self.to_keep) > AT_ONCE_BYTES


class Submission:
    """The events of one request, the first of its lines that were not accepted, and how many there are of all."""

    def __init__(self, intake: Intake, source: str) -> None:
        self.source = source
        self.accepted = 0
        self.left_out = 0
        self.reasons: Counter[str] = Counter()
        self.not_accepted: list[NotAccepted] = []
        self.first_refused: NotAccepted | None = None
        self._intake = intake
        self._batch = Batch()
        self._bundle = Bundle()
        self._allowed = REFUSED_BYTES

    @property
    def refused(self) -> int:
        """How many lines were refused."""
        return self.reasons.total()

    @property
    def is_empty(self) -> bool:
        """Whether no event has come of it, and nothing was refused or left out."""
        return not self.accepted and not self.left_out and not self.reasons

    @property
    def is_full(self) -> bool:
        """Whether it is time to take a batch."""
        return self._batch.is_full

    def put(self, event: bytes | Mapping[str, Any], line: int = 1) -> None:
        """Take an event."""
        batch = self._batch
        try:
            admitted = self._intake.admission.admit(event)
        except Refused as refused:
            self.refuse(refused, event if isinstance(event, bytes) else original_of(event), line)
            return
        if admitted is None:
            self.left_out += 1
            batch.left_out += 1
            self._name(NotAccepted(line))
            return
        self.accepted += 1
        batch.events[str(type(admitted.event).__struct_config__.tag)] += 1
        batch.records.append(Record(admitted.topic, admitted.key, admitted.value))
        batch.bytes += len(admitted.value)

    def add(self, record: Record | None) -> None:
        """Take a record, if there is one, that is no event and goes to Kafka as it is."""
        if record is not None:
            self._batch.records.append(record)
            self._batch.bytes += len(record.value or b"")

    def refuse(self, refused: Refused, data: bytes, line: int = 1) -> None:
        """Take a record that is no event."""
        self.reasons[str(refused.reason)] += 1
        self._batch.refused[str(refused.reason)] += 1
        named = NotAccepted(line, str(refused.reason), refused.field, refused.message)
        self.first_refused = self.first_refused or named
        self._name(named)
        self._allowed += REFUSED_TIMES * len(data)
        cost = len(data) + _OVERHEAD
        if cost <= self._allowed or refused.reason is Reason.INTERNAL:
            self._allowed -= cost
            self._keep(refused, data, line)
        else:
            self._bundle.add(refused, data, line)
            if self._bundle.is_full:
                self._close_bundle()

    def take(self, *, last: bool = False) -> Batch:
        """Return what is to be sent now; with `last` that is all."""
        if last:
            self._close_bundle()
        batch, self._batch = self._batch, Batch()
        return batch

    async def records_of(self, batch: Batch) -> list[Record]:
        """Return the records of a batch as they go to Kafka, the rejected ones among them."""
        if batch.is_heavy:
            return batch.records + await asyncio.to_thread(self._rejected, batch.to_keep)
        return batch.records + self._rejected(batch.to_keep)

    def _rejected(self, to_keep: list[ToKeep]) -> list[Record]:
        intake = self._intake
        topic, at = intake.topics.rejected.name, intake.clock.now_ms()
        return [
            Record(
                topic,
                None,
                rejected_record(
                    one.refused,
                    one.data,
                    identity=intake.identity,
                    at=at,
                    source=f"webhook {self.source}",
                    offset=one.line,
                    names=True,
                ),
            )
            for one in to_keep
        ]

    def _keep(self, refused: Refused, data: bytes, line: int) -> None:
        self._batch.to_keep.append(ToKeep(refused, data, line))
        self._batch.bytes += len(data) + _OVERHEAD

    def _close_bundle(self) -> None:
        bundle, self._bundle = self._bundle, Bundle()
        if bundle:
            self._keep(bundle.refused, bundle.data, bundle.first)

    def _name(self, one: NotAccepted) -> None:
        if len(self.not_accepted) < MOST_NAMED:
            self.not_accepted.append(one)
