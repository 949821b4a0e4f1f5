"""Confirms a subscription, where a sender asks for it before it posts."""

from __future__ import annotations

from typing import Final

import aiohttp

from stream.web.http_refusal import HttpReason, HttpRefusalError

_WITHIN_S: Final = 5.0


async def confirm(url: str) -> None:
    """Get the address that confirms a subscription; raises HttpRefusalError where that fails."""
    try:
        timeout = aiohttp.ClientTimeout(total=_WITHIN_S)
        async with aiohttp.ClientSession(timeout=timeout) as web, web.get(url, allow_redirects=False) as answer:
            answer.raise_for_status()
    except (aiohttp.ClientError, TimeoutError):
        raise HttpRefusalError(
            HttpReason.FAILED, 503, "the subscription could not be confirmed; send it again", retry_s=5
        ) from None
