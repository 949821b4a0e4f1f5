"""A gateway on a real port, with a broker that is a list."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
import orjson
import pytest
from yarl import URL

from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.gateway.app import Gateway
from stream.gateway.meters import Meters
from stream.gateway.running import mappings_of, runner_of
from stream.intake.outbox import Intake
from stream.kafka.producer import NotTakenError
from stream.web.listening import Site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from stream.kafka.producer import Record
    from stream.settings.model import Settings
    from stream.sources.webhooks import Assembly, Events, Part

NOW = 1_767_600_000_000  # 2026-01-05 08:00 UTC
KEY = "a key of the tests, and of nothing else"


@dataclass
class Broker:
    """What the broker has; while `away` it takes nothing."""

    settings: Settings
    away: bool = False
    records: list[Record] = field(default_factory=list)
    assemblies: list[Assembly] = field(default_factory=list)

    async def send(self, records: Sequence[Record]) -> None:
        if self.away:
            raise NotTakenError("no answer in time")
        self.records += records

    async def append(self, part: Part) -> Events:
        if self.away:
            raise NotTakenError("no answer in time")
        answers = (assembly.apply(part.value, NOW) for assembly in self.assemblies)
        return next(events for events in answers if events is not None)

    async def answers(self) -> bool:
        return not self.away

    def of(self, topic: str) -> list[dict[str, Any]]:
        """Return what stands in the topic of that kind."""
        name = f"{self.settings.app_id}.{topic}.v1"
        return [orjson.loads(one.value) for one in self.records if one.topic == name]


@dataclass
class Served:
    """A gateway that is served at `url`, the broker behind it, and a client."""

    url: str
    broker: Broker
    client: aiohttp.ClientSession
    gateway: Gateway
    clock: list[float]
    confirmed: list[str]

    async def post(self, path: str, data: Any, **options: Any) -> tuple[int, Any]:
        """Post, and return the status and the answer."""
        if not isinstance(data, bytes | aiohttp.FormData):
            data = orjson.dumps(data)
        async with self.client.post(URL(self.url + path, encoded=True), data=data, **options) as answer:
            body = await answer.read()
            return answer.status, orjson.loads(body) if body else None

    async def metrics(self, **options: Any) -> str:
        async with self.client.get(self.url + "/metrics", **options) as answer:
            assert answer.status == 200
            return await answer.text()


class Serve(Protocol):
    """Serves a gateway with settings of its own."""

    async def __call__(self, **settings: Any) -> Served: ...


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(**given: Any) -> Served:
            settings = load_settings(data_dir=str(tmp_path), pseudonym_key=KEY, **given)
            clock, moments = FixedClock(NOW), [0.0]
            confirmed: list[str] = []

            async def confirm(url: str) -> None:
                confirmed.append(url)

            gateway = Gateway(
                settings,
                clock,
                intake=Intake(settings, clock),
                meters=Meters(),
                mappings=mappings_of(settings),
                monotonic=lambda: moments[0],
                confirm=confirm,
            )
            assemblies = list(gateway.assemblies.values())
            broker = Broker(settings, assemblies=assemblies)
            gateway.line = broker
            runner = runner_of(gateway)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            site = Site(runner, gateway.connections, "127.0.0.1", 0)
            await site.start()
            client = await stack.enter_async_context(aiohttp.ClientSession())
            return Served(f"http://127.0.0.1:{runner.addresses[0][1]}", broker, client, gateway, moments, confirmed)

        yield start
