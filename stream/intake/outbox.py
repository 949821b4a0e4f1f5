"""Brings events through the door to the broker, puts the refused ones aside, and counts both."""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from stream.clock import SystemClock
from stream.events.refusal import Refused
from stream.intake.admission import Admitted, Door
from stream.intake.rejected import original_of, rejected_record
from stream.kafka.control_topic import check_fingerprint
from stream.kafka.create_topics import create_missing
from stream.kafka.producer import sending
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from stream.clock import Clock
    from stream.kafka.producer import Sender
    from stream.settings.model import Settings

MOST_SHOWN = 10


class Refusal(NamedTuple):
    """A refused record as it is listed: where it stood, and why it was refused."""

    source: str
    line: int
    reason: str
    message: str


class Fate(NamedTuple):
    """
    What became of a record: where it stood, `sent`, `refused` or `left out`, and what was sent, or why it was not.

    A number is in it as its pseudonym only.
    """

    source: str
    line: int
    fate: Literal["sent", "refused", "left out"]
    told: str


class Outbox:
    """
    Takes events, and knows what became of them.

    `sent` counts the admitted ones by type, `refused` the others by reason, `left_out` the calls of extensions;
    `refusals` are the first few of the refused. Without a sender nothing leaves, and all of it is counted alike.
    With `history` events go to the topics that the workers fold beside the live ones. `witness` is told of each.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        sender: Sender | None = None,
        *,
        history: bool = False,
        witness: Callable[[Fate], None] | None = None,
    ) -> None:
        self.settings = settings
        self._identity = identity_of(settings)
        self._topics = topics(settings)
        self._instead = {name: topic.name for name, topic in self._topics.histories.items()} if history else {}
        self._clock = clock
        self._sender = sender
        self._witness = witness
        self.door = Door(self._identity, self._topics, clock, settings.ahead_ms)
        self.sent: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.left_out = 0
        self.refusals: list[Refusal] = []

    def put(
        self, event: bytes | Mapping[str, Any], source: str, line: int, original: bytes | None = None
    ) -> Admitted | None:
        """
        Take an event, and return it as it was admitted, if it was.

        `source` and `line` say where it stood; `original` are its bytes there, where `event` has been changed since.
        """
        try:
            admitted = self.door.admit(event)
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
                self._witness(Fate(source, line, "left out", "a call whose only other party is an extension"))
            return None
        self.sent[type(admitted.event).__struct_config__.tag] += 1  # type: ignore[index]
        if self._sender is not None:
            topic = self._instead.get(admitted.topic, admitted.topic)
            self._sender.put(topic, admitted.key, admitted.value)
        if self._witness is not None:
            self._witness(Fate(source, line, "sent", admitted.value.decode()))
        return admitted

    def _refusal_of(self, original: bytes) -> Refused | None:
        """Return why an event is refused as it stood: who mends it has not seen what it was changed into."""
        try:
            self.door.admit(original)
        except Refused as refused:
            return refused
        return None

    def refuse(self, refused: Refused, data: bytes, source: str, line: int) -> None:
        """Put a record aside that is no event."""
        self.refused[refused.reason] += 1
        if len(self.refusals) < MOST_SHOWN:
            self.refusals.append(Refusal(source, line, refused.reason, refused.message))
        if self._witness is not None:
            self._witness(Fate(source, line, "refused", f"{refused.reason}: {refused.message}"))
        if self._sender is not None:
            record = rejected_record(
                refused, data, identity=self._identity, at=self._clock.now_ms(), source=source, offset=line, names=True
            )
            self._sender.put(self._topics.rejected.name, None, record)

    async def relieve(self) -> None:
        """Let what is full go; to be awaited now and then."""
        if self._sender is not None:
            await self._sender.relieve()

    async def flush(self) -> None:
        """Return when the broker has everything."""
        if self._sender is not None:
            await self._sender.flush()


@asynccontextmanager
async def outbox_to_broker(
    settings: Settings, clock: Clock | None = None, *, history: bool = False
) -> AsyncGenerator[Outbox]:
    """
    Give an outbox to the floor that `settings` name, its topics created and its key checked; with `history` beside it.

    Raises:
        RingboardError: no broker answers, a topic is wrong, or the floor's numbers are under another key.

    """
    clock = clock or SystemClock()
    names = topics(settings)
    await create_missing(settings.broker, names, settings.replication_factor)
    await check_fingerprint(settings.broker, names, identity_of(settings).fingerprint())
    async with sending(settings.broker, clock) as sender:
        await sender.learn(*(topic.name for topic in names))
        yield Outbox(settings, clock, sender, history=history)
