"""A Kafka topic of the user's own: read by a mapping, and never past what our broker has acknowledged."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    AuthenticationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from stream.errors import BrokerAwayError, RingboardError
from stream.finding import fail, ok, warn
from stream.kafka.client import LONGEST_WAIT_S, connected
from stream.sources.live_source import LostError
from stream.sources.own_topic.records import KafkaRecords
from stream.sources.own_topic.settings import ConnectKafkaSettings

if TYPE_CHECKING:
    from stream.clock import Clock
    from stream.finding import Finding
    from stream.settings.model import Settings
    from stream.sources.live_source import Listener

NAME: Final = "kafka"
AT_ONCE: Final = 1000
_WAIT_MS: Final = 500
_SILENT: Final = 20  # waits without a record, before it is seen whether anyone is there
_FORBIDDEN: Final = (AuthenticationFailedError, GroupAuthorizationFailedError, TopicAuthorizationFailedError)


class KafkaTopic:
    """
    Reads a topic as one of a group, whose offsets are committed when our broker has what the records told.

    A record that is read again, after a crash or as partitions move, tells the same ids.
    """

    name = NAME

    def __init__(self, settings: Settings, topic: str) -> None:
        self._settings = settings
        self._topic = topic
        self._records = KafkaRecords(settings)

    async def listen(self, listener: Listener) -> None:
        """Read on from where the group is, until the broker goes away."""
        consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=group_of(self._settings, self._topic),
            enable_auto_commit=False,
            auto_offset_reset=self._settings.group(ConnectKafkaSettings).connect_kafka_begin,
            isolation_level="read_committed",
        )
        try:
            async with connected(consumer, broker_of(self._settings)):
                if self._topic not in await consumer.topics():
                    raise LostError(_missing(self._settings, self._topic), hopeless=True)
                consumer.subscribe([self._topic])
                listener.connected()
                await self._read_on(consumer, listener)
        except BrokerAwayError as error:
            raise LostError(f"no broker of the topic answers at {broker_of(self._settings)}") from error
        except _FORBIDDEN as error:
            raise LostError(_may_not(self._settings), hopeless=True) from error
        except (KafkaError, OSError, TimeoutError) as error:
            # The group has moved on without us, or the broker is gone: what was not committed is read again.
            raise LostError(f"{broker_of(self._settings)}: {type(error).__name__}") from error

    async def _read_on(self, consumer: Any, listener: Listener) -> None:
        silent = 0
        while True:
            found = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=AT_ONCE)
            silent = 0 if found else silent + 1
            if silent >= _SILENT:
                # A client says nothing of brokers that are gone: it waits for them.
                silent = 0
                async with asyncio.timeout(LONGEST_WAIT_S):
                    await consumer.topics()
            for records in found.values():
                for record in records:
                    listener.heard()
                    await self._records.tell(record, listener)
            if found:
                await listener.flush()
                async with asyncio.timeout(LONGEST_WAIT_S):
                    await consumer.commit({place: records[-1].offset + 1 for place, records in found.items()})


def source_of(settings: Settings, clock: Clock) -> KafkaTopic:  # noqa: ARG001 - as every kind's
    """Return the source that `settings` describe."""
    topic = settings.group(ConnectKafkaSettings).connect_kafka_topic
    if topic is None:
        raise RingboardError(
            "connect_kafka_topic: not set; name the topic to read, with --topic or in RINGBOARD_CONNECT_KAFKA_TOPIC"
        )
    return KafkaTopic(settings, topic)


async def check(settings: Settings, clock: Clock) -> list[Finding]:  # noqa: ARG001 - as every kind's
    """Look at the mapping, the broker, the topic, and how far the group has read it."""
    topic = settings.group(ConnectKafkaSettings).connect_kafka_topic
    if topic is None:
        return []
    KafkaRecords(settings)
    what, broker = f"kafka topic {topic}", broker_of(settings)
    consumer = AIOKafkaConsumer(
        **client_options(settings), group_id=group_of(settings, topic), enable_auto_commit=False
    )
    try:
        async with connected(consumer, broker), asyncio.timeout(LONGEST_WAIT_S):
            if topic not in await consumer.topics():
                return [fail(what, _missing(settings, topic), "create it, or mend connect_kafka_topic")]
            return [await _behind(consumer, what, topic)]
    except BrokerAwayError:
        return [fail(what, f"none answers at {broker}", "mend connect_kafka_broker, or start it")]
    except _FORBIDDEN:
        return [fail(what, _may_not(settings), "mend connect_kafka_user, connect_kafka_password and its rights")]
    except (KafkaError, TimeoutError) as error:
        return [fail(what, f"{broker}: {type(error).__name__}", "look at the broker's log")]


async def _behind(consumer: Any, what: str, topic: str) -> Finding:
    # A client knows the partitions of what it has been assigned only; to be assigned joins no group.
    first = TopicPartition(topic, 0)
    consumer.assign([first])
    await consumer.end_offsets([first])
    places = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    committed = {place: await consumer.committed(place) for place in places}
    if all(offset is None for offset in committed.values()):
        return warn(what, f"{len(places)} partitions, none read yet", "start `ringboard connect kafka`")
    deleted = sum(max(0, begins[place] - (committed[place] or begins[place])) for place in places)
    behind = sum(ends[place] - max(begins[place], committed[place] or begins[place]) for place in places)
    if deleted:
        return fail(
            what, f"{deleted} records were deleted before they were read", "keep the topic for longer than any outage"
        )
    return ok(what, f"{len(places)} partitions, {behind} records not read yet")


def broker_of(settings: Settings) -> str:
    """Return the brokers that the topic lies on."""
    return settings.group(ConnectKafkaSettings).connect_kafka_broker or settings.broker


def group_of(settings: Settings, topic: str) -> str:
    """Return the group whose offsets say how far the topic was read."""
    return settings.group(ConnectKafkaSettings).connect_kafka_group or f"{settings.app_id}-connect-{topic}"


def client_options(settings: Settings) -> dict[str, Any]:
    """Return how the brokers of the topic are reached, and logged in at."""
    own = settings.group(ConnectKafkaSettings)
    user, password = own.connect_kafka_user, own.connect_kafka_password
    tls = own.connect_kafka_tls == "yes"
    options: dict[str, Any] = {"bootstrap_servers": broker_of(settings), "security_protocol": "PLAINTEXT"}
    if tls:
        options.update(security_protocol="SSL", ssl_context=ssl.create_default_context())
    if user is not None:
        options.update(
            security_protocol="SASL_SSL" if tls else "SASL_PLAINTEXT",
            sasl_mechanism=own.connect_kafka_login,
            sasl_plain_username=user,
            sasl_plain_password="" if password is None else password.get_secret_value(),
        )
    return options


def _missing(settings: Settings, topic: str) -> str:
    return f"there is no topic {topic} at {broker_of(settings)}"


def _may_not(settings: Settings) -> str:
    return f"{broker_of(settings)} does not let it in, or not read the topic"
