"""A Kafka client is let go of, whatever it does on the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.errors import NodeNotReadyError

from stream.kafka import client
from stream.kafka.client import Admin, connected
from stream.kafka.connection import Connection

if TYPE_CHECKING:
    from aiokafka.client import AIOKafkaClient


class JustStarted:
    """Answers for a broker that takes no request before it has been asked `refused` times who is in its cluster."""

    def __init__(self, wrapped: AIOKafkaClient, refused: float) -> None:
        self.refused = refused
        self.asked: list[Any] = []
        watched: Any = wrapped
        watched.send = self.send
        watched.force_metadata_update = self.force_metadata_update

    async def force_metadata_update(self) -> bool:
        self.refused -= 1
        return True

    async def send(self, node: int | None, request: object) -> object:
        self.asked.append(node)
        if self.refused > 0:
            raise NodeNotReadyError
        return request


class Escaping:
    """A client whose stop lets the end of its own tasks escape, as a consumer does when its broker is gone."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        raise asyncio.CancelledError


async def test_a_client_that_ends_its_own_tasks_cancels_nobody() -> None:
    async with connected(Escaping(), Connection("127.0.0.1:9")):
        pass


async def test_who_is_cancelled_while_a_client_stops_is_cancelled() -> None:
    reached = asyncio.Event()

    class Slow(Escaping):
        async def stop(self) -> None:
            reached.set()
            await asyncio.Event().wait()

    async def use() -> None:
        async with connected(Slow(), Connection("127.0.0.1:9")):
            pass

    task = asyncio.create_task(use())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_broker_that_is_not_ready_yet_is_asked_again() -> None:
    admin = Admin()
    broker = JustStarted(admin._client, refused=2)
    assert await admin._send_request("a request") == "a request"
    assert await admin._send_request("another", 3) == "another"
    assert broker.asked == [None, None, None, 3]


async def test_a_broker_that_is_never_ready_is_told_of_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_READY_WITHIN_S", 0.1)
    admin = Admin()
    JustStarted(admin._client, refused=float("inf"))
    with pytest.raises(NodeNotReadyError):
        await admin._send_request("a request")
