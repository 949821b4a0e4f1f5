"""The way from the gateway to the broker: what is sent is acknowledged within seconds, or it was not taken."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.kafka.client import connected
from stream.kafka.control_topic import check_fingerprint
from stream.kafka.create_topics import create_missing
from stream.kafka.topics import EVENT_BYTES, REJECTED_BYTES, topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from stream.settings.model import Settings

_ANSWERS_WITHIN_S: Final = 2.0
_SENT_PER_S: Final = 1_000  # on a busy machine; many records may take longer
_LARGEST_REQUEST: Final = 4 * (EVENT_BYTES + REJECTED_BYTES)


class Record(NamedTuple):
    """What goes to Kafka."""

    topic: str
    key: bytes | None
    value: bytes


class NotTakenError(Exception):
    """The broker has not acknowledged what was sent; it may have it all the same, and it is to be sent again."""


class Post:
    """A producer of the floor that `settings` name; to be entered, which checks the floor's topics and its key."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._within_s = settings.gateway_acknowledged_within_s
        self._producer: Any = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """
        Connect.

        Raises:
            BrokerAwayError: no broker answers.
            RingboardError: a topic is wrong, or the floor's numbers are under another key.

        """
        settings = self._settings
        names = topics(settings)
        await create_missing(settings.broker, names, settings.replication_factor)
        await check_fingerprint(settings.broker, names, identity_of(settings).fingerprint())
        producer = AIOKafkaProducer(
            bootstrap_servers=settings.broker,
            acks="all",
            enable_idempotence=True,
            max_batch_size=EVENT_BYTES,
            max_request_size=_LARGEST_REQUEST,
        )
        self._producer = await self._stack.enter_async_context(connected(producer, settings.broker))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go."""
        await self._stack.aclose()

    async def send(self, records: Sequence[Record]) -> list[Any]:
        """
        Return, when the broker has all of `records`, where each of them lies.

        Raises NotTakenError where it has not within seconds, and some more for many records.
        """
        if not records:
            return []
        try:
            async with asyncio.timeout(self._within_s + len(records) / _SENT_PER_S):
                sent = [await self._send(one) for one in records]
                # What is on its way stays on its way: only the waiting ends.
                await asyncio.wait(sent)
        except (KafkaError, TimeoutError) as error:
            raise NotTakenError(_name(error)) from error
        try:
            return [one.result() for one in sent]
        except (KafkaError, asyncio.CancelledError) as error:
            raise NotTakenError(_name(error)) from error

    async def answers(self) -> bool:
        """Tell whether the broker answers now."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                await self._producer.client.fetch_all_metadata()
        except (KafkaError, TimeoutError, OSError):
            return False
        return True

    async def _send(self, record: Record) -> asyncio.Future[Any]:
        sent: asyncio.Future[Any] = await self._producer.send(record.topic, record.value, key=record.key)
        sent.add_done_callback(_heard)
        return sent


def _heard(sent: asyncio.Future[Any]) -> None:
    """Look at what became of a record that nobody waits for any more."""
    if not sent.cancelled():
        sent.exception()


def _name(error: BaseException) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
