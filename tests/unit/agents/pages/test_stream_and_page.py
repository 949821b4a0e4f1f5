"""The stream of events, and the files of the wallboard that lives on it."""

from __future__ import annotations

import asyncio
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

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


SCRIPTS = (
    "main",
    "choice",
    "dom",
    "fitting",
    "formats",
    "judging",
    "link",
    "parts",
    "settings",
    "shapes",
    "tiles",
    "waiting",
    "words",
)


def static(name: str) -> str:
    return files("agents.pages").joinpath("static", name).read_text("utf-8")


async def test_the_page_takes_nothing_from_elsewhere_and_writes_no_html(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor)
    page = await (await client.get("/")).text()
    used = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert used == ["data:,", "static/wallboard.css", "static/main.js"]
    assert (await client.get("/static/..%2fpage.py")).status == 404
    assert (await client.get("/static/index.html")).status == 404
    assert (await client.get("/static/wallboard.css")).content_type == "text/css"
    assert re.findall(r"url\([^)]*\)|@import", static("wallboard.css")) == ['url("inter.woff2")']
    font = await client.get("/static/inter.woff2")
    assert (font.status, font.headers["Content-Type"]) == (200, "font/woff2")
    assert (await font.read())[:4] == b"wOF2"
    for name in SCRIPTS:
        served = await client.get(f"/static/{name}.js")
        assert (served.status, served.content_type) == (200, "text/javascript")
        script = await served.text()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|\.style\b", script
        )
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
