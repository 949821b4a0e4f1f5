"""The limits of a server's connections, on real sockets: who is closed, who is not, and what is logged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, web

from stream.web.connections import Connections, Limits
from stream.web.listening import Site, limits_by_descriptors, quiet_when_exhausted, runner_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SECRET = "a-token-that-nobody-may-log"  # noqa: S105
WITHIN_S = 60.0  # bounds a hang, and nothing else


class Server:
    """A server of one page, `/open`, that lets everybody in, and `/shut` that lets nobody in; `/wait` waits."""

    def __init__(self, limits: Limits, **more: Any) -> None:
        self.now = 0.0
        self.lines: list[str] = []
        self.release = asyncio.Event()
        self.clients: list[Client] = []
        self.connections = Connections(limits, monotonic=lambda: self.now, say=self.lines.append, **more)
        app = web.Application()
        app.add_routes([web.get(f"/{name}", self.answer) for name in ("open", "shut", "wait", "much", "broken")])
        self.runner = runner_of(app, self.connections, shutdown_timeout=0.1)
        self.port = 0

    @property
    def under_way(self) -> int:
        return sum(one.under_way for one in self.connections._open.values())

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/broken":
            raise ValueError(SECRET)
        if request.path != "/shut":
            self.connections.let_in(request)
        if request.path == "/wait":
            await self.release.wait()
        return web.Response(body=bytes(20_000_000 if request.path == "/much" else 2))

    async def begin(self) -> None:
        await self.runner.setup()
        await Site(self.runner, self.connections, "127.0.0.1", 0).start()
        self.port = self.runner.addresses[0][1]

    async def connect(self, send: bytes = b"", source: str = "127.0.0.1") -> Client:
        before = len(self.connections)
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0)))
        self.clients.append(client)  # one that nothing refers to is closed
        client.writer.write(send)
        await until(lambda: len(self.connections) != before or client.reader.at_eof() or self.connections.refused)
        return client

    async def request(self, path: str, source: str = "127.0.0.1") -> Client:
        before = self.under_way
        client = await self.connect(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode(), source)
        if path == "/wait":
            await until(lambda: self.under_way > before)
        else:
            assert await client.line() == b"HTTP/1.1 200 OK\r\n"
        return client


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def line(self) -> bytes:
        async with asyncio.timeout(WITHIN_S):
            return await self.reader.readline()

    async def closed(self) -> None:
        """Return once the server has closed the connection."""
        async with asyncio.timeout(WITHIN_S):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(65536):
                    pass

    def is_open(self) -> bool:
        return not self.reader.at_eof() and self.reader.exception() is None


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Any]]:
    servers: list[Server] = []

    async def start(limits: Limits, **more: Any) -> Server:
        servers.append(Server(limits, **more))
        await servers[-1].begin()
        return servers[-1]

    yield start
    for server in servers:
        server.release.set()
        await server.runner.cleanup()


async def test_strangers_of_one_address_displace_each_other_and_nobody_else(serve: Any) -> None:
    server = await serve(Limits(most=100, strangers_of_one=3))
    other = await server.connect(source="127.0.0.2")
    friend = await server.request("/open")
    strangers = [await server.connect() for _ in range(5)]
    for one in strangers[:2]:
        await one.closed()
    assert len(server.connections) == 5
    assert all(one.is_open() for one in (other, friend, *strangers[2:]))
    assert server.lines == ["closed a connection of 127.0.0.1, of too many from there"]


async def test_where_all_room_is_taken_the_oldest_stranger_goes_then_who_is_idle_and_never_who_is_answered(
    serve: Any,
) -> None:
    server = await serve(Limits(most=4))
    waiting = await server.request("/wait")
    idle = await server.request("/open", "127.0.0.2")
    strangers = [await server.connect(source=f"127.0.0.{n}") for n in (3, 4)]
    for gone in (*strangers, idle):
        assert gone.is_open()
        await server.request("/wait", "127.0.0.9")
        await gone.closed()
    assert len(server.connections) == 4
    late = await server.connect()
    await late.closed()
    server.release.set()
    assert await waiting.line() == b"HTTP/1.1 200 OK\r\n"
    assert server.lines == ["closed a connection of 127.0.0.3, as 4 are open"]


async def test_a_proxy_may_have_as_many_as_there_is_room_for(serve: Any) -> None:
    server = await serve(Limits(most=100, strangers_of_one=3), trusts=lambda address: address == "127.0.0.1")
    assert all(one.is_open() for one in [await server.connect() for _ in range(10)])
    assert len(server.connections) == 10


@pytest.mark.parametrize("sent", [b"", b"GET /open HTT", b"GET /open HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
async def test_who_sends_no_whole_request_in_time_is_closed(sent: bytes, serve: Any) -> None:
    server = await serve(Limits(most=100, head_s=10))
    slow = await server.connect(sent)
    server.now = 9
    slow.writer.write(b"X")
    await asyncio.sleep(0)
    server.connections.close_late()
    assert slow.is_open()
    server.now = 11
    server.connections.close_late()
    await slow.closed()
    assert server.lines == ["closed a connection of 127.0.0.1, without a whole request after 10 s"]
    assert len(server.connections) == 0


async def test_a_second_request_has_to_come_as_fast_and_an_idle_connection_ends_without_a_line(serve: Any) -> None:
    server = await serve(Limits(most=100, head_s=10, idle_s=75))
    idle, slow = await server.request("/open"), await server.request("/open")
    server.now = 60
    server.connections.close_late()
    slow.writer.write(b"GET /op")
    await until(lambda: any(one.begun for one in server.connections._open.values()))
    server.now = 71
    server.connections.close_late()
    await slow.closed()
    assert idle.is_open()
    server.now = 76
    server.connections.close_late()
    await idle.closed()
    assert len(server.lines) == 1


async def test_who_does_not_read_an_answer_is_closed(serve: Any) -> None:
    server = await serve(Limits(most=100, reads_s=20))
    client = await server.request("/much")
    await until(lambda: any(one.full_since is not None for one in server.connections._open.values()))
    server.now = 19
    server.connections.close_late()
    assert len(server.connections) == 1
    before = await client.reader.read(1 << 20)
    assert before
    [one] = server.connections._open.values()
    while one.transport.get_write_buffer_size() >= one.unread:
        assert await client.reader.read(1 << 20)
    server.now = 38  # it has read some since
    server.connections.close_late()
    assert len(server.connections) == 1
    server.now = 59
    server.connections.close_late()
    await until(lambda: len(server.connections) == 0)
    await client.closed()
    assert server.lines == ["closed a connection of 127.0.0.1, which left an answer unread for 20 s"]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /open HTTP/1.1\r\nHost: localhost\r\nAuthorization Bearer %b\r\n\r\n" % SECRET.encode(),
        b"GET /open HTTP/1.1\r\nHost: localhost\r\nAuthorization: %b\x00\x01\r\n\r\n" % SECRET.encode(),
        b"GET /%b\x7f HTTP/9.9\r\n\r\n" % SECRET.encode(),
        SECRET.encode() * 10_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SECRET.encode() + b"\r\n\r\n",
        b"GET /open HTTP/1.1\r\nHost: localhost\r\n" + b"X-Much: %b\r\n" % SECRET.encode() * 500 + b"\r\n",
        b"POST /open HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%b\r\n" % SECRET.encode(),
    ],
)
async def test_what_cannot_be_read_is_one_line_and_none_of_it_is_logged(
    sent: bytes, serve: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = await serve(Limits(most=100))
    for _ in range(20):
        client = await server.connect(sent)
        client.writer.write_eof()
        await client.closed()
    assert len(server.lines) <= 1
    assert SECRET not in "".join(server.lines) + caplog.text
    assert "Traceback" not in caplog.text


async def test_an_error_of_ours_is_named_by_its_kind_and_place_and_not_by_its_text(serve: Any) -> None:
    server = await serve(Limits(most=100))
    async with ClientSession() as session:
        for _ in range(5):
            async with session.get(f"http://127.0.0.1:{server.port}/broken") as answer:
                assert answer.status == 500
    assert len(server.lines) == 1
    assert server.lines[0].startswith("a request failed: ValueError at ")
    assert SECRET not in server.lines[0]


async def test_without_file_descriptors_there_is_one_line_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    loop, lines = asyncio.get_running_loop(), []
    before = loop.get_exception_handler()
    caplog.set_level(logging.ERROR, "asyncio")  # the gateway's command, tested in the same process, quiets it
    quiet_when_exhausted(loop, lambda kind, line: lines.append((kind, line)))
    try:
        message = "socket.accept() out of system resource"
        loop.call_exception_handler({"message": message, "exception": OSError(24, "Too many open files"), "socket": 1})
        loop.call_exception_handler({"message": "another error", "exception": ValueError("of ours")})
    finally:
        loop.set_exception_handler(before)
    assert lines == [("accept", "no connection can be accepted (Too many open files); raise the limit of open files")]
    assert "another error" in caplog.text
    assert message not in caplog.text


def test_the_limit_leaves_file_descriptors_for_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource  # noqa: PLC0415

    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: raised.append(limits))
    assert limits_by_descriptors().most == 1024 - 384
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1_048_576))
    assert limits_by_descriptors() == Limits(4000, strangers_of_one=500)
    assert raised[-1] == (4384, 1_048_576)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 100))
    assert limits_by_descriptors().most == 64
