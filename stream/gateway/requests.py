"""What is read of a request: who sent it, to which address, with which key, and a body of no more than a limit."""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from stream.web.http_refusal import HttpReason, HttpRefusalError
from stream.web.responses import is_here, is_one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

BODY_WITHIN_S: Final = 10.0
KEY_HEADER: Final = "X-Api-Key"
_FORWARDED: Final = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")
_REALM: Final = 'Basic realm="ringboard"'

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxies:
    """The proxies that are believed, and what they say of a request."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks: list[Network] = [ipaddress.ip_network(network) for network in networks]
        self.trusts = lru_cache(maxsize=4096)(self._trusts)

    def client(self, request: web.Request) -> str:
        """Return the address of who sent the request: the last one that no trusted proxy has vouched for."""
        address = request.remote or ""
        if not self.trusts(address):
            return address
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
        chain = [_without_port(part.strip()) for part in forwarded]
        return next((part for part in reversed(chain) if part and not self.trusts(part)), address)

    def seen_url(self, request: web.Request, public_url: str | None) -> str:
        """Return the address of the request as its sender wrote it."""
        if public_url is not None:
            return public_url + request.raw_path
        scheme, host = request.scheme, request.host
        if self.trusts(request.remote or ""):
            scheme = request.headers.get("X-Forwarded-Proto", scheme).split(",")[0].strip()
            host = request.headers.get("X-Forwarded-Host", host).split(",")[0].strip()
        return f"{scheme}://{host}{request.raw_path}"

    def _trusts(self, address: str) -> bool:
        try:
            read = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(read in network for network in self._networks)


def _without_port(address: str) -> str:
    """Return an address that some proxies write with the port it came from: 203.0.113.9:4711, [2001:db8::1]:4711."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


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


async def body_of(request: web.Request, limit: int) -> bytes:
    """Return the body, of which no more than `limit` bytes are read; raises HttpRefusalError for a larger one."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise HttpRefusalError(HttpReason.PACKED, 415, "the body is packed; send it as it is", closes=True)
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise HttpRefusalError(
            HttpReason.TOO_SLOW, 408, f"the body did not come within {BODY_WITHIN_S:g} s", closes=True
        ) from None
    return bytes(body)


def _too_large(limit: int) -> HttpRefusalError:
    return HttpRefusalError(
        HttpReason.TOO_LARGE, 413, f"the body is larger than {limit} bytes; send less at once", closes=True
    )
