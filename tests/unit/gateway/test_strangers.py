"""Who is not known yet costs little: judged by the head first, given a small room, and displaced by the next."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest

from stream.gateway import bodies
from stream.gateway.bodies import Pace
from stream.gateway.gate import FAILURES_PER_S
from stream.gateway.room import REQUESTS, STRANGERS_OF_A_CLIENT, STRANGERS_OF_A_SOURCE
from stream.sources.webhooks import STRANGERS_BODY_LIMIT
from stream.web.rates import SECONDS_AT_ONCE
from tests.gateway_in_memory import NOW
from tests.slow_posts import RawRequest, slow_post, until
from tests.unit.gateway.test_own_events import request
from tests.unit.gateway.test_sources import HUBSPOT, PATH, notification, signed
from tests.unit.sources.aircall.test_webhook import TOKEN as AIRCALL_TOKEN
from tests.unit.sources.aircall.test_webhook import ended
from tests.unit.sources.twilio.test_calls import leg
from tests.unit.sources.twilio.test_webhook import TOKEN, call_back

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve, Served

SECRET = "a secret of the tests"  # noqa: S105
KEY = {"X-Api-Key": SECRET}
FORM = "application/x-www-form-urlencoded"
SIGNED = {"Content-Type": FORM, "X-Twilio-Signature": "A" * 27 + "="}
EVERYTHING: dict[str, Any] = {
    "gateway_key": SECRET,
    "gateway_twilio_token": TOKEN,
    "gateway_aircall_token": AIRCALL_TOKEN,
    "gateway_sources": HUBSPOT,
}


async def all_others_are_served(gateway: Served, headers: dict[str, str] | None = None) -> None:
    """Assert that whoever is honest is answered, at the flooded source as at all others, and what asks for health."""
    given = headers or {}
    assert (await gateway.post("/v1/events", request(1), headers=KEY | given))[0] == 200
    assert await gateway.post("/v1/aircall", ended(), headers=given) == (204, None)
    body = orjson.dumps([notification(1)])
    assert await gateway.post(PATH, body, headers=signed(gateway.url + PATH, body) | given) == (204, None)
    assert (await call_back(gateway, leg("CA1", 8, 61)[-1], **given)) == (204, None)
    for page in ("healthz", "readyz", "metrics"):
        async with gateway.client.get(f"{gateway.url}/{page}", headers=KEY | given) as answer:
            assert answer.status == 200


async def test_128_slow_posts_to_a_signed_source_displace_each_other_and_nobody_else(serve: Serve) -> None:
    gateway = await serve(**EVERYTHING)
    async with AsyncExitStack() as stack:
        for _ in range(128):
            await slow_post(stack, gateway.url, "/v1/twilio", SIGNED, b"C" * 900)
        room = gateway.gateway.room
        await until(lambda: len(room.strangers.get("twilio", ())) == STRANGERS_OF_A_CLIENT)
        await all_others_are_served(gateway)
        assert len(room.strangers["twilio"]) <= STRANGERS_OF_A_CLIENT
        assert room.held_bytes <= 900 * STRANGERS_OF_A_CLIENT
        assert (room.requests.in_all, room.bytes.in_all) == (0, 0)
    await until(lambda: room.held_bytes == 0)


async def test_slow_posts_of_many_addresses_have_the_room_of_their_source_and_no_more(serve: Serve) -> None:
    gateway = await serve(**EVERYTHING, gateway_trusted_proxies=["127.0.0.1"])
    async with AsyncExitStack() as stack:
        for number in range(128):
            sender = {"X-Forwarded-For": f"203.0.113.{number}"}
            await slow_post(stack, gateway.url, "/v1/twilio", SIGNED | sender, b"C" * 900)
        room = gateway.gateway.room
        await until(lambda: len(room.strangers.get("twilio", ())) == STRANGERS_OF_A_SOURCE)
        await all_others_are_served(gateway, {"X-Forwarded-For": "198.51.100.7"})
        assert len(room.strangers["twilio"]) <= STRANGERS_OF_A_SOURCE


async def test_of_known_senders_none_of_a_source_can_take_the_room_of_all(serve: Serve) -> None:
    gateway = await serve(**EVERYTHING, gateway_trusted_proxies=["127.0.0.1"])
    async with AsyncExitStack() as stack:
        for number in range(REQUESTS.in_all):
            sender = {"X-Forwarded-For": f"203.0.113.{number}"}
            await slow_post(stack, gateway.url, "/v1/events", KEY | sender)
        await until(lambda: gateway.gateway.room.requests.in_all == REQUESTS.of_source)
        assert (await call_back(gateway, leg("CA1", 8, 61)[-1])) == (204, None)
        status, answer = await gateway.post("/v1/events", request(1), headers=KEY)
        assert (status, answer["error"]) == (503, "too many requests at once; send it again")
        assert gateway.gateway.room.requests.in_all == REQUESTS.of_source


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/events", {}, 401),
        ("/v1/events", {"X-Api-Key": SECRET[:-1]}, 401),
        ("/v1/events", KEY | {"Content-Encoding": "gzip"}, 415),
        ("/v1/events", KEY | {"Content-Length": "5000000"}, 413),
        ("/v1/twilio", {}, 403),
        ("/v1/twilio", {"X-Twilio-Signature": "x"}, 403),
        ("/v1/twilio", SIGNED | {"X-Twilio-Webhooks-Signature-Settings": "algorithm=secret words"}, 403),
        ("/v1/twilio", SIGNED | {"Content-Length": "65537"}, 413),
        ("/v1/aircall", {"Content-Length": str(STRANGERS_BODY_LIMIT + 1)}, 413),
        (PATH, {}, 403),
        (PATH, {"X-HubSpot-Signature-v3": "A" * 43 + "=", "X-HubSpot-Request-Timestamp": str(NOW - 400_000)}, 403),
        ("/v1/none", {}, 404),
        ("/healthz", {}, 405),
    ],
)
async def test_what_the_head_shows_is_answered_before_the_body_is_asked_for(
    serve: Serve, caplog: pytest.LogCaptureFixture, path: str, headers: dict[str, str], status: int
) -> None:
    gateway = await serve(**EVERYTHING)
    async with RawRequest(gateway.url) as raw:
        await raw.head("POST", path, {"Content-Length": "900", "Expect": "100-continue"} | headers)
        assert await raw.status() == status
    assert gateway.gateway.room.strangers == {}
    assert "secret words" not in caplog.text


async def test_a_body_is_asked_for_once_its_head_is_right(serve: Serve) -> None:
    gateway = await serve(**EVERYTHING)
    body = orjson.dumps(request(1))
    async with RawRequest(gateway.url) as raw:
        await raw.head("POST", "/v1/events", KEY | {"Content-Length": str(len(body)), "Expect": "100-continue"})
        assert await raw.status() == 100
        await raw.write(body)
        assert await raw.status() == 200


@pytest.mark.parametrize(("path", "headers"), [("/v1/twilio", SIGNED), ("/v1/events", KEY)])
async def test_a_body_that_trickles_is_cut_off_however_long_it_goes_on(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, path: str, headers: dict[str, str]
) -> None:
    for pace in ("OF_KNOWN", "OF_STRANGERS"):
        monkeypatch.setattr(bodies, pace, Pace(0.1, 10**6, 60))
    gateway = await serve(**EVERYTHING)
    async with AsyncExitStack() as stack:
        raw = await slow_post(stack, gateway.url, path, headers)
        answer = asyncio.create_task(raw.status())
        while not answer.done():
            await raw.write(b"x")
            await asyncio.sleep(0.01)
        assert await answer == 408
    assert gateway.gateway.room.held_bytes == 0


def test_the_pace_grows_with_what_has_come_and_ends_at_last() -> None:
    pace = Pace(3.0, 1_000, 10.0)
    assert [pace.due_s(count) for count in (0, 1_000, 5_000, 1_000_000)] == [3.0, 4.0, 8.0, 10.0]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Length": "900"}, b"{"),
        ({"Transfer-Encoding": "chunked"}, b"5\r\n{"),
        ({"Transfer-Encoding": "chunked"}, b"x\r\n{\r\n0\r\n\r\n"),
        ({"Transfer-Encoding": "chunked"}, b"1\r\n{\r\nz"),
    ],
)
async def test_a_body_that_ends_early_or_is_no_chunks_is_no_failure_of_ours(
    serve: Serve, caplog: pytest.LogCaptureFixture, headers: dict[str, str], body: bytes
) -> None:
    gateway = await serve(**EVERYTHING)
    async with RawRequest(gateway.url) as raw:
        await raw.head("POST", "/v1/events", KEY | headers)
        await raw.write(body)
        assert raw.writer is not None
        raw.writer.write_eof()
        assert await raw.status() in {400, None}
    await until(lambda: gateway.gateway.room.requests.in_all == 0)
    assert "Traceback" not in caplog.text
    assert not [one for one in caplog.records if one.name.startswith("stream.gateway") and "failed" in one.message]
    assert (await gateway.post("/v1/events", request(1), headers=KEY))[0] == 200


async def test_whoever_fails_often_is_answered_with_429_and_the_right_key_is_not_from_the_same_address(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = await serve(**EVERYTHING)
    most = FAILURES_PER_S * SECONDS_AT_ONCE
    for path, headers, refused in (("/v1/events", {}, 401), ("/v1/twilio", SIGNED, 403), ("/metrics", {}, 401)):
        statuses = []
        for _ in range(most + 5):
            method = "GET" if path == "/metrics" else "POST"
            async with gateway.client.request(method, gateway.url + path, data=b"", headers=headers) as answer:
                statuses.append(answer.status)
        assert statuses == [refused] * most + [429] * 5
    assert len(caplog.messages) <= 6
    await all_others_are_served(gateway)


async def test_however_many_ask_whether_it_is_ready_the_broker_is_asked_once_at_a_time(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await serve()
    asked, answers = [], asyncio.Event()

    async def slowly() -> bool:
        asked.append(1)
        await answers.wait()
        return True

    monkeypatch.setattr(gateway.broker, "answers", slowly)

    async def ready() -> int:
        async with gateway.client.get(gateway.url + "/readyz") as answer:
            return answer.status

    asking = [asyncio.create_task(ready()) for _ in range(50)]
    await until(lambda: bool(asked))
    async with gateway.client.get(gateway.url + "/healthz") as answer:
        assert answer.status == 200
    answers.set()
    assert await asyncio.gather(*asking) == [200] * 50
    assert len(asked) < 50


@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"POST /v1/events?" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5_000 + b"\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 600,
        b"\x00" * 100_000,
    ],
)
async def test_a_head_that_is_none_is_answered_or_closed_and_others_go_on(serve: Serve, head: bytes) -> None:
    gateway = await serve(**EVERYTHING)
    async with RawRequest(gateway.url) as raw:
        await raw.write(head)
        assert await raw.status() in {400, None}
    assert (await gateway.post("/v1/events", request(1), headers=KEY))[0] == 200


async def test_requests_sent_without_waiting_for_answers_are_answered_one_by_one(serve: Serve) -> None:
    gateway = await serve(**EVERYTHING)
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    async with RawRequest(gateway.url) as raw:
        await raw.write(one * 2_000 + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert (await raw.rest()).count(b'{"alive":true}') == 2_001


async def test_tiny_chunks_are_one_body(serve: Serve) -> None:
    gateway = await serve(**EVERYTHING)
    body = orjson.dumps(request(1)) + b" " * 20_000
    async with RawRequest(gateway.url) as raw:
        await raw.head("POST", "/v1/events", KEY | {"Transfer-Encoding": "chunked"})
        await raw.write(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        assert await raw.status() == 200


async def test_a_session_of_a_client_ends_in_nothing_held(serve: Serve) -> None:
    gateway = await serve(**EVERYTHING)
    async with aiohttp.ClientSession() as web:
        for _ in range(3):
            async with web.post(gateway.url + "/v1/events", data=orjson.dumps(request(1)), headers=KEY) as answer:
                assert answer.status == 200
    room = gateway.gateway.room
    assert (room.held_bytes, room.requests.in_all, room.bytes._of_client, room.requests._of_client) == (0, 0, {}, {})
