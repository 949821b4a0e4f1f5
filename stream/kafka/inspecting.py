"""What a broker says of itself: its topics, their configuration, and its clock."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from stream.errors import RingboardError
from stream.kafka.client import LONGEST_WAIT_S, Admin, connected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from stream.clock import Clock

CLOCK_KEY: Final = b"check/clock"
_APPEND_TIME: Final = 1

Described = dict[str, tuple[int, dict[str, str]]]
"""The number of partitions and the configuration of topics, by name."""


class BrokerFailsError(RingboardError):
    """A broker is there, and does not do what it is asked."""


async def described(bootstrap: str, configs: Sequence[str]) -> Described:
    """
    Return every topic there is, with the values of `configs`.

    Raises:
        BrokerAwayError: no broker answers.
        BrokerFailsError: it does not say.

    """
    async with connected(Admin(bootstrap_servers=bootstrap), bootstrap) as admin, _in_time():
        partitions = {
            one["topic"]: len(one["partitions"]) for one in await admin.describe_topics() if not one["error_code"]
        }
        if not partitions:
            return {}
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name, configs=dict.fromkeys(configs)) for name in partitions]
        found: dict[str, dict[str, str]] = {}
        answers: list[Any] = await admin.describe_configs(wanted)
        for answer in answers:
            for _code, _why, _kind, name, entries in answer.resources:
                found[name] = {entry[0]: entry[1] for entry in entries}
        return {name: (count, found.get(name, {})) for name, count in partitions.items()}


async def clock_difference_ms(bootstrap: str, topic: str, clock: Clock) -> int | None:
    """
    Return by how much the broker's clock is ahead of `clock`; None where it does not stamp the records of `topic`.

    It stamps a record without content, which it then compacts away. Raises BrokerFailsError, or BrokerAwayError.
    """
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    async with connected(producer, bootstrap), _in_time():
        await producer.send_and_wait(topic, None, key=CLOCK_KEY, partition=0)  # connections are made by now
        before = clock.now_ms()
        sent = await producer.send_and_wait(topic, None, key=CLOCK_KEY, partition=0)
        after = clock.now_ms()
    if sent.timestamp_type != _APPEND_TIME or sent.timestamp < 0:
        return None
    return int(sent.timestamp - (before + after) // 2)


@asynccontextmanager
async def _in_time() -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(LONGEST_WAIT_S):
            yield
    except TimeoutError as error:
        raise BrokerFailsError("no answer in time") from error
    except KafkaError as error:
        raise BrokerFailsError(type(error).__name__) from error
