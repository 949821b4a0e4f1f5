"""The gateway as a process before a real broker: what it answers with 2xx is there, and once however often it came."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
import msgspec
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from twilio.request_validator import RequestValidator

from stream.check.gateway import check_gateway
from stream.clock import SystemClock
from stream.configuration import AllSettings, load_settings
from stream.gateway.running import Running
from stream.kafka.connection import connection_of
from stream.kafka.create_topics import create_missing
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of
from stream.sources.twilio.facts import fact_of
from tests.kafka.test_replay import read
from tests.kafka.worker_process import DEADLINE_S, KEY
from tests.ports import free_port
from tests.unit.sources.twilio.test_calls import leg, standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = pytest.mark.kafka
TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105
NOW = SystemClock().now_ms() - 3_600_000


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path) -> Settings:
    return settings_of(broker.bootstrap, app_id, tmp_path)


def settings_of(bootstrap: str, app_id: str, tmp_path: Path, **more: Any) -> Settings:
    return load_settings(
        broker=bootstrap,
        app_id=app_id,
        data_dir=str(tmp_path),
        pseudonym_key=KEY,
        gateway_port=free_port(),
        gateway_twilio_token=TOKEN,
        **more,
    )


@asynccontextmanager
async def gateway(
    settings: Settings, more: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `ringboard gateway`, with `more` in its environment, and kill it in the end if it still runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGBOARD_")} | {
        "RINGBOARD_BROKER": settings.broker,
        "RINGBOARD_APP_ID": settings.app_id,
        "RINGBOARD_DATA_DIR": str(settings.data_dir),
        "RINGBOARD_PSEUDONYM_KEY": KEY,
        "RINGBOARD_GATEWAY_PORT": str(settings.gateway_port),
        "RINGBOARD_GATEWAY_TWILIO_TOKEN": TOKEN,
        **(more or {}),
    }
    program = [sys.executable, "-c", "from stream.cli import main; main()", "gateway"]
    process = await asyncio.create_subprocess_exec(*program, env=environment, stderr=subprocess.PIPE)
    try:
        await ready(settings, process)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ready(settings: Settings, process: asyncio.subprocess.Process | None = None) -> None:
    async with asyncio.timeout(DEADLINE_S), aiohttp.ClientSession() as web:
        while True:
            assert process is None or process.returncode is None
            try:
                async with web.get(f"http://127.0.0.1:{settings.gateway_port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectorError:
                pass
            await asyncio.sleep(0.05)


async def call_back(web: aiohttp.ClientSession, settings: Settings, form: dict[str, Any]) -> int:
    url = f"http://127.0.0.1:{settings.gateway_port}/v1/twilio"
    headers = {
        "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, form),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    async with web.post(url, data=urlencode(form), headers=headers) as answer:
        return answer.status


async def post(web: aiohttp.ClientSession, settings: Settings, *events: dict[str, Any]) -> int:
    url = f"http://127.0.0.1:{settings.gateway_port}/v1/events"
    async with web.post(url, data=b"\n".join(map(orjson.dumps, events))) as answer:
        return answer.status


def requested(number: int) -> dict[str, Any]:
    return {"id": f"e{number}", "type": "lead.requested", "at": NOW, "lead": f"L{number}", "campaign": "Spring"}


async def metrics(web: aiohttp.ClientSession, settings: Settings) -> str:
    async with web.get(f"http://127.0.0.1:{settings.gateway_port}/metrics") as answer:
        return await answer.text()


async def taken(settings: Settings) -> list[dict[str, Any]]:
    return [event for _, _, event in await read(settings, topics(settings).events)]


async def test_calls_are_whole_whichever_of_two_gateways_is_told_also_after_kill_9(
    settings: Settings, broker: Broker, tmp_path: Path
) -> None:
    other = settings_of(broker.bootstrap, settings.app_id, tmp_path)
    first, second, third, last = leg("CA1", 8, 61)
    late = {"CallSid": "CA1", "AnsweredBy": "machine_start"}
    async with aiohttp.ClientSession() as web:
        async with gateway(other):
            async with gateway(settings):
                assert await call_back(web, settings, first) == 204
                assert await call_back(web, other, last) == 204
                assert await call_back(web, settings, second) == 204
            # It was killed: what it knew is known to the other, and to the one in its place.
            assert await call_back(web, other, third) == 204
        async with gateway(settings):
            assert await call_back(web, settings, late) == 204
            assert await call_back(web, settings, first) == 204
    (call,) = standing(await taken(settings)).values()
    assert (call["placed_at"], call["answered_at"], call["at"]) == (
        1_767_600_000_000,
        1_767_600_009_000,
        1_767_600_070_000,
    )
    assert (call["talk_s"], call["ring_s"], call["amd"]) == (61, 9, "machine")
    legs = await read(settings, topics(settings).legs)
    assert len(legs) == 6
    assert "39980001" not in repr(legs)


async def test_what_a_gateway_was_told_and_had_not_said_when_it_died_the_next_one_says(
    settings: Settings,
) -> None:
    """The fact is in the log of legs, and its event nowhere: as if the process had ended in between."""
    names = topics(settings)
    await create_missing(connection_of(settings), names, 1)
    fact = fact_of(leg("CA1", 8, 61)[-1], {"campaign": "Spring"}, identity_of(settings), NOW)
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker)
    await producer.start()
    try:
        await producer.send_and_wait(names.legs.name, b"no fact", key=b"CA0")
        await producer.send_and_wait(names.legs.name, msgspec.json.encode(fact), key=b"CA1")
    finally:
        await producer.stop()
    async with in_this_process(settings):
        await ready(settings)
    (call,) = standing(await taken(settings)).values()
    assert (call["talk_s"], call["campaign"]) == (61, "Spring")


async def test_told_to_stop_it_first_answers_what_it_was_asked(settings: Settings) -> None:
    async with gateway(settings) as process:
        url = f"http://127.0.0.1:{settings.gateway_port}/v1/events"
        half, rest = orjson.dumps(requested(1))[:20], orjson.dumps(requested(1))[20:]
        stopped = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield half
            async with asyncio.timeout(DEADLINE_S), aiohttp.ClientSession() as web:
                while "requests_under_way 1.0" not in (told := await metrics(web, settings)):
                    assert "requests_under_way" in told
                process.send_signal(signal.SIGTERM)
                while True:  # until it no longer listens
                    try:
                        _, writer = await asyncio.open_connection("127.0.0.1", settings.gateway_port)
                        writer.close()
                        await asyncio.sleep(0.02)
                    except ConnectionError:
                        break
            stopped.set()
            yield rest

        async with aiohttp.ClientSession() as web, web.post(url, data=body()) as answer:
            assert answer.status == 200
        assert stopped.is_set()
        async with asyncio.timeout(DEADLINE_S):
            _, told = await process.communicate()
        assert process.returncode == 0, told
        assert b"Traceback" not in told
    assert [event["id"] for event in await taken(settings)] == ["e1"]


async def test_a_body_of_many_events_is_acknowledged_whole(settings: Settings) -> None:
    count = 10_000
    async with in_this_process(settings), aiohttp.ClientSession() as web:
        await ready(settings)
        assert await post(web, settings, *map(requested, range(count))) == 200
    assert len({event["id"] for event in await taken(settings)}) == count


@asynccontextmanager
async def in_this_process(settings: Settings) -> AsyncIterator[Running]:
    stop = asyncio.Event()
    running = Running(settings, SystemClock())
    task = asyncio.create_task(running.run(stop))
    try:
        yield running
    finally:
        stop.set()
        await task


@asynccontextmanager
async def relay(port: int, broker: Broker) -> AsyncIterator[None]:
    """Listen at `port` as `broker` does: a client is told there where the broker is, and goes on to it."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", broker.port)
        await asyncio.gather(pipe(reader, there[1]), pipe(there[0], writer))

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(pass_on, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


async def test_before_there_is_a_broker_and_while_it_hangs_the_answer_is_503_and_nothing_is_lost(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    port = free_port()
    settings = settings_of(f"127.0.0.1:{port}", app_id, tmp_path, gateway_acknowledged_within_s=1)
    async with in_this_process(settings) as running, aiohttp.ClientSession() as web:
        async with asyncio.timeout(DEADLINE_S):
            while running.port is None:  # noqa: ASYNC110  it tells no one
                await asyncio.sleep(0.02)
        assert await post(web, settings, requested(1)) == 503
        found = await check_gateway(settings)
        assert (found[0].what, found[0].state) == ("gateway", "fail")

        async with relay(port, broker):
            await ready(settings)
            assert await post(web, settings, requested(1)) == 200
            assert broker.pid is not None
            os.kill(broker.pid, signal.SIGSTOP)
            try:
                assert await post(web, settings, requested(2)) == 503
                assert (await check_gateway(settings))[0].state == "fail"
            finally:
                os.kill(broker.pid, signal.SIGCONT)
            async with asyncio.timeout(DEADLINE_S):
                while await post(web, settings, requested(2)) != 200:
                    pass
            assert {event["id"] for event in await taken(settings)} == {"e1", "e2"}


async def test_over_tls_and_the_check_says_what_is_taken(settings: Settings, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)  # noqa: ASYNC221
    given = settings.model_dump() | {
        "gateway_tls_cert": cert,
        "gateway_tls_key": key,
        "gateway_key": "a secret of the tests",
    }
    secured = AllSettings(**given)
    trust = ssl.create_default_context(cafile=str(cert))
    async with in_this_process(secured), aiohttp.ClientSession() as web:
        async with asyncio.timeout(DEADLINE_S):
            while not (found := await check_gateway(secured)) or found[0].state != "ok":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        url = f"https://localhost:{secured.gateway_port}/v1/events"
        async with web.post(url, data=orjson.dumps(requested(1)), ssl=trust) as answer:
            assert answer.status == 401
        headers = {"X-Api-Key": "a secret of the tests"}
        async with web.post(url, data=orjson.dumps(requested(1)), ssl=trust, headers=headers) as answer:
            assert answer.status == 200
    assert [(one.what, one.state) for one in found] == [
        ("gateway", "ok"),
        ("gateway, taken", "ok"),
        ("gateway, Twilio", "warn"),
    ]
    key.write_text("no key")
    found = await check_gateway(secured)
    assert [(one.what, one.state) for one in found] == [("gateway", "fail")]
    assert "gateway_tls_cert" in found[0].message
