"""Of what answers at a worker's address, only that worker's signed part is taken, and no more of it than is bounded."""

from __future__ import annotations

import asyncio
import gzip
import io
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from agents.peers import asking
from agents.peers.asking import CONTENT_TYPE, Asker
from agents.peers.claims import Part
from agents.peers.refusals import ANSWER, Refusals
from agents.peers.tokens import ANSWER as SIGNATURE
from agents.peers.tokens import Tokens
from stream.clock import FixedClock
from stream.journeys.reader import Snapshot
from stream.kpi.windows import WINDOWS
from stream.privacy.identity import Identity
from stream.web.networks import Networks
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

NOW = 1_770_000_000_000
IDENTITY = Identity(b"a key of the tests, and of nothing else", "FR")
ASKED = {"as_of": str(NOW), "waiting": "no"}
PART = Part("two", Snapshot(NOW, {window: [] for window in WINDOWS}, [], [], [], []), [], [], 3)
BODY = msgspec.msgpack.encode(PART)
SOCKET_BUFFERS = 32 * 1_048_576  # what the kernel takes of an answer that nobody reads


class Server:
    """What answers at a worker's address: `answer` makes a head and a body of the token that it was shown."""

    def __init__(self, answer: Callable[[str], tuple[list[str], bytes]], *, endless: bool = False) -> None:
        self.port = free_port()
        self.heads: list[str] = []
        self.sent = 0
        self._answer = answer
        self._endless = endless

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            token = next(line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("Authorization"))
            lines, body = self._answer(token)
            writer.write("\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode() + body)
            self.sent += len(body)
            while self._endless:
                writer.write(b"\x00" * 65_536)
                await writer.drain()
                self.sent += 65_536
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def right(worker: str = "two", body: bytes = BODY, kind: str = CONTENT_TYPE, *more: str) -> Callable[..., Any]:
    tokens = Tokens(worker, IDENTITY, FixedClock(NOW))

    def answer(token: str) -> tuple[list[str], bytes]:
        signature = tokens.answer_signature(token, body)
        return [f"Content-Type: {kind}", f"Content-Length: {len(body)}", f"{SIGNATURE}: {signature}", *more], body

    return answer


@asynccontextmanager
async def asked(server: Server, url: str = "") -> AsyncIterator[tuple[Part | None, dict[str, int]]]:
    refusals = Refusals()
    asker = Asker(Networks(), Tokens("one", IDENTITY, FixedClock(NOW)), refusals)
    asker.open()
    listening = await asyncio.start_server(server, "127.0.0.1", server.port)
    try:
        part = await asker.ask("two", url or server.url, ASKED)
        yield part, {why: count for (what, why), count in refusals.counts.items() if what == ANSWER and count}
    finally:
        await asker.close()
        listening.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_TIMEOUT_S", 120)


async def test_the_part_of_the_worker_that_was_asked_is_taken() -> None:
    server = Server(right())
    async with asked(server) as (part, refused):
        assert part == PART
        assert refused == {}
    (head,) = server.heads
    assert "Accept-Encoding: identity" in head
    assert head.startswith(f"GET /api/v1/snapshot?as_of={NOW}&waiting=no HTTP/1.1")


def other(change: dict[str, Any]) -> bytes:
    return msgspec.msgpack.encode(msgspec.structs.replace(PART, **change))


OF_ANOTHER_MOMENT = msgspec.structs.replace(PART.snapshot, as_of=NOW - 1)
WITHOUT_WINDOWS = msgspec.structs.replace(PART.snapshot, sums={})


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda _: ([f"Content-Type: {CONTENT_TYPE}", f"Content-Length: {len(BODY)}"], BODY), "unsigned"),
        (right("three"), "unsigned"),
        (lambda _: right()("Ringboard-Worker of another request"), "unsigned"),
        (lambda token: (right()(token)[0], BODY[:-1] + b"\x01"), "unsigned"),
        (right("two", BODY, "text/html"), "encoded"),
        (right("two", gzip.compress(BODY), CONTENT_TYPE, "Content-Encoding: gzip"), "encoded"),
        (right("two", b"\xc1"), "unreadable"),
        (right("two", b"\x91" * 100_000), "unreadable"),
        (right("two", other({"worker": "three"})), "unreadable"),
        (right("two", other({"snapshot": OF_ANOTHER_MOMENT})), "unreadable"),
        (right("two", other({"snapshot": WITHOUT_WINDOWS})), "unreadable"),
        (right("two", other({"claims": [("events", 0, "ready")] * 100_000})), "unreadable"),
    ],
)
async def test_any_other_answer_is_left_out_and_counted(answer: Callable[..., Any], why: str) -> None:
    async with asked(Server(answer)) as (part, refused):
        assert part is None
        assert refused == {why: 1}


