"""Who is let in, and what every answer carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.agents.pages.conftest import a_floor

if TYPE_CHECKING:
    from tests.floor_in_memory import FloorInMemory
    from tests.unit.agents.pages.conftest import Serve

PAGES = (
    "/",
    "/static/main.js",
    "/metrics",
    "/healthz",
    "/readyz",
    "/api/v1/kpis",
    "/api/v1/catalogue",
    "/api/v1/leads/waiting",
    "/api/v1/stream",
    "/api/v1/snapshot",
    "/nowhere",
)
TOKEN = "a token of the tests"  # noqa: S105


@pytest.mark.parametrize("page", PAGES)
async def test_with_a_token_set_no_page_opens_without_it(page: str, serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Cookie": "a=b"}):
        response = await client.get(page, headers=headers, allow_redirects=False)
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert TOKEN not in await response.text()
    assert (await client.get(page, params={"token": "wrong"}, allow_redirects=False)).status == 401


@pytest.mark.parametrize("page", [page for page in PAGES if page not in {"/nowhere", "/api/v1/stream"}])
async def test_the_token_opens_every_page_by_header(page: str, serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN))
    assert (await client.get(page, headers={"Authorization": f"Bearer {TOKEN}"})).status == 200


async def test_a_token_in_the_page_s_address_moves_into_a_cookie(serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN))
    response = await client.get("/", params={"token": TOKEN, "lang": "fr"}, allow_redirects=False)
    assert response.status == 303
    assert response.headers["Location"] == "/?lang=fr"
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    kept = cookie.partition(";")[0]
    for page in ("/", "/api/v1/kpis"):
        assert (await client.get(page, headers={"Cookie": kept})).status == 200


async def test_the_stream_takes_the_token_from_its_address(serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN))
    async with client.get("/api/v1/stream", params={"token": TOKEN}) as response:
        assert response.status == 200


async def test_without_a_token_a_foreign_name_of_this_machine_is_refused(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor)
    for host in ("evil.example", "evil.example:6066", "10.0.0.1"):
        assert (await client.get("/api/v1/kpis", headers={"Host": host})).status == 403
    for host in ("localhost:6066", "127.0.0.1", "[::1]:6066", "ringboard.localhost"):
        assert (await client.get("/api/v1/kpis", headers={"Host": host})).status == 200


@pytest.mark.parametrize("page", [*PAGES[:-3], "/nowhere"])
async def test_every_answer_carries_the_security_headers(page: str, floor: FloorInMemory, serve: Serve) -> None:
    async with (await serve(floor)).get(page) as response:
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in response.headers
