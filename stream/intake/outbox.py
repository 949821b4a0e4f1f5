"""From events to records for the broker: what is admitted, what is rejected, and an account of both."""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from stream.clock import SystemClock
from stream.events.original import original_of
from stream.events.refusal import Refused
from stream.intake.admission import Admission, Admitted
from stream.intake.rejected import rejected_record
from stream.kafka.authorised import need_rights
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import check_fingerprint
from stream.kafka.create_topics import create_missing
from stream.kafka.producer import Record, sending
from stream.kafka.rights import rights_of
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from stream.clock import Clock
    from stream.kafka.producer import Sender
    from stream.kafka.rights import Process
    from stream.settings.model import Settings

MOST_SHOWN = 10


class Outcome(NamedTuple):
    """
    What became of a record: where it stood, its `status`, and the event that was sent, or why none was.

    A refused one has a `reason` and the `field` that is wrong, if it is one. No number is in it, only pseudonyms.
    """

    source: str
    line: int
    status: Literal["sent", "refused", "left out"]
    message: str
    reason: str | None = None
    field: str | None = None


class Buffered(Protocol):
    """What takes records one by one, and brings them to the broker."""

    def put(self, record: Record) -> None:
        """Take a record."""

    async def relieve(self) -> None:
        """Send what is full."""

    async def flush(self) -> None:
        """Return when the broker has everything."""


class Intake:
    """What all outboxes of a process share: the floor's topics and key, and one memory of the numbers read."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.topics = topics(settings)
        self.identity = identity_of(settings)
        self.clock = clock
        self.admission = Admission(self.identity, self.topics, clock, settings.ahead_ms)


class Outbox:
    """
    Takes events, hands records to `sender`, and keeps account of them.

    `sent` counts the admitted ones by type, `refused` the others by reason, `left_out` the calls of extensions;
    `refusals` are the first few of the refused. Without a sender nothing is sent, and all of it is counted alike.
    With `history` events go to the topics that the workers fold beside the live ones. `witness` gets each outcome.
    """

    def __init__(
        self,
        intake: Intake,
        sender: Buffered | None = None,
        *,
        history: bool = False,
        witness: Callable[[Outcome], None] | None = None,
    ) -> None:
        self.intake = intake
        self._instead = {name: topic.name for name, topic in intake.topics.histories.items()} if history else {}
        self._sender = sender
        self._witness = witness
        self.sent: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.left_out = 0
        self.refusals: list[Outcome] = []

    def put(
        self, event: bytes | Mapping[str, Any], source: str, line: int, original: bytes | None = None
    ) -> Admitted | None:
        """
        Take an event, and return it as it was admitted, if it was.

        `source` and `line` say where it stood; `original` are its bytes there, where `event` has been changed since.
        """
        try:
            admitted = self.intake.admission.admit(event)
        except Refused as refused:
            if original is None:
                original = event if isinstance(event, bytes) else original_of(event)
            else:
                refused = self._refusal_of(original) or refused
            self.refuse(refused, original, source, line)
            return None
        if admitted is None:
            self.left_out += 1
            if self._witness is not None:
                self._witness(Outcome(source, line, "left out", "a call whose only other party is an extension"))
            return None
        self.sent[str(type(admitted.event).__struct_config__.tag)] += 1
        if self._sender is not None:
            topic = self._instead.get(admitted.topic, admitted.topic)
            self._sender.put(Record(topic, admitted.key, admitted.value))
        if self._witness is not None:
            self._witness(Outcome(source, line, "sent", admitted.value.decode()))
        return admitted

    def _refusal_of(self, original: bytes) -> Refused | None:
        """Return why an event is refused as it stood: who corrects it has not seen what it was changed into."""
        try:
            self.intake.admission.admit(original)
        except Refused as refused:
            return refused
        return None

    def refuse(self, refused: Refused, data: bytes, source: str, line: int) -> None:
        """Put a record that is no event on the rejected topic."""
        self.refused[refused.reason] += 1
        outcome = Outcome(source, line, "refused", refused.message, str(refused.reason), refused.field)
        if len(self.refusals) < MOST_SHOWN:
            self.refusals.append(outcome)
        if self._witness is not None:
            self._witness(outcome)
        if self._sender is not None:
            intake = self.intake
            record = rejected_record(
                refused,
                data,
                identity=intake.identity,
                at=intake.clock.now_ms(),
                source=source,
                offset=line,
                names=True,
            )
            self._sender.put(Record(intake.topics.rejected.name, None, record))

    async def relieve(self) -> None:
        """Send what is full; to be awaited now and then."""
        if self._sender is not None:
            await self._sender.relieve()

    async def flush(self) -> None:
        """Return when the broker has everything."""
        if self._sender is not None:
            await self._sender.flush()


@asynccontextmanager
async def sender_to_floor(settings: Settings, clock: Clock, process: Process) -> AsyncGenerator[Sender]:
    """
    Yield a sender to the floor that `settings` name, its topics created and its key checked.

    Raises:
        RingboardError: no broker answers, a topic is wrong, `process` lacks a right, or the floor has another key.

    """
    names, connection = topics(settings), connection_of(settings)
    await need_rights(connection, rights_of(process, names), [topic.name for topic in names])
    await create_missing(connection, names, settings.replication_factor)
    await check_fingerprint(connection, names, identity_of(settings))
    async with sending(connection, clock) as sender:
        await sender.learn(*(topic.name for topic in names))
        yield sender


@asynccontextmanager
async def outbox_to_broker(
    settings: Settings, clock: Clock | None = None, *, history: bool = False
) -> AsyncGenerator[Outbox]:
    """Yield an outbox to the floor that `settings` name; raises RingboardError as `sender_to_floor` does."""
    clock = clock or SystemClock()
    async with sender_to_floor(settings, clock, "replay" if history else "connect") as sender:
        yield Outbox(Intake(settings, clock), sender, history=history)
