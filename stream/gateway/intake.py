"""Brings what was posted through the door: what may enter, what is put aside, and what to say of each line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from stream.events.refusal import Refused
from stream.gateway.post import Record
from stream.intake.admission import Door
from stream.intake.rejected import original_of, rejected_record
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.clock import Clock
    from stream.settings.model import Settings


class Refusal(NamedTuple):
    """What is said of a line that was refused."""

    line: int
    reason: str
    field: str | None
    message: str


class Submission:
    """The events of one request, as they go to Kafka; `left_out` are the lines of calls of extensions."""

    def __init__(self, intake: Intake, source: str) -> None:
        self._intake = intake
        self.source = source
        self.records: list[Record] = []
        self.events: Counter[str] = Counter()
        self.left_out: list[int] = []
        self.refusals: list[Refusal] = []

    def put(self, event: bytes | Mapping[str, Any], line: int = 1) -> None:
        """Take an event."""
        try:
            admitted = self._intake.door.admit(event)
        except Refused as refused:
            data = event if isinstance(event, bytes) else original_of(event)
            self.refuse(refused, data, line)
            return
        if admitted is None:
            self.left_out.append(line)
            return
        self.events[str(type(admitted.event).__struct_config__.tag)] += 1
        self.records.append(Record(admitted.topic, admitted.key, admitted.value))

    def refuse(self, refused: Refused, data: bytes, line: int = 1) -> None:
        """Put a record aside that is no event."""
        self.refusals.append(Refusal(line, str(refused.reason), refused.field, refused.message))
        self.records.append(self._intake.rejected(refused, data, self.source, line))


class Intake:
    """The door of a gateway, with one memory of the numbers that it has read."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        names = topics(settings)
        self.identity = identity_of(settings)
        self.door = Door(self.identity, names, clock, settings.ahead_ms)
        self._rejected = names.rejected.name
        self._clock = clock

    def parcel(self, source: str) -> Submission:
        """Begin the parcel of a request."""
        return Submission(self, source)

    def rejected(self, refused: Refused, data: bytes, source: str, line: int) -> Record:
        """Return what is kept of a refused record."""
        value = rejected_record(
            refused,
            data,
            identity=self.identity,
            at=self._clock.now_ms(),
            source=f"webhook {source}",
            offset=line,
            names=True,
        )
        return Record(self._rejected, None, value)
