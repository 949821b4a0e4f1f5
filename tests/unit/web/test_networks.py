"""Only addresses within the named networks are connected to, however they are written and whatever resolves to them."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from stream.web.networks import Networks, OutsideError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


ZERO = "0.0.0.0"  # noqa: S104  connected to, not listened on
ASKED = web.AppKey("asked", list[str])


class Resolver:
    """Resolves a name to one answer after the other."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int, family: int) -> list[dict[str, Any]]:
        del family
        address = self.answers.pop(0)
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [{"hostname": host, "host": address, "port": port, "family": kind, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """Serves this machine, and counts."""

    async def answer(request: web.Request) -> web.Response:
        request.app[ASKED].append(request.path)
        return web.Response(text="here")

    app = web.Application()
    app[ASKED] = []
    app.router.add_get("/{path:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


@pytest.mark.parametrize(
    ("named", "inside", "outside"),
    [
        ([], ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"], ["10.0.0.5", "169.254.169.254", "::", ZERO]),
        (["10.0.0.0/24"], ["10.0.0.5", "::ffff:10.0.0.5", "127.0.0.1"], ["10.0.1.5", "::ffff:10.0.1.5", "fd00::5"]),
        (["fd00::/64", "10.0.0.5"], ["fd00::5", "10.0.0.5"], ["fd00:0:0:1::5", "10.0.0.6", "224.0.0.1", "ff02::1"]),
        (["0.0.0.0/1", "::/1"], ["10.0.0.5"], [ZERO, "::", "192.0.2.1"]),
        ([], [], ["localhost", "", "127.1", "2130706433", "0x7f000001", "127.0.0.1:80", "127.0.0.1/8"]),
    ],
)
def test_what_is_allowed(named: list[str], inside: list[str], outside: list[str]) -> None:
    networks = Networks(named)
    assert [address for address in inside if not networks.allows(address)] == []
    assert [address for address in outside if networks.allows(address)] == []


async def test_a_name_is_what_it_resolves_to() -> None:
    assert await Networks().addresses("localhost", 80)
    with pytest.raises(OutsideError, match=r"192\.0\.2\.1"):
        await Networks().addresses("192.0.2.1", 80)
    assert await Networks(["192.0.2.0/24"]).addresses("192.0.2.1", 80) == ["192.0.2.1"]


async def test_a_name_that_resolves_elsewhere_by_the_time_of_connecting_is_not_followed(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = Resolver("127.0.0.1", "192.0.2.1", "::ffff:192.0.2.1")
    monkeypatch.setattr(aiohttp, "DefaultResolver", lambda: resolver)
    connector = Networks().connector(use_dns_cache=False, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.get(f"http://a-worker.example:{server.port}/") as answer:
            assert await answer.text() == "here"
        while resolver.answers:
            with pytest.raises(aiohttp.ClientConnectorError) as error:
                await session.get(f"http://a-worker.example:{server.port}/")
            assert isinstance(error.value.os_error, OutsideError)


@pytest.mark.parametrize("host", ["192.0.2.1", ZERO, "[::]", "[::ffff:192.0.2.1]", "127.1", "2130706433"])
async def test_an_address_in_the_url_is_checked_too(host: str, server: TestServer) -> None:
    async with aiohttp.ClientSession(connector=Networks().connector()) as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://{host}:{server.port}/")
    assert server.app[ASKED] == []
