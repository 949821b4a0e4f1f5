"""Amazon SNS before Amazon Connect's events: what a notification wraps, and a subscription that is to be confirmed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import orjson

from stream.events.refusal import Reason, Refused
from stream.web.turned_away import TurnedAwayError, Why

_HOST: Final = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?")
_WITHIN_S: Final = 5.0


def unwrapped(payload: Any) -> Any:
    """Return what a notification wraps, and any other payload as it is; raises Refused where it wraps no JSON."""
    if not isinstance(payload, Mapping) or payload.get("Type") != "Notification":
        return payload
    try:
        return orjson.loads(payload.get("Message") or "")
    except (orjson.JSONDecodeError, TypeError):
        raise Refused(Reason.MALFORMED_JSON, "Message", "Message: no JSON; a contact event is an object") from None


def to_confirm(body: bytes) -> str | None:
    """
    Return the address that confirms a subscription, None where the body asks for none.

    Raises TurnedAwayError for one that is not Amazon's: whoever has the key could have any address asked.
    """
    if b"SubscriptionConfirmation" not in body:
        return None
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(payload, Mapping) or payload.get("Type") != "SubscriptionConfirmation":
        return None
    url = payload.get("SubscribeURL")
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        right = parts.scheme == "https" and _HOST.fullmatch(parts.netloc)
    except ValueError:
        right = None
    if not right:
        raise TurnedAwayError(Why.UNREADABLE, 422, "SubscribeURL: not an address of Amazon SNS")
    return str(url)


async def confirm(url: str) -> None:
    """Confirm a subscription; raises TurnedAwayError where Amazon does not take it."""
    try:
        timeout = aiohttp.ClientTimeout(total=_WITHIN_S)
        async with aiohttp.ClientSession(timeout=timeout) as web, web.get(url, allow_redirects=False) as answer:
            answer.raise_for_status()
    except (aiohttp.ClientError, TimeoutError):
        raise TurnedAwayError(
            Why.FAILED, 503, "the subscription could not be confirmed; send it again", retry_s=5
        ) from None
