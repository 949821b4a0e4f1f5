"""The worker's part of the check: does it answer, and is it ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp

from stream.finding import fail, ok, warn

if TYPE_CHECKING:
    from stream.finding import Finding
    from stream.settings.model import Settings

ANSWERS_WITHIN_S = 5.0
UNAUTHORISED = (401, 403)


async def check_worker(settings: Settings) -> Finding:
    """Return whether the worker at this machine's `web_host` and `web_port` is ready."""
    url = settings.advertised_url or f"http://{host_of(settings.web_host)}:{settings.web_port}"
    token = settings.api_token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token is not None else {}
    timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as web,
            web.get(f"{url}/readyz", allow_redirects=False) as answer,
        ):
            if answer.status in UNAUTHORISED:
                return fail("worker", f"{url} wants another token", "set RINGBOARD_API_TOKEN to the worker's")
            health: Any = await answer.json()
            return _read(url, health)
    except aiohttp.ClientConnectorError:
        return warn("worker", f"none listens at {url}", "start one (`ringboard worker`), or set RINGBOARD_WEB_PORT")
    except TimeoutError:
        todo = "look at its log; start it again if it stays so"
        return fail("worker", f"{url} does not answer within {ANSWERS_WITHIN_S:g} s", todo)
    except (aiohttp.ClientError, ValueError, KeyError, TypeError):
        return fail("worker", f"something else answers at {url}", "stop that, or set RINGBOARD_WEB_PORT")


def _read(url: str, health: Any) -> Finding:
    if health["ready"]:
        return ok("worker", f"{url} is ready")
    counts = {name: len(health[name]) for name in ("recovering", "lost", "missing") if health[name]}
    parts = ", ".join(f"{count} partitions {name}" for name, count in counts.items()) or "it has no partitions yet"
    if counts.keys() <= {"recovering"}:
        return warn("worker", f"{url} is not ready: {parts}", "wait: it reads its state")
    return fail("worker", f"{url} is not ready: {parts}", "look at its log, and whether other workers run")


def host_of(host: str) -> str:
    """Return where one listening at `host` is reached from its own machine."""
    if host in {"0.0.0.0", ""}:  # noqa: S104 - it is asked, not listened at
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host
