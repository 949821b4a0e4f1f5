"""The live sources' part of the check: each that is configured looks at its own connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from stream.errors import RingboardError
from stream.finding import fail
from stream.sources.live_kinds import KINDS

if TYPE_CHECKING:
    from stream.clock import Clock
    from stream.finding import Finding
    from stream.settings.model import Settings

ANSWERS_WITHIN_S: Final = 15.0


async def check_sources(settings: Settings, clock: Clock) -> list[Finding]:
    """Return what every live source finds; one that is not configured finds nothing."""
    found = await asyncio.gather(*(_check(name, settings, clock) for name in KINDS))
    return [finding for findings in found for finding in findings]


async def _check(name: str, settings: Settings, clock: Clock) -> list[Finding]:
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            return await KINDS[name].load().check(settings, clock)
    except RingboardError as error:
        return [fail(name, str(error), "correct it; docs/settings.md lists every setting")]
    except TimeoutError:
        return [fail(name, f"it does not answer within {ANSWERS_WITHIN_S:g} s", "see whether it is up, and reachable")]
