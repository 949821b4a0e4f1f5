"""Whom the head of a request lets in: who brings a key, or is on this machine where there is none."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from stream.web.http_refusal import HttpReason, HttpRefusalError
from stream.web.responses import is_here, is_one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from stream.web.proxies import Proxies

KEY_HEADER: Final = "X-Api-Key"
_FORWARDED: Final = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")
_REALM: Final = 'Basic realm="ringboard"'


def authorise(request: web.Request, secrets: Sequence[str], proxies: Proxies) -> None:
    """
    Let a request in that has one of `secrets`, or where there is none, one of this machine that no proxy has passed on.

    Raises HttpRefusalError for any other.
    """
    if secrets:
        given = _given(request)
        if given is None or not is_one_of(given, secrets):
            raise HttpRefusalError(
                HttpReason.WRONG_KEY,
                401,
                f"the key is missing or wrong; send it as Authorization: Bearer …, as {KEY_HEADER}, or as a password",
                challenge=_REALM,
            )
        return
    passed_on = any(header in request.headers for header in _FORWARDED) or proxies.trusts(request.remote or "")
    from_a_page = "Origin" in request.headers  # whatever a browser sends for another site
    here = is_here(request.remote or "") and is_here(request.url.host or "")
    if passed_on or from_a_page or not here:
        raise HttpRefusalError(
            HttpReason.NO_KEY, 403, "without a key only this machine is let in; set RINGBOARD_GATEWAY_KEY"
        )


def _given(request: web.Request) -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is not None:
        return key.strip()
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None
