"""
A proxy before a broker that holds back one request of a client, and delivers it when the client has gone on.

A network may do so: the connection breaks, the client sends the request again on another one, and the broker reads the
first copy later.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from stream.broker.directory import HOST

if TYPE_CHECKING:
    from collections.abc import Callable

PROXY_HOST: Final = "127.0.0.2"  # as long as the broker's: its name is replaced in answers without taking them apart

PRODUCE: Final = 0
METADATA: Final = 3
FIND_COORDINATOR: Final = 10
INIT_PRODUCER_ID: Final = 22
ADD_PARTITIONS: Final = 24
ADD_OFFSETS: Final = 25
END_TXN: Final = 26
TXN_OFFSET_COMMIT: Final = 28

DELIVERED_WITHIN_S: Final = 60.0  # bounds a hang


class Request(NamedTuple):
    """A request on its way, and what its header says."""

    key: int
    correlation: int
    client: str
    frame: bytes

    @classmethod
    def of(cls, frame: bytes) -> Request:
        key, _version, correlation, length = struct.unpack_from(">hhih", frame)
        return cls(key, correlation, frame[10 : 10 + max(length, 0)].decode(), frame)


@dataclass
class Caught:
    """A request that was held back, the answer that the broker gave it in the end, and the way of its client since."""

    request: Request
    repeated: bool = False
    answer: bytes = b""

    @property
    def error(self) -> int:
        """The error code that an answer to a request of a transaction ends with: 0 if it was carried out."""
        return int(struct.unpack(">h", self.answer[-2:])[0])


class Proxy:
    """
    Stands before the broker at `port`, on the same port of another loopback address.

    After `catch`, the first request that fits is held back, and its connection is cut. It is delivered once the client
    has repeated it, ended that transaction, and had its next write acknowledged (or its next request of another kind):
    before that answer is passed on.
    """

    def __init__(self, port: int) -> None:
        self.bootstrap = f"{PROXY_HOST}:{port}"
        self._port = port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._fits: Callable[[Request], bool] | None = None
        self._after = PRODUCE
        self._caught: Caught | None = None
        self._was_caught = asyncio.Event()
        self._deliver = asyncio.Event()
        self._answered = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, PROXY_HOST, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def catch(self, fits: Callable[[Request], bool], after: int = PRODUCE) -> None:
        """Hold back the next request that fits, until one of the kind `after` was answered in the next transaction."""
        self._fits, self._caught, self._after = fits, None, after
        for event in (self._was_caught, self._deliver, self._answered):
            event.clear()

    async def caught(self) -> Caught:
        """Wait until a request was held back."""
        async with asyncio.timeout(DELIVERED_WITHIN_S):
            await self._was_caught.wait()
        assert self._caught is not None
        return self._caught

    async def delivered(self) -> Caught:
        """Wait until the broker has answered what was held back."""
        async with asyncio.timeout(DELIVERED_WITHIN_S):
            await self._answered.wait()
        return await self.caught()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        there: asyncio.StreamWriter | None = None
        answers: asyncio.Task[None] | None = None
        try:
            with suppress(OSError, EOFError):
                back, there = await asyncio.open_connection(HOST, self._port)
                under_way: dict[int, Request] = {}
                answers = asyncio.create_task(self._pass_answers(back, writer, under_way))
                while True:
                    request = Request.of(await _frame(reader))
                    under_way[request.correlation] = request
                    if self._fits is not None and self._fits(request):
                        self._fits, self._caught = None, Caught(request)
                        writer.close()
                        self._was_caught.set()
                        await self._deliver.wait()
                        there.write(_framed(request.frame))
                        await self._answered.wait()
                        return
                    there.write(_framed(request.frame))
                    await there.drain()
        finally:
            if answers is not None:
                answers.cancel()
            for end in (writer, there):
                if end is not None:
                    end.close()

    async def _pass_answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, under_way: dict[int, Request]
    ) -> None:
        with suppress(OSError, EOFError):
            while True:
                answer = await _frame(reader)
                request = under_way.pop(struct.unpack_from(">i", answer)[0])
                await self._note(request, answer)
                if request.key in (METADATA, FIND_COORDINATOR):
                    answer = answer.replace(HOST.encode(), PROXY_HOST.encode())
                if not writer.is_closing():
                    writer.write(_framed(answer))
                    await writer.drain()
        writer.close()

    async def _note(self, request: Request, answer: bytes) -> None:
        caught = self._caught
        if caught is None or request.client != caught.request.client or self._answered.is_set():
            return
        if request is caught.request:
            caught.answer = answer
            self._answered.set()
        elif request.key == END_TXN:
            caught.repeated = True
        elif request.key == self._after and caught.repeated:
            self._deliver.set()
            await self._answered.wait()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(length)


def _framed(frame: bytes) -> bytes:
    return struct.pack(">i", len(frame)) + frame
