"""Gives way, in the midst of much work, to the other requests."""

from __future__ import annotations

import asyncio
import time
from typing import Final

LONGEST_S: Final = 0.005


class Turn:
    """The turn of one piece of work: where it is over, `give_way` is to be awaited."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether it is time to give way."""
        return time.monotonic() - self._since >= LONGEST_S

    async def give_way(self) -> None:
        """Let others have their turn."""
        await asyncio.sleep(0)
        self._since = time.monotonic()
