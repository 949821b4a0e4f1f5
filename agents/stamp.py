"""Which settings and which key the state was made with: the stamp in the control topic, checked by every worker."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition

from agents.recovery import plain_consumer
from stream.errors import RingboardError
from stream.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.settings import Settings

STATE_SCHEMA = 1  # grows whenever the content of a changelog takes another form or meaning
MEANING = (  # the settings that a state already depends on
    "timezone",
    "default_region",
    "min_talk_s",
    "min_talk_s_by_campaign",
    "follow_up_within_h",
    "early_follow_up_h",
    "opening_hours",
    "holidays_country",
    "dispositions",
    "extension_pattern",
    "service_level_s",
    "service_level_formula",
    "journey_days",
    "journey_events",
    "ahead_limit_h",
)


def stamp_of(settings: Settings) -> dict[str, str]:
    """
    Return the stamp of `settings`: by name a short form of each thing that the state depends on.

    Raises:
        RingboardError: the pseudonym key cannot be read.

    """
    identity = Identity(settings.load_key(), settings.default_region, settings.extension_pattern)
    stamp = {"schema": str(STATE_SCHEMA), "pseudonym_key": identity.fingerprint()}
    return stamp | {name: _short(getattr(settings, name)) for name in MEANING if hasattr(settings, name)}


def _short(value: Any) -> str:
    """Return a value that can be read, or the digest of a long one: what is different is named, not shown."""
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()
    return text if len(text) <= 40 else hashlib.sha256(text.encode()).hexdigest()[:16]  # noqa: PLR2004


async def check_stamp(bootstrap: str, topic: str, app_id: str, stamp: Mapping[str, str]) -> None:
    """
    Compare `stamp` with the one of the state, or leave it there if there is none yet.

    Raises:
        RingboardError: the state was made with something else.

    """
    there = (await read_control(bootstrap, topic)).get(_key(app_id))
    if there is None:
        await write_stamp(bootstrap, topic, app_id, stamp)
        return
    was = orjson.loads(there)
    if different := sorted(name for name in {*was, *stamp} if was.get(name) != stamp.get(name)):
        raise RingboardError(f"{_told(different, was, stamp)}; set it back, or stop all workers and run `ringboard rebuild`")


def _told(different: list[str], was: Mapping[str, str], stamp: Mapping[str, str]) -> str:
    if "pseudonym_key" in different:
        return "the pseudonym key is not the one that the numbers in the topics were made with"
    if "schema" in different:
        return f"the state is of version {was.get('schema')}, this Ringboard keeps version {stamp.get('schema')}"
    names = ", ".join(different)
    return f"the state was made with another {names}"


async def write_stamp(bootstrap: str, topic: str, app_id: str, stamp: Mapping[str, str]) -> None:
    """Put `stamp` in the control topic."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(topic, orjson.dumps(stamp, option=orjson.OPT_SORT_KEYS), key=_key(app_id), partition=0)
    finally:
        await producer.stop()


async def read_control(bootstrap: str, topic: str) -> dict[bytes, bytes]:
    """Return the last value of each key of the control topic."""
    place = TopicPartition(topic, 0)
    content: dict[bytes, bytes] = {}
    async with plain_consumer(bootstrap, "read_committed") as consumer:
        end = (await consumer.end_offsets([place]))[place]
        consumer.assign([place])
        consumer.seek(place, (await consumer.beginning_offsets([place]))[place])
        while await consumer.position(place) < end:
            for record in (await consumer.getmany(timeout_ms=100)).get(place, []):
                if record.key is not None and record.value is not None:
                    content[record.key] = record.value
                elif record.key is not None:
                    content.pop(record.key, None)
    return content


def _key(app_id: str) -> bytes:
    return f"stamp/{app_id}".encode()
