"""Signs requests as the vendors document it, apart from how the gateway checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "c2VjcmV0IHdvcmRzIHRoYXQgdGhlIHRlc3RzIHNoYXJl"  # noqa: S105  base64, for those whose secret is
URL = "https://calls.example.com/v1/sources/crm"
Sign = "Callable[[str, bytes, int], dict[str, str]]"


def _mac(name: str, key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, getattr(hashlib, name)).digest()


class Scheme(NamedTuple):
    """How a vendor signs: what the mapping says, and the headers of a body at a moment in seconds."""

    sender: str
    sign: Callable[[str, bytes, int], dict[str, str]]
    dated: bool = True


def _hub(key: str, body: bytes, _at: int) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + _mac("sha256", key.encode(), body).hex()}


def _hub_of_old(key: str, body: bytes, _at: int) -> dict[str, str]:
    return {"X-Hub-Signature": "sha1=" + _mac("sha1", key.encode(), body).hex()}


def _of_a_form(key: str, body: bytes, _at: int) -> dict[str, str]:
    made = base64.b64encode(_mac("sha256", key.encode(), body)).decode()
    return {"Typeform-Signature": f"sha256={made}"}


def _sha512(key: str, body: bytes, _at: int) -> dict[str, str]:
    return {"Signature": _mac("sha512", key.encode(), body).hex()}


def _of_meetings(key: str, body: bytes, at: int) -> dict[str, str]:
    made = _mac("sha256", key.encode(), f"v0:{at}:".encode() + body).hex()
    return {"X-Zm-Signature": f"v0={made}", "X-Zm-Request-Timestamp": str(at)}


def _as_stripe(key: str, body: bytes, at: int) -> dict[str, str]:
    made = _mac("sha256", key.encode(), f"{at}.".encode() + body).hex()
    return {"Calendly-Webhook-Signature": f"t={at}, v1={'0' * 64},v1={made},v0={'1' * 64}"}


def _as_paddle(key: str, body: bytes, at: int) -> dict[str, str]:
    made = _mac("sha256", key.encode(), f"{at}:".encode() + body).hex()
    return {"Paddle-Signature": f"ts={at};h1={made}"}


def _of_a_crm(key: str, body: bytes, at: int) -> dict[str, str]:
    made = _mac("sha256", key.encode(), b"POST" + URL.encode() + body + str(1000 * at).encode())
    return {"X-Crm-Signature": base64.b64encode(made).decode(), "X-Crm-Timestamp": str(1000 * at)}


def _standard(key: str, body: bytes, at: int) -> dict[str, str]:
    made = _mac("sha256", base64.b64decode(key), f"msg_1.{at}.".encode() + body)
    text = base64.b64encode(made).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": f"v1,{'A' * 43}= v1,{text}"}


SCHEMES = {
    "GitHub, Meta": Scheme('header = "X-Hub-Signature-256"\nform = "sha256={signature}"', _hub, dated=False),
    "SHA-1": Scheme('header = "X-Hub-Signature"\nform = "sha1={signature}"\nhash = "sha1"', _hub_of_old, dated=False),
    "Typeform": Scheme(
        'header = "Typeform-Signature"\nform = "sha256={signature}"\nencoding = "base64"', _of_a_form, dated=False
    ),
    "SHA-512": Scheme('header = "Signature"\nhash = "sha512"', _sha512, dated=False),
    "Zoom, Slack": Scheme(
        'header = "X-Zm-Signature"\nform = "v0={signature}"\nover = "v0:{timestamp}:{body}"\n'
        'timestamp = "X-Zm-Request-Timestamp"',
        _of_meetings,
    ),
    "Stripe, Calendly": Scheme(
        'header = "Calendly-Webhook-Signature"\nform = "t={timestamp},v1={signature}"\nover = "{timestamp}.{body}"',
        _as_stripe,
    ),
    "Paddle": Scheme(
        'header = "Paddle-Signature"\nform = "ts={timestamp};h1={signature}"\nover = "{timestamp}:{body}"', _as_paddle
    ),
    "HubSpot": Scheme(
        'header = "X-Crm-Signature"\nencoding = "base64"\nover = "{method}{url}{body}{timestamp}"\n'
        'timestamp = "X-Crm-Timestamp"\nunit = "ms"',
        _of_a_crm,
    ),
    "Standard Webhooks": Scheme(
        'header = "webhook-signature"\nform = "v1,{signature}"\nencoding = "base64"\nkey = "base64"\n'
        'over = "{header:webhook-id}.{timestamp}.{body}"\ntimestamp = "webhook-timestamp"',
        _standard,
    ),
}
