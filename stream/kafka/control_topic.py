"""The control topic: what all processes of a floor must agree on, kept on the broker by key."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.errors import RingboardError
from stream.kafka.client import LONGEST_WAIT_S, connected
from stream.kafka.read_topic import records_of

if TYPE_CHECKING:
    from stream.kafka.topics import Topics

FINGERPRINT: Final = "fingerprint"


class Control:
    """The control topic named `topic` (compacted, one partition) on the broker at `bootstrap`."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic

    async def read_all(self) -> dict[str, bytes]:
        """
        Return the latest value of every key.

        Raises:
            RingboardError: no broker answers, or the topic is not there.

        """
        latest: dict[str, bytes] = {}
        for key, value in await self._log():
            if value is None:
                latest.pop(key, None)
            else:
                latest[key] = value
        return latest

    async def first(self, key: str) -> bytes | None:
        """Return the oldest value of `key` that is still in the log since it was last deleted: who came first."""
        oldest: bytes | None = None
        for name, value in await self._log():
            if name == key and (oldest is None or value is None):
                oldest = value
        return oldest

    async def write(self, key: str, value: bytes | None) -> None:
        """
        Put `value` under `key`, None to delete it, and return when the broker has it.

        Raises:
            RingboardError: no broker answers, or the topic is not there.

        """
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all", enable_idempotence=True)
        async with connected(producer, self._bootstrap):
            try:
                async with asyncio.timeout(LONGEST_WAIT_S):
                    await producer.send_and_wait(self._topic, value, key=key.encode(), partition=0)
            except (KafkaError, AssertionError, TimeoutError) as error:
                raise self._absent() from error

    async def _log(self) -> list[tuple[str, bytes | None]]:
        async with aclosing(records_of(self._bootstrap, self._topic)) as records:
            keyed = [record async for record in records if record.key is not None]
        return [(record.key.decode("utf-8", "replace"), record.value) for record in keyed]

    def _absent(self) -> RingboardError:
        return RingboardError(f"topic {self._topic}: not there; `ringboard worker` creates it when it starts")


async def check_fingerprint(bootstrap: str, topics: Topics, fingerprint: str) -> None:
    """
    Make sure that numbers are pseudonymised under one key only; the first process to come says which.

    `fingerprint` is that of the key of this process (`Identity.fingerprint`).

    Raises:
        RingboardError: the floor's numbers are under another key; or no broker answers, or the topic is not there.

    """
    control = Control(bootstrap, topics.control.name)
    known = (await control.read_all()).get(FINGERPRINT)
    if known is None:
        await control.write(FINGERPRINT, fingerprint.encode())
        # Two may have come at the same time. The log has an order: the earlier one stands, and is made to.
        known = await control.first(FINGERPRINT)
        if known is not None and known != fingerprint.encode():
            await control.write(FINGERPRINT, known)
    if known is None or known != fingerprint.encode():
        theirs = known.decode("ascii", "replace") if known else "none"
        raise RingboardError(
            f"pseudonym_key: this one has the fingerprint {fingerprint}, the floor's numbers are under {theirs}; "
            "set RINGBOARD_PSEUDONYM_KEY, or copy pseudonym.key, from the machine that began"
        )
