"""Which proxies are believed, and what they say of a request: who sent it, and to which address."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

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
