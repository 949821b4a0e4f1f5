"""A Kafka topic of the user's own: read by a mapping, and never past what our broker has acknowledged."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any, Final

from stream.errors import BrokerAwayError, RingboardError
from stream.finding import fail, ok, warn
from stream.kafka.client import LONGEST_WAIT_S
from stream.kafka.group_reader import ForbiddenError, GroupLostError, reading_as_group
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
        except ForbiddenError as error:
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
    except BrokerAwayError:
        return [fail(what, f"none answers at {broker}", "correct connect_kafka_broker, or start it")]
    except ForbiddenError as error:
        return [fail(what, str(error), "correct connect_kafka_user, connect_kafka_password and its rights")]
    except GroupLostError as error:
        return [fail(what, str(error), "look at the broker's log")]


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
    group, login = group_of(settings, topic), login_of(settings)
    return reading_as_group(broker_of(settings), topic, group, begin=begin, login=login)


def broker_of(settings: Settings) -> str:
    """Return the brokers that the topic lies on."""
    return settings.group(ConnectKafkaSettings).connect_kafka_broker or settings.broker


def group_of(settings: Settings, topic: str) -> str:
    """Return the group whose offsets say how far the topic was read."""
    return settings.group(ConnectKafkaSettings).connect_kafka_group or f"{settings.app_id}-connect-{topic}"


def login_of(settings: Settings) -> dict[str, Any]:
    """Return how the brokers of the topic are logged in at, as aiokafka's options."""
    own = settings.group(ConnectKafkaSettings)
    user, password = own.connect_kafka_user, own.connect_kafka_password
    tls = own.connect_kafka_tls == "yes"
    options: dict[str, Any] = {"security_protocol": "PLAINTEXT"}
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
