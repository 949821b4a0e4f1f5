"""The kind of live source called `asterisk`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.errors import RingboardError
from stream.finding import fail
from stream.sources.asterisk.settings import AsteriskLiveSettings

if TYPE_CHECKING:
    from stream.clock import Clock
    from stream.finding import Finding
    from stream.settings.model import Settings
    from stream.sources.live_source import LiveSource

_NEEDED = ("asterisk_host", "asterisk_user", "asterisk_secret")


def source_of(settings: Settings, clock: Clock) -> LiveSource:
    """Return the Asterisk that `settings` name."""
    missing = _missing(settings)
    if missing:
        raise RingboardError(f"{missing[0]}: not set; `ringboard connect asterisk` needs {', '.join(_NEEDED)}")
    from stream.sources.asterisk.live.source import Asterisk

    return Asterisk(settings, clock)


async def check(settings: Settings, clock: Clock) -> list[Finding]:
    """Look at the connection, if an Asterisk is configured."""
    if settings.group(AsteriskLiveSettings).asterisk_host is None:
        return []
    missing = _missing(settings)
    if missing:
        return [fail("asterisk", f"{missing[0]} is not set", "set it as in manager.conf")]
    from stream.sources.asterisk.live import checking

    return await checking.check(settings, clock)


def _missing(settings: Settings) -> list[str]:
    return [name for name in _NEEDED if getattr(settings.group(AsteriskLiveSettings), name) is None]
