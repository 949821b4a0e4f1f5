"""Starts a Kafka client, or raises within seconds, in one line, that no broker answers."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stream.errors import BrokerAwayError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

LONGEST_WAIT_S: Final = 8.0


class Client(Protocol):
    """A producer, a consumer or an admin client of aiokafka."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Close all connections."""


class Admin(AIOKafkaAdminClient):
    """An admin client that is stopped like every other client."""

    async def stop(self) -> None:
        """Close all connections."""
        await self.close()  # type: ignore[no-untyped-call]


C = TypeVar("C", bound=Client)


@asynccontextmanager
async def connected(client: C, bootstrap: str) -> AsyncGenerator[C]:
    """
    Start `client`, and stop it in the end.

    Raises:
        BrokerAwayError: no broker answers at `bootstrap` within a few seconds.

    """
    # aiokafka logs each attempt; to the user the failure is one thing, and reported once.
    log = logging.getLogger("aiokafka")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        async with asyncio.timeout(LONGEST_WAIT_S):
            await client.start()
    except (KafkaError, OSError, TimeoutError) as error:
        await _stop(client)
        raise BrokerAwayError(
            f"no Kafka broker answers at {bootstrap}: start one (`ringboard broker`), or set RINGBOARD_BROKER"
        ) from error
    except BaseException:
        await _stop(client)
        raise
    finally:
        log.setLevel(before)
    try:
        yield client
    finally:
        await _stop(client)


async def _stop(client: Client) -> None:
    try:
        async with asyncio.timeout(LONGEST_WAIT_S):
            await client.stop()
    except (KafkaError, OSError, TimeoutError):
        # What had to be written has been awaited before; close() may fail: the broker is already gone.
        return
    except asyncio.CancelledError:
        # A consumer that stops while its broker is gone lets the end of its own tasks escape: nobody has cancelled us.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
