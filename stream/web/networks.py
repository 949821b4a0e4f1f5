"""Which addresses may be asked: those of named networks, whatever a name resolves to by then."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.abc import ResolveResult

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


class OutsideError(OSError):
    """An address is in none of the networks; its text is what the host resolves to."""


class Networks:
    """The networks of this machine alone, and those `named`, as in 10.0.0.0/24."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        self._networks = tuple(ipaddress.ip_network(name) for name in (*LOOPBACK, *named))

    def allows(self, address: str) -> bool:
        """Return whether `address`, which must be one and no name, may be asked."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        # Connecting to 0.0.0.0 reaches this machine, though it is no address of it.
        if found.is_unspecified or found.is_multicast:
            return False
        return any(found in network for network in self._networks)

    async def addresses(self, host: str, port: int) -> list[str]:
        """
        Return the addresses of `host` that may be asked.

        Raises:
            OutsideError: it has others only.
            OSError: it has none.

        """
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        return self.inside(addresses)

    def inside(self, addresses: list[str]) -> list[str]:
        """Return those of `addresses` that may be asked; raises OutsideError where there are others only."""
        allowed = [address for address in addresses if self.allows(address)]
        if not allowed:
            raise OutsideError(", ".join(addresses) or "no address")
        return allowed

    def connector(self, **options: Any) -> aiohttp.TCPConnector:
        """Return a connector that connects to addresses that may be asked only, whoever resolved them."""
        return aiohttp.TCPConnector(resolver=_Resolver(self), socket_factory=self._socket, **options)

    def _socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, sockaddr = info
        self.inside([str(sockaddr[0])])
        return socket.socket(family, kind, protocol)


class _Resolver(AbstractResolver):
    """Resolves names to the addresses that may be asked."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._resolver = aiohttp.DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return those addresses of `host`; raises OutsideError where it has others only."""
        found = await self._resolver.resolve(host, port, family)
        allowed = self._networks.inside([one["host"] for one in found])
        return [one for one in found if one["host"] in allowed]

    async def close(self) -> None:
        """Close the resolver."""
        await self._resolver.close()
