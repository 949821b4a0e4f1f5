"""Cloud telephone systems by their ready mappings, through gateways as processes and a real broker; 3CX's file too."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest

from stream.kafka.topics import topics
from tests.kafka.test_gateway import gateway, settings_of
from tests.kafka.test_replay import read
from tests.kafka.worker_process import KEY
from tests.shared_data import OWN
from tests.unit.sources.aircall import test_webhook as aircall
from tests.unit.sources.genesys import test_mapping as genesys
from tests.unit.sources.ringcentral import test_mapping as ringcentral
from tests.unit.sources.ringover import test_mapping as ringover

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = pytest.mark.kafka
SOURCES = {
    "air": {"mapping": "aircall", "key": aircall.TOKEN},
    "ringover": {"mapping": "ringover", "key": ringover.KEY},
    "ringcentral": {"mapping": "ringcentral", "key": ringcentral.KEY},
    "genesys": {"mapping": "genesys", "key": genesys.KEY},
}
POSTS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    *(("air", one, {}) for one in aircall.three()),
    *(("ringover", one, ringover.signed(one)) for one in (ringover.call(), ringover.call("missed", 1, **ringover.IN))),
    *(("ringcentral", one, ringcentral.HEAD) for one in (*ringcentral.outbound(), *ringcentral.inbound())),
    *(("genesys", one, genesys.HEAD) for one in (*genesys.outbound(), *genesys.inbound(2), *genesys.given_up(3))),
]


async def replayed(settings: Settings, file: Path) -> int | None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGBOARD_")} | {
        "RINGBOARD_BROKER": settings.broker,
        "RINGBOARD_APP_ID": settings.app_id,
        "RINGBOARD_DATA_DIR": str(settings.data_dir),
        "RINGBOARD_PSEUDONYM_KEY": KEY,
    }
    program = [sys.executable, "-c", "from stream.cli import main; main()", "replay", str(file)]
    process = await asyncio.create_subprocess_exec(*program, env=environment)
    return await process.wait()


async def last_of_each_call(settings: Settings) -> dict[tuple[str, str], dict[str, Any]]:
    """Return, by source and call, what stands of it: the latest, as a worker takes it."""
    ended = [one for _, _, one in await read(settings, topics(settings).events) if one["type"] == "call.ended"]
    return {(one["source"], one["call"]): one for one in sorted(ended, key=lambda one: (one["at"], one["id"]))}


async def test_each_posts_its_calls_to_any_of_two_gateways_and_each_call_is_there_once_and_right(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    settings, other = (settings_of(broker.bootstrap, app_id, tmp_path) for _ in range(2))
    more = {"RINGBOARD_GATEWAY_SOURCES": orjson.dumps(SOURCES).decode()}
    async with gateway(settings, more), gateway(other, more), aiohttp.ClientSession() as web:
        for number, (source, payload, headers) in enumerate([*POSTS, *POSTS]):
            port = (settings, other)[number % 2].gateway_port
            url = f"http://127.0.0.1:{port}/v1/sources/{source}"
            async with web.post(url, data=orjson.dumps(payload), headers=headers) as answer:
                assert answer.status == 204, (source, await answer.text())
            async with web.post(
                url, data=orjson.dumps({**payload, "token": "wrong"}), headers={"X-Api-Key": "wrong"}
            ) as no:
                assert no.status in {401, 403}, source
    assert await replayed(settings, OWN / "threecx" / "3cx_cdr.csv") == 0
    calls = await last_of_each_call(settings)
    told = Counter((source, one["direction"]) for (source, _), one in calls.items())
    assert told == {
        ("aircall", "outbound"): 3,
        ("ringover", "outbound"): 1,
        ("ringover", "inbound"): 1,
        ("ringcentral", "outbound"): 1,
        ("ringcentral", "inbound"): 1,
        ("genesys", "outbound"): 1,
        ("genesys", "inbound"): 2,
        ("3cx", "outbound"): 2,
        ("3cx", "inbound"): 2,
    }
    talks = sorted((source, one["talk_s"]) for (source, _), one in calls.items() if one.get("talk_s"))
    assert talks == [
        ("3cx", 65.0), ("3cx", 120.0), ("aircall", 25.0), ("aircall", 60.0), ("genesys", 50.0), ("genesys", 60.0),
        ("ringcentral", 60.0), ("ringcentral", 60.0), ("ringover", 32.0),
    ]  # fmt: skip
    left = {
        (one["source"], one["outcome"])
        for _, _, one in await read(settings, topics(settings).floor)
        if "outcome" in one
    }
    assert left == {("genesys", "answered"), ("genesys", "abandoned"), ("3cx", "answered"), ("3cx", "abandoned")}
