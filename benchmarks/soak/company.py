"""What goes on beside the work: walls, scrapers without a pause, and clients that say little, nothing or nonsense."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

from benchmarks.viewers import Walls
from tests.beside import beside
from tests.flood import DRIP_EVERY_S, Flood, flooded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

CLIENTS: Final = 40  # of each worker, as are the others
SCRAPERS: Final = 1
WALLS: Final = 10


@asynccontextmanager
async def company(ports: Sequence[int]) -> AsyncIterator[tuple[list[Flood], list[Walls]]]:
    """Keep all of them at the workers of `ports`, also when these start again; yield what has become of them."""
    floods = [Flood(port, CLIENTS, SCRAPERS) for port in ports]
    walls = [Walls(port) for port in ports]
    async with AsyncExitStack() as stack:
        for flood in floods:
            await stack.enter_async_context(flooded(flood))
        await stack.enter_async_context(beside(_look(some, number) for some in walls for number in range(WALLS)))
        yield floods, walls


async def _look(walls: Walls, number: int) -> None:
    while True:
        try:
            await walls.wall(number)
        except* (OSError, EOFError):
            pass  # the worker starts again
        await asyncio.sleep(DRIP_EVERY_S)
