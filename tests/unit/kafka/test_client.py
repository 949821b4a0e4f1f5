"""A Kafka client is let go of, whatever it does on the way."""

from __future__ import annotations

import asyncio

import pytest

from stream.kafka.client import connected
from stream.kafka.connection import Connection


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
