"""Starts a Kafka client, or raises within seconds, in one line, why it cannot."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, NodeNotReadyError

from stream.errors import BrokerAwayError, RefusedError
from stream.kafka.diagnosis import trouble_with

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stream.kafka.connection import Connection

LONGEST_WAIT_S: Final = 8.0
_READY_WITHIN_S: Final = 5.0
_LOOK_AGAIN_S: Final = 0.05


class Client(Protocol):
    """A producer, a consumer or an admin client of aiokafka."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Close all connections."""


class Admin(AIOKafkaAdminClient):
    """
    An admin client that is stopped like every other client, and waits as these do for a broker to be ready.

    For a moment after its start a broker lists nobody in its cluster, and a busy one may not take a connection at once:
    a producer and a consumer try again, aiokafka's admin client fails.
    """

    async def stop(self) -> None:
        """Close all connections."""
        await self.close()  # type: ignore[no-untyped-call]

    async def _send_request(self, request: Any, node_id: int | None = None) -> Any:
        now = asyncio.get_running_loop().time
        deadline = now() + _READY_WITHIN_S
        while True:
            try:
                return await super()._send_request(request, node_id)
            except NodeNotReadyError:  # nothing was sent
                if now() >= deadline:
                    raise
            await asyncio.sleep(_LOOK_AGAIN_S)
            await self._client.force_metadata_update()  # by itself aiokafka would ask again in five minutes


C = TypeVar("C", bound=Client)


@asynccontextmanager
async def connected(client: C, connection: Connection) -> AsyncGenerator[C]:
    """
    Start `client`, and stop it in the end.

    Raises:
        BrokerAwayError: no broker answers at `connection` within a few seconds.
        RefusedError: one does, and does not let us in.

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
        raise await explained(connection, error) from error
    except BaseException:
        await _stop(client)
        raise
    finally:
        log.setLevel(before)
    try:
        yield client
    finally:
        await _stop(client)


async def explained(connection: Connection, error: BaseException) -> BrokerAwayError | RefusedError:
    """Return the error that says why a client failed by `error`: found out by looking, as aiokafka does not say."""
    trouble = await trouble_with(connection)
    if trouble is None:
        return BrokerAwayError(f"the Kafka broker at {connection} fails ({type(error).__name__})")
    return (BrokerAwayError if trouble.away else RefusedError)(trouble.what, trouble.todo)


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
