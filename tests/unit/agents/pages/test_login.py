"""The wallboard without a token: a page that asks for it, and a cookie that keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.agents.pages.conftest import a_floor

if TYPE_CHECKING:
    from tests.unit.agents.pages.conftest import Serve

TOKEN = "a token of the tests"  # noqa: S105
HALL = "the-token-of-the-hall"
CRM = "the-token-of-the-crm"
TOKENS = {"hall": {"token": HALL, "scopes": ["wall"]}, "crm": {"token": CRM, "scopes": ["explain"]}}


async def test_the_wallboard_asks_for_the_token_in_its_language_and_takes_it(serve: Serve) -> None:
    client = await serve(a_floor(tokens=TOKENS, api_token=TOKEN))
    for language, asked in (("en", "asks for a token"), ("fr", "demande un jeton")):
        page = await client.get(f"/?lang={language}&theme=light")
        text = await page.text()
        assert page.status == 401
        assert f'<html lang="{language}" data-theme="light">' in text
        assert asked in text
        assert f'action="login?lang={language}&amp;theme=light"' in text
        assert "unsafe" not in page.headers["Content-Security-Policy"]
    for token in (TOKEN, HALL):
        answer = await client.post("/login?lang=fr&campaign=a&campaign=b", data={"token": token}, allow_redirects=False)
        assert answer.status == 303
        assert answer.headers["Location"] == "/?lang=fr&campaign=a&campaign=b"
        kept = answer.headers["Set-Cookie"]
        assert all(part in kept for part in ("HttpOnly", "SameSite=Strict", "Path=/"))
        assert "Secure" not in kept
        cookie = {"Cookie": kept.partition(";")[0]}
        assert (await client.get("/", headers=cookie)).status == 200
        assert (await client.get("/api/v1/catalogue", headers=cookie)).status == 200


@pytest.mark.parametrize("token", ["wrong-and-of-the-tests", "", CRM])
async def test_a_wrong_token_is_said_to_be_wrong_and_sets_no_cookie(token: str, serve: Serve) -> None:
    client = await serve(a_floor(tokens=TOKENS))
    page = await client.post("/login?lang=fr", data={"token": token})
    assert page.status == 401
    assert "Ce jeton n’ouvre pas cette page." in await page.text()  # noqa: RUF001  French
    assert "Set-Cookie" not in page.headers
    assert token == "" or token not in await page.text()
    if token:
        assert "does not open" in await (await client.get("/", params={"token": token})).text()


async def test_many_wrong_tokens_are_slowed_down_in_words(serve: Serve) -> None:
    client = await serve(a_floor(tokens=TOKENS))
    pages = [await client.post("/login", data={"token": f"a-wrong-token-{n}"}) for n in range(12)]
    assert pages[-1].status == 429
    assert pages[-1].headers["Retry-After"]
    assert "Too many wrong tokens" in await pages[-1].text()
    assert (await client.post("/login", data={"token": HALL}, allow_redirects=False)).status == 303


async def test_a_token_in_the_page_s_address_moves_into_a_cookie(serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN))
    response = await client.get("/", params={"token": TOKEN, "lang": "fr"}, allow_redirects=False)
    assert response.status == 303
    assert response.headers["Location"] == "/?lang=fr"
    kept = response.headers["Set-Cookie"].partition(";")[0]
    for page in ("/", "/api/v1/kpis"):
        assert (await client.get(page, headers={"Cookie": kept})).status == 200


async def test_the_stream_takes_the_token_from_its_address(serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN))
    async with client.get("/api/v1/stream", params={"token": TOKEN}) as response:
        assert response.status == 200


@pytest.mark.parametrize(("trusted", "secure"), [(["127.0.0.0/8"], True), ([], False)])
async def test_the_cookie_is_for_https_alone_where_a_trusted_proxy_says_that_it_came_so(
    trusted: list[str], secure: bool, serve: Serve
) -> None:
    client = await serve(a_floor(tokens=TOKENS, trusted_proxies=trusted))
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "wall.example.org"}
    answer = await client.post("/login", data={"token": HALL}, headers=headers, allow_redirects=False)
    assert ("Secure" in answer.headers["Set-Cookie"]) is secure


async def test_what_is_no_small_form_is_refused(serve: Serve) -> None:
    client = await serve(a_floor(tokens=TOKENS))
    for data, kind in (
        (b'{"token": "x"}', "application/json"),
        (b"token=" + b"x" * 9000, "application/x-www-form-urlencoded"),
    ):
        answer = await client.post("/login", data=data, headers={"Content-Type": kind})
        assert answer.status == 400
        assert (await answer.json())["error"].startswith("token: not in a form")
    bad = await client.post(
        "/login", data=b"token=%ff%fe", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert bad.status in {400, 401}


async def test_without_tokens_the_page_asks_for_none(serve: Serve) -> None:
    client = await serve(a_floor())
    assert (await client.get("/")).status == 200
    assert (await client.get("/", headers={"Host": "evil.example"})).status == 403
    assert (await client.post("/login", data={"token": "x"}, headers={"Host": "evil.example"})).status == 403
