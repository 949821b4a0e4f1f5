"""POST /v1/events: what is taken, what is told of each line, and who is let in."""

from __future__ import annotations

import asyncio
import base64
import gzip
import logging
import tracemalloc
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from stream.gateway import bodies
from stream.gateway.bodies import Pace
from stream.gateway.room import REQUESTS
from stream.web.rates import SECONDS_AT_ONCE
from tests.gateway_in_memory import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.gateway_in_memory import Serve

EVENTS = "/v1/events"
SECRET = "a secret of the tests"  # noqa: S105
REQUESTED = {"type": "lead.requested", "at": NOW, "campaign": "Spring", "number": "06 39 98 00 01"}


def request(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"e{number}", "lead": f"L{number}", **REQUESTED, **fields}


async def test_one_event_a_list_and_lines_are_taken_alike(serve: Serve) -> None:
    gateway = await serve()
    lines = b"\n".join(orjson.dumps(request(number)) for number in (4, 5))
    pretty = orjson.dumps(request(6), option=orjson.OPT_INDENT_2)
    for body, count in ((request(1), 1), ([request(2), request(3)], 2), (lines, 2), (b"\xef\xbb\xbf" + pretty, 1)):
        status, answer = await gateway.post(EVENTS, body)
        assert (status, answer["accepted"], answer["refused"]) == (200, count, 0)
    taken = gateway.broker.of("events")
    assert [event["id"] for event in taken] == [f"e{number}" for number in range(1, 7)]
    assert all(event["number"].startswith("num_") for event in taken)


async def test_of_each_line_it_is_told_what_became_of_it_and_the_refused_ones_are_kept(serve: Serve) -> None:
    gateway = await serve(extension_pattern="[0-9]{3}")
    call = {"type": "call.ended", "at": NOW, "call": "c", "direction": "inbound", "placed_at": NOW, "number": "204"}
    bodies = (orjson.dumps(request(1)), b"", b'{"id": "06 39 98 00 02', orjson.dumps({"id": "c-1", **call}))
    status, answer = await gateway.post(EVENTS, b"\n".join(bodies), headers={"Content-Type": "application/x-ndjson"})
    assert status == 200
    assert (answer["accepted"], answer["refused"], answer["left_out"]) == (1, 1, 1)
    assert [(one["line"], one["status"]) for one in answer["lines"]] == [(3, "refused"), (4, "left out")]
    assert answer["lines"][0]["reason"] == "malformed_json"
    assert answer["reasons"] == {"malformed_json": 1}
    (kept,) = gateway.broker.of("rejected")
    assert (kept["source"], kept["offset"], kept["reason"]) == ("webhook events", 3, "malformed_json")
    assert "98 00 02" not in repr(gateway.broker.records)
    told = await gateway.metrics()
    assert 'ringboard_gateway_refused_total{reason="malformed_json",source="events"} 1.0' in told
    assert 'ringboard_gateway_left_out_total{source="events"} 1.0' in told


async def test_where_nothing_is_accepted_the_answer_is_422_and_a_broken_list_is_400(serve: Serve) -> None:
    gateway = await serve()
    status, answer = await gateway.post(EVENTS, {"id": "a"})
    assert (status, answer["lines"][0]["field"]) == (422, "type")
    assert await gateway.post(EVENTS, b"[{]") == (
        400,
        {"error": "the list is not JSON; correct it, or send one event a line, each of which is read alone"},
    )
    assert (await gateway.post(EVENTS, b" \n"))[0] == 400


async def test_while_the_broker_takes_nothing_the_answer_is_503_and_says_when_to_come_back(serve: Serve) -> None:
    gateway = await serve()
    gateway.broker.away = True
    async with gateway.client.post(gateway.url + EVENTS, data=orjson.dumps(request(1))) as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "it counts once" in (await answer.json())["error"]
    async with gateway.client.get(gateway.url + "/readyz") as answer:
        assert answer.status == 503
    assert "ringboard_gateway_events_total{" not in await gateway.metrics()
    gateway.broker.away = False
    assert (await gateway.post(EVENTS, request(1)))[0] == 200
    assert 'ringboard_gateway_events_total{source="events",type="lead.requested"} 1.0' in await gateway.metrics()


