"""A Kafka topic of the user's own: read by a mapping, and never past what our broker has acknowledged."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from stream.errors import BrokerAwayError, RefusedError, RingboardError
from stream.finding import fail, ok, warn
from stream.kafka.client import LONGEST_WAIT_S
from stream.kafka.connection import Connection, Named, connection_of
from stream.kafka.group_reader import ForbiddenError, GroupLostError, reading_as_group
from stream.kafka.tls import client_context
from stream.sources.live_source import LostError
from stream.sources.own_topic.records import KafkaRecords
from stream.sources.own_topic.settings import ConnectKafkaSettings

if TYPE_CHECKING:
    import contextlib

    from stream.clock import Clock
    from stream.finding import Finding
    from stream.kafka.group_reader import GroupReader, Progress
    from stream.settings.model import Settings
    from stream.sources.live_source import Listener

NAME: Final = "kafka"
_NAMED: Final = Named(
    servers="RINGBOARD_CONNECT_KAFKA_BROKER",
    security="RINGBOARD_CONNECT_KAFKA_TLS and RINGBOARD_CONNECT_KAFKA_USER: what is wanted is",
    ca="RINGBOARD_CONNECT_KAFKA_TLS_CA",
    mechanism="RINGBOARD_CONNECT_KAFKA_LOGIN",
    login="RINGBOARD_CONNECT_KAFKA_USER and RINGBOARD_CONNECT_KAFKA_PASSWORD",
)
_SILENT: Final = 20  # waits without a record, before it is seen whether anyone is there


class KafkaTopic:
    """
    Reads a topic as one of a group, whose offsets are committed when our broker has the events of the records.

    A record that is read again, after a crash or as partitions move, makes events of the same ids.
    """

    name = NAME

    def __init__(self, settings: Settings, topic: str) -> None:
        self._settings = settings
        self._topic = topic
        self._records = KafkaRecords(settings)

    async def listen(self, listener: Listener) -> None:
        """Read on from where the group is, until the broker goes away."""
        begin = self._settings.group(ConnectKafkaSettings).connect_kafka_begin
        try:
            async with _reader(self._settings, self._topic, begin=begin) as reader:
                if not await reader.topic_exists():
                    raise LostError(_missing(self._settings, self._topic), hopeless=True)
                reader.join()
                listener.connected()
                await self._read_on(reader, listener)
        except BrokerAwayError as error:
            raise LostError(f"no broker of the topic answers at {broker_of(self._settings)}") from error
        except (ForbiddenError, RefusedError) as error:
            raise LostError(str(error), hopeless=True) from error
        except GroupLostError as error:
            raise LostError(str(error)) from error

    async def _read_on(self, reader: GroupReader, listener: Listener) -> None:
        silent = 0
        while True:
            found = await reader.next()
            silent = 0 if found else silent + 1
            if silent >= _SILENT:
                # A client says nothing of brokers that are gone: it waits for them.
                silent = 0
                await reader.topic_exists()
            for records in found.values():
                for record in records:
                    listener.heard()
                    await self._records.send(record, listener)
            if found:
                await listener.flush()
                await reader.commit(found)


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
    try:
        async with _reader(settings, topic) as reader, asyncio.timeout(LONGEST_WAIT_S):
            if not await reader.topic_exists():
                return [fail(what, _missing(settings, topic), "create it, or correct connect_kafka_topic")]
            return [_finding(what, await reader.progress())]
    except RingboardError as error:
        return [fail(what, *_why(error, broker))]


def _why(error: RingboardError, broker: str) -> tuple[str, str]:
    """Return what is wrong with the brokers of the topic, and what to do."""
    if isinstance(error, BrokerAwayError):
        return f"none answers at {broker}", "correct connect_kafka_broker, or start it"
    if isinstance(error, (RefusedError, ForbiddenError)):
        return error.what, error.todo
    if isinstance(error, GroupLostError):
        return str(error), "look at the broker's log"
    raise error


def _finding(what: str, progress: Progress) -> Finding:
    if not progress.begun:
        return warn(what, f"{progress.partitions} partitions, none read yet", "start `ringboard connect kafka`")
    if progress.deleted:
        message = f"{progress.deleted} records were deleted before they were read"
        return fail(what, message, "keep the topic for longer than any outage")
    return ok(what, f"{progress.partitions} partitions, {progress.behind} records not read yet")


def _reader(
    settings: Settings, topic: str, *, begin: str = "earliest"
) -> contextlib.AbstractAsyncContextManager[GroupReader]:
    return reading_as_group(connection_to(settings), topic, group_of(settings, topic), begin=begin)


def broker_of(settings: Settings) -> str:
    """Return the brokers that the topic lies on."""
    return settings.group(ConnectKafkaSettings).connect_kafka_broker or settings.broker


def group_of(settings: Settings, topic: str) -> str:
    """Return the group whose offsets say how far the topic was read."""
    return settings.group(ConnectKafkaSettings).connect_kafka_group or f"{settings.app_id}-connect-{topic}"


def connection_to(settings: Settings) -> Connection:
    """Return how the brokers of the topic are reached: those of the floor as the floor's own, but for another login."""
    own = settings.group(ConnectKafkaSettings)
    broker, user, password = own.connect_kafka_broker, own.connect_kafka_user, own.connect_kafka_password
    tls = own.connect_kafka_tls == "yes"
    if broker is None and user is None and not tls:
        return connection_of(settings)
    options = {} if broker is not None else dict(connection_of(settings).security)
    if tls and "ssl_context" not in options:
        options["ssl_context"] = client_context(own.connect_kafka_tls_ca, prefix="RINGBOARD_CONNECT_KAFKA_TLS")
    if user is not None:
        options = {name: value for name, value in options.items() if not name.startswith("sasl_")} | {
            "sasl_mechanism": own.connect_kafka_login,
            "sasl_plain_username": user,
            "sasl_plain_password": "" if password is None else password.get_secret_value(),
        }
    plain = "PLAINTEXT" if "ssl_context" not in options else "SSL"
    options["security_protocol"] = f"SASL_{plain}" if "sasl_mechanism" in options else plain
    return Connection(broker_of(settings), options, _NAMED)


def _missing(settings: Settings, topic: str) -> str:
    return f"there is no topic {topic} at {broker_of(settings)}"
