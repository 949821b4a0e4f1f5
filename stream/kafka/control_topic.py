"""The control topic: what all processes of a floor must agree on, kept on the broker by key, and signed."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from stream.errors import RefusedError, RingboardError
from stream.kafka.client import LONGEST_WAIT_S, connected
from stream.kafka.read_topic import records_of
from stream.kafka.rights import Right, refusal
from stream.kafka.signed_record import RecordSigner

if TYPE_CHECKING:
    from stream.kafka.connection import Connection
    from stream.kafka.topics import Topics
    from stream.privacy.identity import Identity

FINGERPRINT: Final = "fingerprint"
_FINGERPRINT: Final = re.compile("[0-9a-f]{16}")


class Control:
    """
    The control topic named `topic` (compacted, one partition) on the broker at `connection`.

    What is written is signed with the key of `identity`. Whoever may write to the topic may write anything there: what
    is not signed with this key counts for nothing, except where a method says `anybodys`.
    """

    def __init__(self, connection: Connection, topic: str, identity: Identity) -> None:
        self._connection = connection
        self._topic = topic
        self._signer = RecordSigner(topic, identity)

    async def read_all(self) -> dict[str, bytes]:
        """
        Return the latest value of every key.

        Raises:
            RingboardError: no broker answers, or the topic is not there.

        """
        latest: dict[str, bytes] = {}
        for record in await _log(self._connection, self._topic):
            if not self.is_ours(record):
                continue
            if record.value is None:
                latest.pop(_name(record), None)
            else:
                latest[_name(record)] = record.value
        return latest

    async def first(self, key: str) -> bytes | None:
        """Return the oldest value of `key` that is still in the log since it was last deleted: who came first."""
        oldest: bytes | None = None
        for record in await _log(self._connection, self._topic):
            if _name(record) == key and self.is_ours(record):
                oldest = record.value if oldest is None or record.value is None else oldest
        return oldest

    async def anybodys(self, key: str) -> list[Any]:
        """Return the records of `key` that are still in the log, whoever wrote them, the oldest first."""
        return await _records(self._connection, self._topic, key)

    def is_ours(self, record: Any) -> bool:
        """Return whether a process with this floor's key has written `record`."""
        return self._signer.distrust(record) is None

    async def write(self, key: str, value: bytes | None) -> None:
        """
        Put `value` under `key`, None to delete it, and return when the broker has it.

        Raises:
            RingboardError: no broker answers, or the topic is not there.

        """
        await self._send(key.encode(), value, self._signer.headers(key.encode(), value))

    async def write_again(self, record: Any) -> None:
        """Append a copy of `record`, under the signature that it has; raises RingboardError as `write` does."""
        await self._send(record.key, record.value, list(record.headers))

    async def _send(self, key: bytes, value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
        producer = AIOKafkaProducer(**self._connection.options, acks="all", enable_idempotence=True)
        async with connected(producer, self._connection):
            try:
                async with asyncio.timeout(LONGEST_WAIT_S):
                    await producer.send_and_wait(self._topic, value, key=key, partition=0, headers=headers)
            except TopicAuthorizationFailedError as error:
                raise RefusedError(*refusal(self._connection, [Right("Write", "topic", self._topic)])) from error
            except (KafkaError, AssertionError, TimeoutError) as error:
                raise self._absent() from error

    def _absent(self) -> RingboardError:
        return RingboardError(f"topic {self._topic}: not there; `ringboard worker` creates it when it starts")


async def known_fingerprint(connection: Connection, topic: str) -> str | None:
    """Return the fingerprint of the key that the floor's numbers are under; None where nobody has come yet."""
    records = await _records(connection, topic, FINGERPRINT)
    return _shown(records[0].value) if records else None


async def check_fingerprint(connection: Connection, topics: Topics, identity: Identity) -> None:
    """
    Make sure that numbers are pseudonymised under one key only; the first process to come says which.

    A process cannot verify what was signed with another key. So the oldest record that is still in the log stands,
    whoever wrote it, and is written again after whatever follows it, as only the latest outlives the topic's
    compaction. But where a worker has signed anything else with this key, it is the floor's: only who has passed this
    check before comes to that.

    Raises:
        RingboardError: the floor's numbers are under another key; or no broker answers, or the topic is not there.

    """
    control, own = Control(connection, topics.control.name, identity), identity.fingerprint()
    records = await control.anybodys(FINGERPRINT)
    if not records:
        try:
            await control.write(FINGERPRINT, own.encode())
        except RefusedError as error:
            todo = f"start `ringboard worker` first, which does, or {error.todo}"
            raise RefusedError(f"nobody has yet written the key's fingerprint, and {error.what}", todo) from error
        records = await control.anybodys(FINGERPRINT)  # two may have come at the same time: the log has an order
    known = records[0].value if records else b""
    if known == own.encode() or (await control.read_all()).keys() - {FINGERPRINT}:
        if not records or not control.is_ours(records[-1]):
            with suppress(RefusedError):  # then it is for a worker to do
                await control.write(FINGERPRINT, own.encode())
        return
    if records and records[-1].value != known:
        await control.write_again(records[0])
    raise _other_key(own, known)


async def compare_fingerprint(connection: Connection, topic: str, identity: Identity) -> bool:
    """
    Return whether the floor's numbers are under a key yet, which is then that of `identity`; write nothing.

    Raises:
        RingboardError: they are under another one, as `check_fingerprint` says; or no broker answers.

    """
    control, own = Control(connection, topic, identity), identity.fingerprint()
    records = await control.anybodys(FINGERPRINT)
    if not records:
        return False
    known = records[0].value
    if known != own.encode() and not (await control.read_all()).keys() - {FINGERPRINT}:
        raise _other_key(own, known)
    return True


def _other_key(own: str, known: bytes) -> RingboardError:
    return RingboardError(
        f"pseudonym_key: this one has the fingerprint {own}, the floor's numbers are under {_shown(known)}; "
        "set RINGBOARD_PSEUDONYM_KEY, or copy pseudonym.key, from the machine that began"
    )


async def _records(connection: Connection, topic: str, key: str) -> list[Any]:
    return [record for record in await _log(connection, topic) if _name(record) == key and record.value is not None]


async def _log(connection: Connection, topic: str) -> list[Any]:
    async with aclosing(records_of(connection, topic)) as records:
        return [record async for record in records if record.key is not None]


def _name(record: Any) -> str:
    return str(record.key.decode("utf-8", "replace"))


def _shown(fingerprint: bytes) -> str:
    """Return a fingerprint as it may be shown: whoever may write to the topic may have written anything."""
    text = fingerprint.decode("ascii", "replace")
    return text if _FINGERPRINT.fullmatch(text) else "what is no fingerprint"