async def test_before_the_first_connection_nothing_is_taken(serve: Serve) -> None:
    gateway = await serve()
    gateway.gateway.line = None
    status, answer = await gateway.post(EVENTS, request(1))
    assert (status, answer["error"]) == (503, "the broker is not connected yet; send it again, it counts once")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {SECRET}"},
        {"X-Api-Key": SECRET},
        {"Authorization": "Basic " + base64.b64encode(f"ringboard:{SECRET}".encode()).decode()},
        {"X-Api-Key": "the secret before it"},
    ],
)
async def test_a_key_may_be_sent_in_each_of_the_usual_ways(serve: Serve, headers: dict[str, str]) -> None:
    gateway = await serve(gateway_key=f"{SECRET}, the secret before it")
    assert (await gateway.post(EVENTS, request(1), headers=headers))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Api-Key": SECRET[:-1]}, {"X-Api-Key": ""}, {"Authorization": "Basic !"}, {"X-Api-Key": "é"}],
)
async def test_another_key_or_none_is_turned_away_before_the_body_is_read(
    serve: Serve, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    gateway = await serve(gateway_key=SECRET)
    with caplog.at_level(logging.WARNING):
        status, answer = await gateway.post(EVENTS, request(1), headers=headers)
    assert status == 401
    assert SECRET not in str(answer) + caplog.text
    assert not gateway.broker.records
    told = await gateway.metrics(headers={"X-Api-Key": SECRET})
    assert 'ringboard_gateway_turned_away_total{source="events",why="wrong_key"} 1.0' in told


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"Origin": "https://elsewhere.example"},
        {"Host": "elsewhere.example"},
    ],
)
async def test_without_a_key_nobody_is_let_in_whom_a_proxy_or_a_web_page_sends(
    serve: Serve, headers: dict[str, str]
) -> None:
    gateway = await serve()
    status, answer = await gateway.post(EVENTS, request(1), headers=headers)
    assert (status, "RINGBOARD_GATEWAY_KEY" in answer["error"]) == (403, True)
    async with gateway.client.get(gateway.url + "/metrics", headers=headers) as told:
        assert told.status == 403


async def test_a_body_past_the_limit_is_413_whether_its_length_is_told_or_not(serve: Serve) -> None:
    gateway = await serve(gateway_body_kib=64)
    assert (await gateway.post(EVENTS, b"x" * 65_537))[0] == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b"x" * 1024

    async with gateway.client.post(gateway.url + EVENTS, data=chunks()) as answer:
        assert answer.status == 413
        assert "larger than 65536 bytes" in (await answer.json())["error"]


async def test_a_body_of_a_hundred_megabytes_is_not_read_into_memory(serve: Serve) -> None:
    gateway = await serve()
    host, port = gateway.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    chunk = b"x" * 65_536
    tracemalloc.start()
    try:
        head = "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head.encode())
        answering = asyncio.create_task(reader.read(65_536))  # after it the gateway hears little more, and hangs up
        sent = 0
        try:
            while sent < 100_000_000 and not answering.done():
                writer.write(b"10000\r\n" + chunk + b"\r\n")
                await writer.drain()
                sent += len(chunk)
        except ConnectionError:
            pass  # it has heard enough
        answer = await answering
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert peak < 30_000_000
    assert (await gateway.post(EVENTS, request(1)))[0] == 200


async def test_a_packed_body_is_not_unpacked(serve: Serve) -> None:
    gateway = await serve()
    packed = gzip.compress(b" " * 50_000_000)
    status, _ = await gateway.post(EVENTS, packed, headers={"Content-Encoding": "gzip"})
    assert status == 415


