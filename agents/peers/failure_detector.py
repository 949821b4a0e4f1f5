"""Removes a worker whose process has ended from the group at once, without waiting until its session expires."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.group import LeaveGroupRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from stream.kafka.connection import Connection
    from stream.web.networks import Networks

PROBE_EVERY_S: Final = 0.25
PROBE_TIMEOUT_S: Final = 1.0
REFUSED_TIMES: Final = 3  # in a row, until a closed port counts as the end of its worker
NEIGHBOURS: Final = 3

log = logging.getLogger(__name__)


class FailureDetector:
    """
    Watches the few workers that follow this one in the order of their names.

    A machine refuses connections to a port on which no process listens: a worker that did listen there has ended. No
    answer proves nothing (the network may fail, or the process may be suspended): then the group's session decides.
    A mistake does no harm: a member that was removed but lives joins again, and its transactions are fenced.

    Args:
        own: the name of this worker.
        others: returns the address and the member id of each other worker, by its name.
        take_out: removes a member from the group.
        networks: where workers may be.

    """

    def __init__(
        self,
        own: str,
        others: Callable[[], Mapping[str, tuple[str, str]]],
        take_out: Callable[[str], Awaitable[None]],
        networks: Networks,
    ) -> None:
        self._own = own
        self._networks = networks
        self._others = others
        self._take_out = take_out
        self._refused: dict[str, int] = {}  # refusals since the last answer, of workers that ever answered

    async def watch(self) -> None:
        """Watch until cancelled."""
        while True:
            others = self._others()
            self._refused = {name: count for name, count in self._refused.items() if name in others}
            neighbours = self._neighbours(others)
            await asyncio.gather(*(self._check(name, *others[name]) for name in neighbours))
            await asyncio.sleep(PROBE_EVERY_S)

    def _neighbours(self, others: Mapping[str, tuple[str, str]]) -> list[str]:
        """Return the names that follow this one, in a circle; workers known to have ended are passed over."""
        living = [name for name in others if self._refused.get(name, 0) < REFUSED_TIMES]
        return sorted(living, key=lambda name: (name < self._own, name))[:NEIGHBOURS]

    async def _check(self, name: str, url: str, member: str) -> None:
        answered = await probe(url, self._networks)
        if answered:
            self._refused[name] = 0
        elif answered is False and name in self._refused:
            self._refused[name] += 1
            if self._refused[name] == REFUSED_TIMES and member:
                log.warning("the worker at %s has ended; its partitions are given to others", url)
                await self._take_out(member)


async def probe(url: str, networks: Networks) -> bool | None:
    """Return whether a process listens at `url`; None if that is not known, or no address of it is in `networks`."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            address, *_ = await networks.addresses(parts.hostname or "", port)
            _, writer = await asyncio.open_connection(address, port)
    except ConnectionRefusedError:
        return False
    except (OSError, TimeoutError, ValueError):
        return None
    writer.close()
    return True


async def take_out(connection: Connection, group: str, member: str) -> None:
    """Remove `member` from `group`; if that fails, its session expires a few seconds later."""
    admin = AIOKafkaAdminClient(**connection.options)
    try:
        await admin.start()
        node = await admin.find_coordinator(group)
        await admin._send_request(LeaveGroupRequest(group, member), node)  # noqa: SLF001  # aiokafka has no method for it
    except (KafkaError, OSError, TimeoutError) as error:
        log.info("a worker that has ended could not be removed from the group (%s)", type(error).__name__)
    finally:
        await admin.close()
