"""Who is let in where no token is set, and what every answer carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
    "/nowhere",
)


async def test_without_a_token_a_foreign_name_of_this_machine_is_refused(floor: FloorInMemory, serve: Serve) -> None:
    client = await serve(floor)
    for host in ("evil.example", "evil.example:6066", "10.0.0.1"):
        assert (await client.get("/api/v1/kpis", headers={"Host": host})).status == 403
    for host in ("localhost:6066", "127.0.0.1", "[::1]:6066", "ringboard.localhost"):
        assert (await client.get("/api/v1/kpis", headers={"Host": host})).status == 200


@pytest.mark.parametrize("page", [*PAGES[:-2], "/nowhere"])
async def test_every_answer_carries_the_security_headers(page: str, floor: FloorInMemory, serve: Serve) -> None:
    async with (await serve(floor)).get(page) as response:
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in response.headers