async def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_not_held_up(serve: Serve) -> None:
    gateway = await serve(gateway_requests_per_s=1, gateway_key=SECRET, gateway_trusted_proxies=["127.0.0.1"])
    headers = {"X-Api-Key": SECRET, "X-Forwarded-For": "203.0.113.9"}
    for number in range(SECONDS_AT_ONCE):
        assert (await gateway.post(EVENTS, request(number), headers=headers))[0] == 200
    async with gateway.client.post(gateway.url + EVENTS, data=b"{}", headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "2")
    other = headers | {"X-Forwarded-For": "203.0.113.9, 203.0.113.10"}
    assert (await gateway.post(EVENTS, request(8), headers=other))[0] == 200
    gateway.clock[0] += 1
    assert (await gateway.post(EVENTS, request(9), headers=headers))[0] == 200


async def test_what_a_client_says_of_itself_is_believed_of_trusted_proxies_only(serve: Serve) -> None:
    gateway = await serve(gateway_requests_per_s=1, gateway_key=SECRET)
    statuses = [
        (await gateway.post(EVENTS, request(n), headers={"X-Api-Key": SECRET, "X-Forwarded-For": f"203.0.113.{n}"}))[0]
        for n in range(SECONDS_AT_ONCE + 1)
    ]
    assert statuses == [200] * SECONDS_AT_ONCE + [429]


async def test_whatever_is_not_there_is_one_line_of_json(serve: Serve) -> None:
    gateway = await serve()
    for method, path, status in (("GET", EVENTS, 405), ("POST", "/v1/twilio", 404), ("POST", "/../etc", 404)):
        async with gateway.client.request(method, gateway.url + path) as answer:
            assert answer.status == status
            assert list(await answer.json()) == ["error"]


async def test_a_failure_of_ours_is_500_without_a_trace_and_the_log_has_nothing_of_the_body(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = await serve()

    async def fail(_records: object) -> None:
        raise KeyError("06 39 98 00 01")

    monkeypatch.setattr(gateway.broker, "send", fail)
    status, answer = await gateway.post(EVENTS, request(1))
    assert (status, answer) == (500, {"error": "the gateway failed to answer; its log says where"})
    assert "a request failed: KeyError at " in caplog.text
    assert "39 98" not in caplog.text


async def test_a_body_that_does_not_come_is_408_and_holds_nobody_up(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "OF_KNOWN", Pace(0.05, 16_384, 60))
    gateway = await serve()

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with gateway.client.post(gateway.url + EVENTS, data=never()) as answer:
        assert answer.status == 408
    assert 'turned_away_total{source="events",why="too_slow"} 1.0' in await gateway.metrics()


async def test_of_the_requests_at_once_so_many_are_taken_and_the_others_told_to_come_again(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await serve()
    answers, asked = asyncio.Event(), []

    async def hang(records: object) -> None:
        asked.append(records)
        await answers.wait()

    monkeypatch.setattr(gateway.broker, "send", hang)
    posts = [asyncio.create_task(gateway.post(EVENTS, request(number))) for number in range(REQUESTS.of_client + 3)]
    done: set[asyncio.Task[Any]] = set()
    while len(done) < 3:
        done, _ = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
    assert {task.result()[0] for task in done} == {503}
    answers.set()
    statuses = [status for status, _ in await asyncio.gather(*posts)]
    assert (statuses.count(200), statuses.count(503)) == (len(asked), 3)
    assert len(asked) == REQUESTS.of_client


async def test_once_it_stops_nothing_new_is_taken(serve: Serve) -> None:
    gateway = await serve()
    assert (await gateway.post(EVENTS, request(1)))[0] == 200
    await gateway.gateway.gate.finish(1)
    assert (await gateway.post(EVENTS, request(2)))[0] == 503
    assert [event["id"] for event in gateway.broker.of("events")] == ["e1"]


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::/64"),
        ("10.0.0.7", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
async def test_behind_proxies_the_client_is_the_last_that_none_of_them_vouches_for(
    serve: Serve, caplog: pytest.LogCaptureFixture, forwarded: str, client: str
) -> None:
    gateway = await serve(gateway_key=SECRET, gateway_trusted_proxies=["127.0.0.1", "10.0.0.0/8"])
    await gateway.post(EVENTS, request(1), headers={"X-Forwarded-For": forwarded})
    assert f"turned away a request of {client}: wrong_key" in caplog.text