async def test_an_endless_answer_is_read_up_to_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_BYTES", 4 * 1_048_576)
    server = Server(lambda _: ([f"Content-Type: {CONTENT_TYPE}"], b""), endless=True)
    async with asked(server) as (part, refused):
        assert part is None
        assert refused == {"too_large": 1}
    assert server.sent < asking.MOST_BYTES + SOCKET_BUFFERS


async def test_a_small_answer_that_would_unpack_to_gigabytes_is_not_unpacked() -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as out:
        for _ in range(256):
            out.write(b"\x00" * 1_048_576)
    bomb = packed.getvalue()
    assert len(bomb) < 1_048_576
    async with asked(Server(right("two", bomb, CONTENT_TYPE, "Content-Encoding: gzip"))) as (part, refused):
        assert part is None
        assert refused == {"encoded": 1}
    async with asked(Server(right("two", bomb))) as (part, refused):  # unnamed, it is bytes that are no part
        assert part is None
        assert refused == {"unreadable": 1}


async def test_a_redirect_is_not_followed_and_no_proxy_of_the_environment_used(monkeypatch: pytest.MonkeyPatch) -> None:
    thief = Server(right())
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, thief.url)
    monkeypatch.setenv("no_proxy", "")

    class Redirecting(Server):
        async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {thief.url}/\r\nContent-Length: 0\r\n\r\n".encode())
            writer.close()

    listening = await asyncio.start_server(thief, "127.0.0.1", thief.port)
    server = Redirecting(right())
    async with asked(server) as (part, _):
        assert part is None
    listening.close()
    assert len(server.heads) == 1
    assert thief.heads == []


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("http://192.0.2.1:{port}", {"outside": 1}),
        ("http://0.0.0.0:{port}", {"outside": 1}),
        ("http://[::]:{port}", {"outside": 1}),
        ("http://me:secret@127.0.0.1:{port}", {}),
        ("http://127.0.0.1:{port}/?x=", {}),
        ("ftp://127.0.0.1:{port}", {}),
        ("http://127.0.0.1:99999", {}),
        ("http://127.1:{port}", {"outside": 1}),
        ("", {}),
        ("unix:///run/a-socket", {}),
    ],
)
async def test_an_address_that_may_not_be_asked_is_not_asked(url: str, refused: dict[str, int]) -> None:
    server = Server(right())
    async with asked(server, url.format(port=server.port) or "x") as (part, counted):
        assert part is None
        assert counted == refused
    assert server.heads == []


async def test_no_more_than_a_few_are_asked_at_once() -> None:
    asker = Asker(Networks(), Tokens("one", IDENTITY, FixedClock(NOW)), Refusals())
    asker.open()
    at_once: list[int] = []
    now = 0
    all_there = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal now
        await reader.readuntil(b"\r\n\r\n")
        now += 1
        at_once.append(now)
        if now == asking.AT_ONCE:
            all_there.set()
        await all_there.wait()
        now -= 1
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    port = free_port()
    listening = await asyncio.start_server(hold, "127.0.0.1", port)
    many = 3 * asking.AT_ONCE
    parts = await asyncio.gather(*(asker.ask("two", f"http://127.0.0.1:{port}", ASKED) for _ in range(many)))
    assert parts == [None] * many
    assert len(at_once) == many
    assert max(at_once) == asking.AT_ONCE
    await asker.close()
    listening.close()
