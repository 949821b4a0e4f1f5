"""The floods, each in a process of its own, so that it takes none of the time of those who are measured."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import orjson

from tests.beside import beside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    Flood = Callable[["Target"], AbstractAsyncContextManager["Flooded"]]

SECRET: Final = "a secret of the benches and of nothing else"  # noqa: S105
FORM: Final = "application/x-www-form-urlencoded"
UNSIGNED: Final = {"Content-Type": FORM, "X-Twilio-Signature": "A" * 27 + "="}
ELSEWHERE: Final = "127.0.0.2"  # on Linux all of 127.0.0.0/8 is this machine
HERE: Final = "127.0.0.1"
SLOW: Final = 128
IDLE: Final = 300
AT_ONCE: Final = 8


@dataclass(frozen=True)
class Target:
    """The gateway at `port`, and a client of its own for the flood, which comes from another address."""

    port: int
    web: aiohttp.ClientSession
    address: str = ELSEWHERE

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


@dataclass
class Flooded:
    """What became of a flood: how many of its requests had which status; 0 stands for none."""

    statuses: dict[int, int] = field(default_factory=dict)
    answer_bytes: int = 0

    def count(self, status: int, size: int = 0) -> None:
        """Count a request of the flood."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.answer_bytes = max(self.answer_bytes, size)


@asynccontextmanager
async def _quiet(_target: Target) -> AsyncIterator[Flooded]:
    yield Flooded()


def _repeated(one: Callable[[Target], Awaitable[tuple[int, int]]], at_once: int) -> Flood:
    """Return a flood in which so many send `one` again and again."""

    @asynccontextmanager
    async def flood(target: Target) -> AsyncIterator[Flooded]:
        flooded = Flooded()

        async def sends() -> None:
            while True:
                try:
                    flooded.count(*await one(target))
                except (aiohttp.ClientError, OSError):
                    flooded.count(0)

        async with beside(sends() for _ in range(at_once)):
            yield flooded

    return flood


async def _slow_post(target: Target) -> tuple[int, int]:
    reader, writer = await asyncio.open_connection(HERE, target.port, local_addr=(target.address, 0))
    try:
        head = f"POST /v1/twilio HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\nContent-Length: 1000\r\n"
        writer.write((head + "".join(f"{k}: {v}\r\n" for k, v in UNSIGNED.items()) + "\r\n").encode() + b"C" * 900)
        answer = await reader.read(65_536)
        return int(answer.split(b" ")[1]) if answer else 0, len(answer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _slow_post_from_here(target: Target) -> tuple[int, int]:
    return await _slow_post(replace(target, address=HERE))


def _post(path: str, body: bytes, headers: dict[str, str]) -> Callable[[Target], Awaitable[tuple[int, int]]]:
    async def one(target: Target) -> tuple[int, int]:
        async with target.web.post(target.url + path, data=body, headers=headers) as answer:
            return answer.status, len(await answer.read())

    return one


@asynccontextmanager
async def _idle(target: Target) -> AsyncIterator[Flooded]:
    flooded = Flooded()
    async with AsyncExitStack() as stack:
        for _ in range(IDLE):
            _, writer = await asyncio.open_connection(HERE, target.port, local_addr=(target.address, 0))
            stack.callback(writer.close)
            flooded.count(0)
        yield flooded


FLOODS: Final[dict[str, Flood]] = {
    "none": _quiet,
    f"{SLOW} slow posts to a signed source": _repeated(_slow_post, SLOW),
    "the same, from the address of the honest": _repeated(_slow_post_from_here, SLOW),
    f"{IDLE} idle connections": _idle,
    f"wrong keys, {AT_ONCE} at once": _repeated(_post("/v1/events", b"{}", {"X-Api-Key": "wrong"}), AT_ONCE),
    f"wrong signatures, {AT_ONCE} at once": _repeated(_post("/v1/twilio", b"CallSid=CA1", UNSIGNED), AT_ONCE),
    "1 MiB of junk lines with a good key": _repeated(_post("/v1/events", b"x\n" * 524_288, {"X-Api-Key": SECRET}), 1),
    "1 MiB of events without a field, with a good key": _repeated(
        _post("/v1/events", b'{"id":"c-9","type":"call.ended"}\n' * 31_775, {"X-Api-Key": SECRET}), 1
    ),
}


@asynccontextmanager
async def flooding(name: str, port: int) -> AsyncIterator[Callable[[], Awaitable[dict[str, Any]]]]:
    """Begin the flood of that name at the gateway at `port`; what is yielded ends it, and returns what became of it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, name, str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )

    async def end() -> dict[str, Any]:
        told, _ = await process.communicate(b"")  # which ends its standard input
        found: dict[str, Any] = orjson.loads(told)
        return found

    try:
        assert process.stdout is not None  # noqa: S101
        await process.stdout.readline()
        yield end
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _main(name: str, port: int) -> None:
    """Flood until standard input ends; print a line once it has begun, and in the end what became of it."""
    connector = aiohttp.TCPConnector(local_addr=(ELSEWHERE, 0))
    async with aiohttp.ClientSession(connector=connector) as web, FLOODS[name](Target(port, web)) as flooded:
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    statuses = {str(status or "closed"): count for status, count in sorted(flooded.statuses.items())}
    sys.stdout.buffer.write(orjson.dumps({"statuses": statuses, "largest": flooded.answer_bytes}))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
