"""A small floor, as its pages show it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp.test_utils import TestClient, TestServer

from stream.clock import FixedClock
from tests.engine_in_memory import EngineInMemory, pages_of
from tests.floor_in_memory import FloorInMemory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from aiohttp import web

    from agents.peers.tokens import Tokens

    Client = TestClient[web.Request, web.Application]
    Serve = Callable[..., Coroutine[Any, Any, Client]]

NOON = datetime(2026, 3, 18, 12, 0, 30, 250_000, tzinfo=ZoneInfo("Europe/Paris"))
NOW = round(NOON.timestamp() * 1000)
MINUTE = 60_000


def a_morning() -> list[dict[str, Any]]:
    """Three leads of which one waits; four calls, two of them contacts; 300 € spent; a rep; a call in a queue."""

    def at(minutes: int) -> int:
        return NOW - minutes * MINUTE

    spring = {"campaign": "Spring", "team": "north"}
    call = {"type": "call.ended", "direction": "outbound", "rep": "ada", **spring}
    return [
        {"id": "r1", "type": "lead.requested", "at": at(200), "lead": "L1", "channel": "web", **spring},
        {"id": "r2", "type": "lead.requested", "at": at(100), "lead": "L2", "channel": "web", **spring},
        {"id": "r3", "type": "lead.requested", "at": at(20), "lead": "L3", "campaign": "Autumn"},
        {"id": "c1", "at": at(180), "call": "C1", "lead": "L1", "placed_at": at(190), "talk_s": 95, **call},
        {"id": "c2", "at": at(90), "call": "C2", "lead": "L2", "placed_at": at(95), "talk_s": 0, **call},
        {"id": "c3", "at": at(30), "call": "C3", "lead": "L2", "placed_at": at(35), "talk_s": 300, **call},
        {"id": "c4", "at": at(10), "call": "C4", "lead": "L1", "placed_at": at(11), "talk_s": 5, **call},
        {"id": "q1", "type": "lead.qualified", "at": at(30), "lead": "L2", "rep": "ada"},
        {
            "id": "s1",
            "type": "spend.recorded",
            "at": at(300),
            "campaign": "Spring",
            "amount": "300.00",
            "currency": "EUR",
            "from": at(240),
            "to": at(120),
            "channel": "web",
        },
        {"id": "a1", "type": "rep.state", "at": at(60), "rep": "ada", "state": "available", "team": "north"},
        {"id": "j1", "type": "queue.joined", "at": at(1), "call": "C9", "queue": "sales"},
    ]


@pytest.fixture
def floor() -> FloorInMemory:
    return a_floor()


def a_floor(**settings: Any) -> FloorInMemory:
    floor = FloorInMemory(clock=FixedClock(NOW), partitions=3, settings=settings)
    return floor.feed(a_morning())


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves the pages of a floor, and stops them in the end."""
    clients: list[Client] = []

    async def start(floor: FloorInMemory, engine: EngineInMemory | None = None, tokens: Tokens | None = None) -> Client:
        client = TestClient(TestServer(pages_of(floor, engine, tokens)))
        clients.append(client)
        await client.start_server()
        return client

    yield start
    for client in clients:
        await client.close()
