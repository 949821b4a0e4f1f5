"""The check of the live source that listens on this machine: is it connected, and does the broker take its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp

from stream.check.worker import ANSWERS_WITHIN_S, host_of
from stream.finding import fail, ok
from stream.logs.words import BROKER, away, is_away

if TYPE_CHECKING:
    from stream.finding import Finding
    from stream.settings.model import Settings


async def check_connect(settings: Settings) -> list[Finding]:
    """Return whether the source of `ringboard connect` on this machine is connected, and the broker there."""
    health = await health_of(settings)
    source = health.get("source")
    if not isinstance(source, str):
        return []
    what = f"connect, {source}"
    if not health.get("connected"):
        why = health.get("why")
        message = away(source, why) if isinstance(why, str) and why else is_away(source)
        return [fail(what, message, "look at its log, and at what is said of the connection above")]
    if not health.get("broker"):
        return [fail(what, f"{is_away(BROKER)}; {health.get('unsent')} events wait for it", "see the broker above")]
    return [ok(what, "connected, and the broker takes what it hears")]


async def health_of(settings: Settings) -> dict[str, Any]:
    """Return what the live source on this machine says of itself; nothing where none answers."""
    if not settings.connect_port:
        return {}
    headers = {"Authorization": f"Bearer {settings.api_token.get_secret_value()}"} if settings.api_token else {}
    timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
    url = f"http://{host_of(settings.connect_host)}:{settings.connect_port}/healthz"
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as web,
            web.get(url, allow_redirects=False) as answer,
        ):
            health = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return {}
    return health if isinstance(health, dict) else {}
