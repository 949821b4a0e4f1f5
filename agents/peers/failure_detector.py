"""Takes a worker whose process has ended out of the group at once; the group would wait for its session to end."""

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

KNOCK_EVERY_S: Final = 0.25
KNOCK_WITHIN_S: Final = 1.0
REFUSED_TIMES: Final = 3  # in a row: a port that is closed for so long is nobody's
NEIGHBOURS: Final = 3

log = logging.getLogger(__name__)


class FailureDetector:
    """
    Watches the next few workers, by name, of one that is called `own`.

    A machine refuses a connection to a port where nobody listens any more: a process that did listen there has ended.
    Silence says nothing (the network may be at fault, or the process asleep): then the group's own session decides.
    Nothing depends on being right: a member that is taken out and lives joins again, and its transactions are fenced.

    Args:
        own: this worker.
        others: gives by name of each other worker its address, and the member of the group that it is.
        take_out: takes a member out of the group.

    """

    def __init__(
        self,
        own: str,
        others: Callable[[], Mapping[str, tuple[str, str]]],
        take_out: Callable[[str], Awaitable[None]],
    ) -> None:
        self._own = own
        self._others = others
        self._take_out = take_out
        self._refused: dict[str, int] = {}  # by name, since it answered; one that never did is not in it

    async def watch(self) -> None:
        """Watch until cancelled."""
        while True:
            others = self._others()
            self._refused = {name: count for name, count in self._refused.items() if name in others}
            neighbours = self._neighbours(others)
            await asyncio.gather(*(self._look_after(name, *others[name]) for name in neighbours))
            await asyncio.sleep(KNOCK_EVERY_S)

    def _neighbours(self, others: Mapping[str, tuple[str, str]]) -> list[str]:
        """Name the next ones in the circle of all; those known to be dead stand in nobody's way."""
        living = [name for name in others if self._refused.get(name, 0) < REFUSED_TIMES]
        return sorted(living, key=lambda name: (name < self._own, name))[:NEIGHBOURS]

    async def _look_after(self, name: str, url: str, member: str) -> None:
        answered = await knock(url)
        if answered:
            self._refused[name] = 0
        elif answered is False and name in self._refused:
            self._refused[name] += 1
            if self._refused[name] == REFUSED_TIMES and member:
                log.warning("the worker at %s has ended; its partitions are given to others", url)
                await self._take_out(member)


async def knock(url: str) -> bool | None:
    """Tell whether somebody listens at `url`; None if that cannot be told."""
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        async with asyncio.timeout(KNOCK_WITHIN_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except ConnectionRefusedError:
        return False
    except (OSError, TimeoutError, ValueError):
        return None
    writer.close()
    return True


async def take_out(bootstrap: str, group: str, member: str) -> None:
    """Have `member` leave `group`; where that fails its session ends it a few seconds later."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        node = await admin.find_coordinator(group)
        await admin._send_request(LeaveGroupRequest(group, member), node)  # noqa: SLF001  # no method of its own
    except (KafkaError, OSError, TimeoutError) as error:
        log.info("it could not be taken out of the group (%s)", type(error).__name__)
    finally:
        await admin.close()
