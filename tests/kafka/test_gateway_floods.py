"""A gateway's process under those who send slowly, and those who send junk: others are served, and it stays small."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest

from stream.intake.rejected import Rejected, read_rejected
from stream.kafka.topics import topics
from tests.kafka.test_gateway import TOKEN, call_back, gateway, requested, settings
from tests.kafka.test_replay import read
from tests.kafka.worker_process import DEADLINE_S
from tests.slow_posts import slow_post
from tests.unit.sources.aircall.test_webhook import TOKEN as AIRCALL_TOKEN
from tests.unit.sources.aircall.test_webhook import ended
from tests.unit.sources.twilio.test_calls import leg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stream.settings.model import Settings

__all__ = ["settings"]

pytestmark = pytest.mark.kafka
KEY = "a secret of the tests"
WITH_KEY = {"X-Api-Key": KEY}
ALL_SOURCES = {"RINGBOARD_GATEWAY_KEY": KEY, "RINGBOARD_GATEWAY_AIRCALL_TOKEN": AIRCALL_TOKEN}
MOST_GROWTH = 160 * 2**20


def peak_of(process: asyncio.subprocess.Process) -> int:
    """Return the largest memory that a process has had, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


async def told_on_the_way_out(process: asyncio.subprocess.Process) -> str:
    """Stop the process and return what it has logged."""
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(DEADLINE_S):
        _, told = await process.communicate()
    assert process.returncode == 0, told
    return told.decode()


async def all_are_served(web: aiohttp.ClientSession, settings: Settings) -> None:
    url = f"http://127.0.0.1:{settings.gateway_port}"
    assert await call_back(web, settings, leg("CA1", 8, 61)[-1]) == 204
    posts: list[tuple[str, Any, int]] = [("/v1/aircall", ended(), 204), ("/v1/events", requested(1), 200)]
    for path, body, status in posts:
        async with web.post(url + path, data=orjson.dumps(body), headers=WITH_KEY) as answer:
            assert answer.status == status
    for page in ("healthz", "readyz", "metrics"):
        async with web.get(f"{url}/{page}", headers=WITH_KEY) as answer:
            assert answer.status == 200


async def test_among_128_slow_posts_to_a_signed_source_everyone_else_is_served(settings: Settings) -> None:
    url = f"http://127.0.0.1:{settings.gateway_port}"
    unsigned = {"X-Twilio-Signature": "A" * 27 + "=", "Content-Type": "application/x-www-form-urlencoded"}
    async with gateway(settings, ALL_SOURCES) as process, aiohttp.ClientSession() as web:
        await all_are_served(web, settings)
        before = peak_of(process)
        async with AsyncExitStack() as stack:
            for _ in range(128):
                await slow_post(stack, url, "/v1/twilio", unsigned, b"C" * 900)
            for _ in range(3):
                await all_are_served(web, settings)
        grown = peak_of(process) - before
        told = await told_on_the_way_out(process)
    assert "Traceback" not in told
    assert len(told.splitlines()) < 20
    assert TOKEN not in told
    assert grown < MOST_GROWTH


async def test_a_megabyte_of_junk_with_a_good_key_is_answered_in_a_few_lines_and_kept(settings: Settings) -> None:
    url = f"http://127.0.0.1:{settings.gateway_port}"
    body = b"x\n" * 524_288
    async with gateway(settings, ALL_SOURCES) as process, aiohttp.ClientSession() as web:
        before = peak_of(process)

        async def post() -> tuple[int, bytes]:
            async with web.post(f"{url}/v1/events", data=body, headers=WITH_KEY, timeout=WHOLE) as answer:
                return answer.status, await answer.read()

        posting, healthy = asyncio.create_task(post()), 0
        while not posting.done():
            async with web.get(f"{url}/healthz") as answer:
                assert answer.status == 200
            healthy += not posting.done()
        status, text = await posting
        grown = peak_of(process) - before
        told = await told_on_the_way_out(process)
    answer = orjson.loads(text)
    print(f"grown by {grown / 2**20:.0f} MiB, answered in {len(text)} bytes, health meanwhile {healthy} times")  # noqa: T201
    assert (status, answer["refused"], answer["accepted"]) == (422, 524_288, 0)
    assert len(text) < 100_000
    assert healthy > 0
    assert grown < MOST_GROWTH
    assert "Traceback" not in told
    lines = size = 0
    async for value in rejected_in(settings):
        lines += 1 + value.content.count(b"\n")
        size += value.size
    assert lines == 524_288
    assert size <= len(body)


async def rejected_in(settings: Settings) -> AsyncIterator[Rejected]:
    for _, _, value in await read(settings, topics(settings).rejected):
        found = read_rejected(orjson.dumps(value))
        assert isinstance(found, Rejected)
        yield found


WHOLE = aiohttp.ClientTimeout(total=DEADLINE_S)
