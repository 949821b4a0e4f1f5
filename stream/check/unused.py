"""The check of what webhooks sent and no rule of their mapping took, as the gateway on this machine counts it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from stream.check.worker import ANSWERS_WITHIN_S
from stream.finding import ok, warn
from stream.settings.webhook_secrets import each_secret

if TYPE_CHECKING:
    from stream.finding import Finding
    from stream.settings.model import Settings

_SAMPLE: Final = re.compile(
    r'^ringboard_gateway_(unused|events)_total\{[^}]*source="([^"]+)"[^}]*\} ([0-9.e+]+)', re.MULTILINE
)


async def check_unused(settings: Settings, url: str) -> list[Finding]:
    """Return a finding for each source of which some records were taken by no rule; none where it cannot be asked."""
    counts: dict[str, Counter[str]] = {"unused": Counter(), "events": Counter()}
    for what, source, count in _SAMPLE.findall(await _metrics(settings, url)):
        counts[what][source] += round(float(count))
    return [_finding(source, unused, counts["events"][source]) for source, unused in counts["unused"].items() if unused]


def _finding(source: str, unused: int, events: int) -> Finding:
    message = f"since it began no rule took {unused} of its records, and the others gave {events} events"
    if events > unused:
        return ok(f"gateway, {source}", message)
    return warn(f"gateway, {source}", message, "look at them (`ringboard unused show`), and correct its mapping")


async def _metrics(settings: Settings, url: str) -> str:
    keys = each_secret(settings.gateway_key)
    headers = {"Authorization": f"Bearer {keys[0]}"} if keys else {}
    timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
    # It is this machine that is asked, by an address: its certificate is of a name.
    trust: Any = not settings.gateway_tls_cert
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as web,
            web.get(f"{url}/metrics", allow_redirects=False, ssl=trust) as answer,
        ):
            return await answer.text() if answer.ok else ""
    except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError):
        return ""
