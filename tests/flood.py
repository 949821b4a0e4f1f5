"""Clients that a server has to bear: idle ones, slow ones, ones that send what is no request, and eager scrapers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import resource
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import aiohttp

from tests.beside import beside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECRET: Final = "Bearer-of-nobody-in-the-log"  # noqa: S105
SOURCES: Final = 40
DRIP_EVERY_S: Final = 0.5
HEADS: Final = (
    b"",
    b"GET /api/v1/kpis HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + SECRET.encode(),
    b"GET / HTTP/1.1\r\nAuthorization Bearer " + SECRET.encode() + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SECRET.encode() + b"\r\n\r\n",
)
"""Silence; a head that never ends; a header without its colon; TLS to the plain port."""


@dataclass
class Flood:
    """`clients` that connect to `port` again whenever they are closed, and `scrapers` that scrape without a pause."""

    port: int
    clients: int = 1100
    scrapers: int = 20
    open: int = 0
    closed: int = 0
    scraped: int = 0
    statuses: set[int] = field(default_factory=set)

    async def client(self, number: int) -> None:
        """Stay connected, from one of many addresses of this machine."""
        source, head = f"127.0.1.{1 + number % SOURCES}", HEADS[number // SOURCES % len(HEADS)]
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
                self.open += 1
                try:
                    await self._stay(reader, writer, head)
                finally:
                    self.open -= 1
                    self.closed += 1
                    writer.transport.abort()
            await asyncio.sleep(DRIP_EVERY_S)

    @staticmethod
    async def _stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(head)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DRIP_EVERY_S):
                    if not await reader.read(4096):
                        return
            if head.endswith(SECRET.encode()):
                writer.write(b"x")

    async def scrape(self) -> None:
        """Scrape again and again."""
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"http://127.0.0.1:{self.port}/metrics") as answer:
                        await answer.read()
                        self.statuses.add(answer.status)
                        self.scraped += 1
                except aiohttp.ClientError:
                    await asyncio.sleep(DRIP_EVERY_S)  # it starts again


@contextlib.asynccontextmanager
async def flooded(flood: Flood) -> AsyncIterator[Flood]:
    """Flood, and stop in the end; this process gets the file descriptors that takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * (flood.clients + flood.scrapers) + 500
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    works = itertools.chain(
        (flood.client(number) for number in range(flood.clients)), (flood.scrape() for _ in range(flood.scrapers))
    )
    try:
        async with beside(works):
            yield flood
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
