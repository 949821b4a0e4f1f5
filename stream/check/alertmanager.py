"""The check of Alertmanager: whether it would take the alerts on leads that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from stream.alerts.alertmanager import Alertmanager, why_away
from stream.errors import RingboardError
from stream.finding import fail, ok
from stream.logs.words import ALERTMANAGER, away

if TYPE_CHECKING:
    from stream.finding import Finding
    from stream.settings.model import Settings


async def check_alertmanager(settings: Settings) -> list[Finding]:
    """Return whether Alertmanager answers; nothing where the settings name none."""
    url = settings.alertmanager
    if url is None:
        return []
    async with aiohttp.ClientSession() as session:
        try:
            await Alertmanager(url, session).open_alerts(settings.app_id)
        except RingboardError as error:
            todo = "start it, or correct RINGBOARD_ALERTMANAGER: nobody is told of the leads that wait"
            return [fail("alertmanager", away(ALERTMANAGER, why_away(error)), todo)]
    return [ok("alertmanager", f"{url} answers")]
