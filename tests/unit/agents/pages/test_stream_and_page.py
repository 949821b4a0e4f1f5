"""The stream of events, and the files of the wallboard that lives on it."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import AsyncExitStack
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from agents.pages import streams
from agents.pages.answers import Answers
from tests.unit.agents.pages.conftest import MINUTE, NOW, a_floor

if TYPE_CHECKING:
    import pytest
    from aiohttp import ClientResponse

    from tests.floor_in_memory import FloorInMemory
    from tests.unit.agents.pages.conftest import Serve


async def next_message(response: ClientResponse, name: str = "message") -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            fields: dict[str, str] = {}
            while line := (await response.content.readline()).decode().rstrip("\n"):
                field, _, value = line.partition(": ")
                fields[field] = value
            if "data" in fields and fields.get("event", "message") == name:
                return dict(json.loads(fields["data"]))


async def test_the_stream_sends_the_kpis_at_once_and_when_they_change(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor)
    async with client.get("/api/v1/stream", params={"window": "1h", "campaign": "Spring"}) as response:
        assert response.content_type == "text/event-stream"
        first = await next_message(response)
        assert first["window"] == "1h"
        assert first["filters"]["campaign"] == "Spring"
        assert first == await (await client.get("/api/v1/kpis?window=1h&campaign=Spring")).json()
        floor.feed(
            [
                {
                    "id": "c5",
                    "type": "call.ended",
                    "at": NOW,
                    "call": "C5",
                    "lead": "L1",
                    "direction": "outbound",
                    "placed_at": NOW - MINUTE,
                    "talk_s": 40,
                    "campaign": "Spring",
                }
            ]
        )
        second = await next_message(response)
        before, after = first["kpis"]["contact_rate"], second["kpis"]["contact_rate"]
        assert after["denominator"] == before["denominator"] + 1


async def test_the_stream_sends_the_leads_that_wait_to_who_asks_for_them(floor: FloorInMemory, serve: Serve) -> None:
    async with (await serve(floor)).get("/api/v1/stream?leads=5") as response:
        assert [lead["lead"] for lead in (await next_message(response, "leads"))["leads"]] == ["L3"]
        floor.feed([{"id": "r5", "type": "lead.requested", "at": NOW, "lead": "L5", "campaign": "Spring"}])
        assert [lead["lead"] for lead in (await next_message(response, "leads"))["leads"]] == ["L3", "L5"]


async def test_who_asks_for_leads_gets_them_also_after_others_who_do_not(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor)
    async with client.get("/api/v1/stream") as first:
        await next_message(first)
        for _ in range(3):
            async with client.get("/api/v1/stream?leads=5") as second:
                told = await next_message(second, "leads")
                assert [lead["lead"] for lead in told["leads"]] == ["L3"]
                assert told["waiting"]["15-60m"] == 1


async def test_a_wrong_parameter_of_the_stream_is_refused_before_it_begins(floor: FloorInMemory, serve: Serve) -> None:
    response = await (await serve(floor)).get("/api/v1/stream?window=2h")
    assert response.status == 400
    assert response.content_type == "application/json"


async def test_a_worker_that_stops_does_not_wait_for_its_streams(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor)
    async with client.get("/api/v1/stream") as response:
        await next_message(response)
        async with asyncio.timeout(60):
            await client.server.close()
            assert await response.content.read() is not None


async def test_nobody_reads_the_floor_while_no_stream_is_open(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor)
    async with client.get("/api/v1/stream") as response:
        await next_message(response)
    async with asyncio.timeout(60):
        while "ringboard_stream_clients 0.0" not in await (await client.get("/metrics")).text():
            floor.clock.advance(1000)  # what the numbers change by: the worker then writes, and finds nobody there
            await asyncio.sleep(0.1)


async def test_however_many_look_at_the_same_each_message_is_made_once(
    floor: FloorInMemory, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LEAST_PAUSE_S", 0.05)
    made: list[str] = []
    make = Answers.kpis
    monkeypatch.setattr(Answers, "kpis", lambda *given: made.append(given[2]) or make(*given))  # type: ignore[func-returns-value]
    client = await serve(floor)
    async with AsyncExitStack() as stack:
        paths = ["/api/v1/stream?window=1h", "/api/v1/stream?window=1h&campaign=Spring"]
        looking = [await stack.enter_async_context(client.get(paths[n % 2])) for n in range(40)]
        first = [await next_message(one) for one in looking]
        assert all(one == first[n % 2] for n, one in enumerate(first))
        made.clear()
        ticks: list[int] = []
        show = streams.Streams._show
        monkeypatch.setattr(
            streams.Streams,
            "_show",
            lambda *given, **more: ticks.append(1) or show(*given, **more),  # type: ignore[func-returns-value]
        )
        request = {"type": "lead.requested", "at": NOW, "campaign": "Spring"}
        floor.feed([{"id": "r5", "lead": "L5", **request}])
        second = [await next_message(one) for one in looking]
        assert {one["kpis"]["leads_requested"]["value"] for one in second} == {1, 2}
        # Of the last tick one view may not have been shown yet.
        assert 2 * len(ticks) - 2 <= len(made) <= 2 * len(ticks)


async def test_who_reads_slowly_gets_the_latest_and_no_more_is_held_for_them() -> None:
    viewer = streams.Viewer()
    viewer.put(b"one", b"one, all")
    assert viewer.take() == b"one"
    for number in range(1000):
        viewer.put(b"change %d" % number, b"all of %d" % number)
    assert viewer.take() == b"all of 999"
    assert not viewer.woken.is_set()


async def test_beyond_the_most_viewers_the_next_is_told_to_come_back(
    floor: FloorInMemory, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_VIEWERS", 2)
    client = await serve(floor)
    async with client.get("/api/v1/stream") as one, client.get("/api/v1/stream?window=1h") as two:
        await next_message(one)
        await next_message(two)
        third = await client.get("/api/v1/stream")
        assert third.status == 503
        assert third.headers["Retry-After"] == "30"
        assert (await third.json())["error"].startswith("2 walls and streams are open already")


async def test_an_answer_may_be_older_where_the_request_says_so(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor)

    async def attempts(headers: dict[str, str]) -> int:
        answer = await (await client.get("/api/v1/kpis?window=1h", headers=headers)).json()
        return int(answer["kpis"]["leads_requested"]["value"])

    before = await attempts({"Cache-Control": "max-age=60"})
    floor.feed([{"id": "r5", "type": "lead.requested", "at": NOW, "lead": "L5", "campaign": "Spring"}])
    assert await attempts({"Cache-Control": "max-age=60"}) == before
    for fresh in ({}, {"Cache-Control": "max-age=0"}, {"Cache-Control": "no-cache"}):
        assert await attempts(fresh) == before + 1


async def test_the_page_speaks_the_language_it_is_asked_for(serve: Serve) -> None:
    client = await serve(a_floor(language="fr"))
    assert '<html lang="fr"' in await (await client.get("/")).text()
    assert '<html lang="en"' in await (await client.get("/?lang=en")).text()
    wrong = await client.get("/?lang=%22%3E%3Cscript%3E")
    assert wrong.status == 400
    assert "script" not in await wrong.text()


async def test_the_page_of_a_simulated_floor_says_so(serve: Serve) -> None:
    for setting in ("yes", "no"):
        page = await (await (await serve(a_floor(simulated=setting))).get("/")).text()
        assert f'data-simulated="{setting}"' in page


NAMES = sorted(file.name for file in files("agents.pages").joinpath("static").iterdir())
SCRIPTS = [name.removesuffix(".js") for name in NAMES if name.endswith(".js")]
WRITES_HTML_OR_STYLE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|\.style\b(?!\.(?:set|get)Property)"
)
STYLES = ("tokens", "frame", "kpis", "leads", "tables", "lists", "first", "settings")


def static(name: str) -> str:
    return files("agents.pages").joinpath("static", name).read_text("utf-8")


async def test_the_page_takes_nothing_from_elsewhere_and_writes_no_html(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor)
    page = await (await client.get("/")).text()
    used = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sorted((*STYLES, "login")) == [name.removesuffix(".css") for name in NAMES if name.endswith(".css")]
    assert used == ["data:,", *(f"static/{name}.css" for name in STYLES), "static/main.js"]
    assert (await client.get("/static/..%2fpage.py")).status == 404
    assert (await client.get("/static/index.html")).status == 404
    for name in STYLES:
        assert (await client.get(f"/static/{name}.css")).content_type == "text/css"
        loads = ['url("inter.woff2")'] if name == "tokens" else []
        assert re.findall(r"url\([^)]*\)|@import", static(f"{name}.css")) == loads
    font = await client.get("/static/inter.woff2")
    assert (font.status, font.headers["Content-Type"]) == (200, "font/woff2")
    assert (await font.read())[:4] == b"wOF2"
    for name in SCRIPTS:
        served = await client.get(f"/static/{name}.js")
        assert (served.status, served.content_type) == (200, "text/javascript")
        script = await served.text()
        assert not WRITES_HTML_OR_STYLE.search(script)
        assert re.findall(r"https?://[^\"']+", script) in ([], ["http://www.w3.org/2000/svg"])
        assert set(re.findall(r'from "\./(\w+)\.js"', script)) <= set(SCRIPTS)


async def test_a_wall_that_hangs_for_months_can_tell_that_the_page_is_another(
    floor: FloorInMemory, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (await (await (await serve(floor)).get("/api/v1/catalogue")).json())["page"]
    assert (await (await (await serve(floor)).get("/api/v1/catalogue")).json())["page"] == first
    monkeypatch.setattr("agents.pages.page._TYPES", {".css": "text/css"})
    assert (await (await (await serve(floor)).get("/api/v1/catalogue")).json())["page"] != first


def test_the_page_says_the_same_in_both_languages() -> None:
    words = static("words.js")
    english, french = (words.split(start, 1)[1].split("\n  },", 1)[0] for start in ("  en: {", "  fr: {"))
    keys = [re.findall(r"(?:^|[,{]\s*|\n\s+)[\"]?([\w+-]+)[\"]?: [\"{]", part) for part in (english, french)]
    assert keys[0] == keys[1]
    used = {word for name in SCRIPTS for word in re.findall(r"words\.(?!js\b)(\w+)", static(f"{name}.js"))}
    assert used <= set(keys[0])
