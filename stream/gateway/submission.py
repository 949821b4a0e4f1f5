"""What one HTTP request submits: its records as they go to Kafka, and what became of each of its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.intake.outbox import Outbox

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from stream.events.refusal import Refused
    from stream.intake.outbox import Intake, Outcome
    from stream.kafka.producer import Record


class Submission:
    """The events of one request: `records` for Kafka, the `refusals` among them, and the lines that were left out."""

    def __init__(self, intake: Intake, source: str) -> None:
        self.source = source
        self.refusals: list[Outcome] = []
        self.left_out: list[int] = []
        self._collected = _Collected()
        self._outbox = Outbox(intake, self._collected, witness=self._take)

    @property
    def records(self) -> list[Record]:
        """The records as they go to Kafka, the rejected ones among them."""
        return self._collected.records

    @property
    def events(self) -> Counter[str]:
        """How many events were admitted, by type."""
        return self._outbox.sent

    def put(self, event: bytes | Mapping[str, Any], line: int = 1) -> None:
        """Take an event."""
        self._outbox.put(event, self._origin, line)

    def refuse(self, refused: Refused, data: bytes, line: int = 1) -> None:
        """Take a record that is no event."""
        self._outbox.refuse(refused, data, self._origin, line)

    @property
    def _origin(self) -> str:
        return f"webhook {self.source}"

    def _take(self, outcome: Outcome) -> None:
        if outcome.status == "refused":
            self.refusals.append(outcome)
        elif outcome.status == "left out":
            self.left_out.append(outcome.line)


class _Collected:
    """Stands in for the sender: the records are sent together, when the whole request has been read."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def put(self, record: Record) -> None:
        self.records.append(record)

    async def relieve(self) -> None: ...

    async def flush(self) -> None: ...
