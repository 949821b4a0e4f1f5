"""Calls that a mapping puts together of what is posted, with a real broker: two gateways, kill -9, a part lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest

from stream.clock import SystemClock
from stream.kafka.topics import topics
from tests.kafka.test_gateway import gateway, in_this_process, metrics, ready, settings_of, taken
from tests.kafka.test_replay import read
from tests.kafka.worker_process import DEADLINE_S
from tests.unit.mapping.parts.calls_in_parts import CLOUD
from tests.unit.sources.twilio.test_calls import standing

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = pytest.mark.kafka
SECRET = "the words that the tests share"  # noqa: S105
BEGAN = SystemClock().now_ms() - 3_600_000
NEEDED = CLOUD.replace('when = { event = "rated" }\noptional = true', 'when = { event = "rated" }').replace(
    'type = "call.ended"', 'type = "call.ended"\npatience_s = 1'
)

LACKING = 'calls_lacking_total{part="rated",source="cloud",what="told"} 1.0'


def sources(folder: Path, text: str) -> dict[str, Any]:
    path = folder / "cloud.toml"
    path.write_text(text)
    return {"cloud": {"mapping": str(path), "key": SECRET}}


def record(event: str, second: int, **more: Any) -> dict[str, Any]:
    at = BEGAN + 1000 * second
    return {"event": event, "id": "c1", "at": at, "customer": "+33639980001", "direction": "outbound", **more}


CREATED, ANSWERED, ENDED = record("created", 0), record("answered", 9, user="Ada"), record("hungup", 69)
RATED = record("rated", 90, verdict="interested")


async def post(web: aiohttp.ClientSession, settings: Settings, *records: Any) -> int:
    url = f"http://127.0.0.1:{settings.gateway_port}/v1/sources/cloud"
    async with web.post(url, data=orjson.dumps(records), headers={"X-Api-Key": SECRET}) as answer:
        return answer.status


async def test_a_call_is_whole_whichever_of_two_gateways_is_told_also_after_kill_9(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    given = sources(tmp_path, CLOUD)
    one, other = (settings_of(broker.bootstrap, app_id, tmp_path, gateway_sources=given) for _ in range(2))
    more = {"RINGBOARD_GATEWAY_SOURCES": orjson.dumps(given).decode()}
    async with aiohttp.ClientSession() as web:
        async with gateway(other, more):
            async with gateway(one, more):
                assert await post(web, one, ANSWERED) == 204
                assert await post(web, other, ENDED) == 204
            # It was killed: what it knew is known to the other, and to the one in its place.
            assert await post(web, other, CREATED, ENDED) == 204
        async with gateway(one, more):
            assert await post(web, one, RATED) == 204
            assert await post(web, one, CREATED) == 204
    (call,) = standing(await taken(one)).values()
    assert (call["placed_at"], call["answered_at"], call["at"]) == (BEGAN, BEGAN + 9_000, BEGAN + 69_000)
    assert (call["talk_s"], call["rep"], call["disposition"]) == (60, "Ada", "interested")
    legs = await read(one, topics(one).legs)
    assert len(legs) == 6
    assert "39980001" not in repr(legs)


async def test_a_call_whose_part_is_lost_is_told_of_without_it_also_by_a_gateway_that_starts_later(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    settings = settings_of(broker.bootstrap, app_id, tmp_path, gateway_sources=sources(tmp_path, NEEDED))
    async with aiohttp.ClientSession() as web:
        async with in_this_process(settings):
            await ready(settings)
            assert await post(web, settings, CREATED, ANSWERED, ENDED) == 204
            assert await post(web, settings, record("created", 5, id="c2")) == 204
            async with asyncio.timeout(DEADLINE_S):
                while LACKING not in await metrics(web, settings):  # noqa: ASYNC110  a scrape's way
                    await asyncio.sleep(0.05)
        told = standing(await taken(settings))
        assert list(told) == ["c1"]
        assert "disposition" not in told["c1"]
        async with in_this_process(settings):
            await ready(settings)
            assert await post(web, settings, RATED) == 204
    assert standing(await taken(settings))["c1"]["disposition"] == "interested"
