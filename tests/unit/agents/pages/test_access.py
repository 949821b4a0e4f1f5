"""Who is let in, to what, and what becomes of wrong tokens."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from agents.pages import access
from agents.pages.api import SCOPES
from tests.engine_in_memory import pages_of
from tests.unit.agents.pages.conftest import a_floor
from tests.unit.agents.pages.test_stream_and_page import next_message

if TYPE_CHECKING:
    from tests.unit.agents.pages.conftest import Client, Serve

TOKEN = "a token of the tests"  # noqa: S105
WRONG = "another token of the tests"
TOKENS = {
    "hall": {"token": "the-token-of-the-hall", "scopes": ["wall"]},
    "report": {"token": "the-token-of-a-report", "scopes": ["read"]},
    "crm": {"token": "the-token-of-the-crm", "scopes": ["explain"]},
    "boss": {"token": "the-token-of-the-boss", "scopes": ["admin"]},
    "spring": {"token": "the-token-of-spring", "scopes": ["read", "explain"], "campaign": "Spring"},
    "north": {"token": "the-token-of-the-north", "scopes": ["read", "explain"], "team": "north"},
}
OPEN = ("/healthz", "/readyz", "/static/login.css", "/static/tokens.css", "/static/inter.woff2")
OF = {
    "wall": (
        "/",
        "/static/main.js",
        "/api/v1/catalogue",
        "/api/v1/history",
        "/api/v1/breakdown",
        "/api/v1/heatmap",
        "/api/v1/reps",
        "/api/v1/queues",
        "/api/v1/stream?leads=50",
        "/api/v1/stream?live=reps,queues",
        "/api/v1/follow-ups/due",
        "/api/v1/follow-ups/due?limit=30&offset=20",
        "/api/v1/customers/at-risk",
    ),
    "read": ("/metrics", "/api/v1/kpis", "/api/v1/history?format=csv", "/api/v1/breakdown?format=csv"),
    "explain": (
        "/api/v1/leads/waiting",
        "/api/v1/stream?leads=51",
        "/api/v1/follow-ups/due?limit=51",
        "/api/v1/follow-ups/due?offset=1",
        "/api/v1/customers/at-risk?limit=1",
    ),
}
AS_ON_THE_WALL = ("/api/v1/stream", "/api/v1/follow-ups", "/api/v1/customers")
GRANTED = {
    "hall": {"wall"},
    "report": {"wall", "read"},
    "crm": {"explain"},
    "boss": {"wall", "read", "explain"},
}


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[name]['token']}"}


async def status(client: Client, page: str, headers: dict[str, str]) -> int:
    async with client.get(page, headers=headers, allow_redirects=False) as response:
        return response.status


@pytest.mark.parametrize("page", [page for pages in OF.values() for page in pages] + ["/nowhere"])
async def test_with_a_token_set_nothing_opens_without_it(page: str, serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN))
    for headers in ({}, {"Authorization": f"Basic {TOKEN}"}, {"Cookie": "a=b"}, {"Authorization": f"Bearer {WRONG}"}):
        async with client.get(page, headers=headers, allow_redirects=False) as response:
            assert response.status == 401
            assert response.content_type == ("text/html" if page == "/" else "application/json")
            assert not {TOKEN, WRONG} & set((await response.text()).split('"'))


@pytest.mark.parametrize("page", OPEN)
async def test_who_watches_over_the_worker_needs_no_token_and_learns_no_more_than_yes_or_no(
    page: str, serve: Serve
) -> None:
    client = await serve(a_floor(api_token=TOKEN))
    for headers in ({}, {"Authorization": f"Bearer {WRONG}"}):
        async with client.get(page, headers=headers) as response:
            assert response.status == 200
            if page.endswith("z"):
                assert await response.json() in ({"alive": True}, {"ready": True})
    full = await (await client.get("/readyz", headers={"Authorization": f"Bearer {TOKEN}"})).json()
    assert full == {"ready": True, "recovering": [], "lost": [], "missing": []}


@pytest.mark.parametrize("page", [page for pages in OF.values() for page in pages])
async def test_the_one_token_opens_every_page(page: str, serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN))
    assert await status(client, page, {"Authorization": f"Bearer {TOKEN}"}) == 200


@pytest.mark.parametrize("name", GRANTED)
async def test_a_named_token_opens_what_its_scopes_say_and_nothing_else(name: str, serve: Serve) -> None:
    client = await serve(a_floor(tokens=TOKENS))
    for scope, pages in OF.items():
        for page in pages:
            opened = await status(client, page, bearer(name))
            refused = 401 if page == "/" else 403
            partly = page.startswith(AS_ON_THE_WALL) and scope == "explain" and "wall" not in GRANTED[name]
            assert opened == (200 if scope in GRANTED[name] and not partly else refused), page
    assert await status(client, "/nowhere", bearer(name)) == 404


def test_every_route_says_what_it_asks_for() -> None:
    app = pages_of(a_floor())
    assert {route.name for route in app.router.routes()} == SCOPES.keys()


async def test_no_token_opens_what_workers_ask_each_other(serve: Serve) -> None:
    client = await serve(a_floor(tokens=TOKENS, api_token=TOKEN))
    for headers in (*map(bearer, TOKENS), {"Authorization": f"Bearer {TOKEN}"}):
        assert await status(client, "/api/v1/snapshot", headers) == 401
    assert await status(await serve(a_floor()), "/api/v1/snapshot", {}) == 401


@pytest.mark.parametrize(("name", "field", "own", "other"), [
    ("spring", "campaign", "Spring", "Autumn"),
    ("north", "team", "north", "south"),
])  # fmt: skip
async def test_a_token_of_a_campaign_or_team_shows_that_alone(
    name: str, field: str, own: str, other: str, serve: Serve
) -> None:
    floor = a_floor(tokens=TOKENS)
    client, whole = await serve(floor), await serve(a_floor())

    async def both(path: str) -> tuple[Any, Any]:
        narrowed = path + ("&" if "?" in path else "?") + f"{field}={own}"
        async with client.get(path, headers=bearer(name)) as limited, whole.get(narrowed) as expected:
            assert limited.status == expected.status == 200
            return await limited.json(), await expected.json()

    parts = ("breakdown?by=campaign", "breakdown?by=team", "breakdown?by=rep")
    for path in ("kpis", "history", *parts, "leads/waiting", "follow-ups/due", "customers/at-risk"):
        limited, expected = await both(f"/api/v1/{path}")
        assert limited == expected
        assert limited["filters"][field] == own
        sep = "&" if "?" in path else "?"
        assert await status(client, f"/api/v1/{path}{sep}{field}={own}", bearer(name)) == 200
        assert await status(client, f"/api/v1/{path}{sep}{field}={other}", bearer(name)) == 403
    async with client.get("/api/v1/stream?leads=50", headers=bearer(name)) as limited:
        assert (await next_message(limited))["filters"][field] == own
    async with client.get("/api/v1/stream?leads=50", headers=bearer(name)) as limited:
        leads = (await next_message(limited, "leads"))["leads"]
        assert {lead[field] for lead in leads} <= {own}
    seen = (await (await client.get("/api/v1/catalogue", headers=bearer(name))).json())["seen"]
    assert seen[field] == [own]
    metrics = await client.get("/metrics", headers=bearer(name))
    assert metrics.status == 403
    assert (await metrics.json())["error"].startswith("metrics are of the whole floor")
    assert await (await client.get("/readyz", headers=bearer(name))).json() == {"ready": True}


async def test_wrong_tokens_are_slowed_by_address_and_right_ones_never(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    client = await serve(a_floor(api_token=TOKEN, trusted_proxies=["127.0.0.1"]))
    first, second = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "203.0.113.10"}
    wrong, right = {"Authorization": f"Bearer {WRONG}"}, {"Authorization": f"Bearer {TOKEN}"}
    statuses = [await status(client, "/api/v1/kpis", first | wrong) for _ in range(20)]
    assert statuses[:5] == [401] * 5
    assert 429 in statuses[5:]
    slowed = await client.get("/api/v1/kpis", headers=first | wrong)
    assert slowed.status == 429
    assert int(slowed.headers["Retry-After"]) >= 1
    assert await status(client, "/api/v1/kpis", first | right) == 200
    assert await status(client, "/api/v1/kpis", first) == 401
    assert await status(client, "/api/v1/kpis", second | wrong) == 401
    counted = (await (await client.get("/metrics", headers=right)).text()).splitlines()
    assert 'ringboard_page_requests_refused_total{reason="no_token"} 1.0' in counted
    assert any(line.startswith('ringboard_page_requests_refused_total{reason="slowed_down"}') for line in counted)
    lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert lines == [
        "turned away a request of 203.0.113.9: wrong_token",
        "turned away a request of 203.0.113.9: slowed_down",
    ]
    assert not {TOKEN, WRONG} & set(caplog.text.split())


async def test_the_addresses_of_a_network_of_ipv6_share_one_count(serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN, trusted_proxies=["127.0.0.1"]))
    statuses = [
        await status(client, "/metrics", {"X-Forwarded-For": f"2001:db8::{n:x}", "Authorization": f"Bearer {WRONG}"})
        for n in range(1, 20)
    ]
    assert 429 in statuses


async def test_an_address_that_no_trusted_proxy_vouches_for_is_not_believed(serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN))
    statuses = [
        await status(client, "/metrics", {"X-Forwarded-For": f"203.0.113.{n}", "Authorization": f"Bearer {WRONG}"})
        for n in range(20)
    ]
    assert 429 in statuses


def test_tokens_are_kept_as_hashes_only() -> None:
    from stream.web.tokens import Tokens  # noqa: PLC0415

    tokens = Tokens(a_floor(api_token=TOKEN, tokens=TOKENS).settings)
    assert tokens.grant_of([WRONG]) is None
    found = tokens.grant_of([WRONG, "the-token-of-spring"])
    assert found is not None
    assert (found.name, found.campaign, found.team) == ("spring", "Spring", None)
    assert TOKEN not in repr(vars(tokens))
    assert "the-token-of-spring" not in repr(vars(tokens))


def test_what_is_remembered_of_addresses_is_bounded() -> None:
    from stream.web.rates import MOST_CLIENTS, Rates  # noqa: PLC0415

    rates = Rates(access.WRONG_PER_S, lambda: 0.0)
    for n in range(MOST_CLIENTS + 100):
        rates.wait_s(str(n))
    assert len(rates._left) == MOST_CLIENTS
