"""Requests written byte by byte, as no honest client writes them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AsyncExitStack
    from types import TracebackType


@dataclass
class RawRequest:
    """A connection on which a request is written as it is told; used as a context, which closes it."""

    url: str
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        """Connect."""
        url = URL(self.url)
        self.reader, self.writer = await asyncio.open_connection(url.host, url.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        assert self.writer is not None
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def head(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """Write the head of a request."""
        url = URL(self.url)
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {url.host}:{url.port}",
            *(f"{k}: {v}" for k, v in headers.items()),
        ]
        await self.write("\r\n".join(lines).encode() + b"\r\n\r\n")

    async def write(self, data: bytes) -> None:
        """Write some bytes, if anyone still takes them."""
        assert self.writer is not None
        with suppress(OSError):
            self.writer.write(data)
            await self.writer.drain()

    async def status(self) -> int | None:
        """Return the status of what comes next, None where the connection is closed first."""
        assert self.reader is not None
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await self.reader.readuntil(b"\r\n\r\n")
            return int(head.split(b" ")[1])
        return None

    async def rest(self) -> bytes:
        """Return all that comes until the connection is closed."""
        assert self.reader is not None
        with suppress(OSError):
            return await self.reader.read()
        return b""


async def slow_post(
    stack: AsyncExitStack, url: str, path: str, headers: Mapping[str, str], body: bytes = b"{"
) -> RawRequest:
    """Return a post of which the head and the beginning of the body are written, and no more until `stack` ends."""
    raw = await stack.enter_async_context(RawRequest(url))
    await raw.head("POST", path, {**headers, "Content-Length": "1000"})
    await raw.write(body)
    return raw


async def until(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  what changes it sets no event
            await asyncio.sleep(0.01)
