"""The labels' part of the check: how many came with a number, an address or too much text, by field, as counted."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from stream.check.worker import ANSWERS_WITHIN_S, host_of
from stream.finding import ok, warn
from stream.privacy.labels import labels_line
from stream.settings.webhook_secrets import each_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.finding import Finding
    from stream.settings.model import Settings

WHAT: Final = "labels"
_COUNTED: Final = re.compile(
    r"^ringboard_(?:gateway_|source_)?labels_changed_total\{(?P<labels>[^}]*)\} (?P<count>[0-9.e+]+)", re.MULTILINE
)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')


async def check_labels(settings: Settings) -> list[Finding]:
    """Return what the worker, the gateway and the live source of this machine have masked since they began."""
    to_worker, to_source = (
        {} if token is None else {"Authorization": f"Bearer {token.get_secret_value()}"}
        for token in (settings.token_to_read, settings.api_token)
    )
    keys = each_secret(settings.gateway_key)
    by_key = {"Authorization": f"Bearer {keys[0]}"} if keys else {}
    secure = "s" if settings.gateway_tls_cert else ""
    worker = settings.advertised_url or f"http://{host_of(settings.web_host)}:{settings.web_port}"
    gateway = f"http{secure}://{host_of(settings.gateway_host)}:{settings.gateway_port}"
    # The gateway is asked on this machine, by an address: its certificate is of a name.
    untrusted: Any = ssl._create_unverified_context()  # noqa: SLF001, S323
    asked = [_text(f"{worker}/metrics", to_worker), _text(f"{gateway}/metrics", by_key, untrusted)]
    if settings.connect_port:
        asked.append(_text(f"http://{host_of(settings.connect_host)}:{settings.connect_port}/metrics", to_source))
    found = [text for text in await asyncio.gather(*asked) if text is not None]
    if not found:
        return []
    counts: Counter[tuple[str, str]] = Counter()
    for text in found:
        counts.update(counts_in(text))
    if not counts:
        return [ok(WHAT, "none came with a number, an e-mail address or too long a reason")]
    return [warn(WHAT, labels_line(counts), "send codes and names there, no text of people (docs/privacy.md)")]


def counts_in(text: str) -> Counter[tuple[str, str]]:
    """Return how many labels were changed, by field and reason, as the metrics in `text` say."""
    counts: Counter[tuple[str, str]] = Counter()
    for match in _COUNTED.finditer(text):
        labels = dict(_LABEL.findall(match["labels"]))
        if count := round(float(match["count"])):
            counts[labels.get("field", ""), labels.get("why", "")] += count
    return counts


async def _text(url: str, headers: Mapping[str, str], trust: Any = True) -> str | None:
    timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
    try:
        async with (
            aiohttp.ClientSession(headers=dict(headers), timeout=timeout) as web,
            web.get(url, allow_redirects=False, ssl=trust) as answer,
        ):
            return await answer.text() if answer.ok else None
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
