"""Amazon SNS before Amazon Connect's events: what a notification wraps, and a subscription that is to be confirmed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from stream.events.refusal import Reason, Refused
from stream.web.http_refusal import HttpReason, HttpRefusalError

_HOST: Final = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?")


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

    Raises HttpRefusalError for one that is not Amazon's: whoever has the key could have any address asked.
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
        raise HttpRefusalError(
            HttpReason.UNREADABLE, 422, "SubscribeURL: not an address of Amazon SNS; subscribe from there"
        )
    return str(url)
