"""The wallboard of a real worker on a real broker: what goes in by Kafka is on the wall, also after a `kill -9`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from stream.clock import SystemClock
from stream.settings.model import Settings
from tests.kafka.test_pages import tell, worker
from tests.kafka.worker_process import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stream.broker import Broker
    from tests.browser.conftest import Wall

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


async def test_what_goes_in_by_kafka_is_on_the_wall_also_after_a_kill(
    broker: Broker, app_id: str, tmp_path: Path, wall: Wall
) -> None:
    settings = Settings(
        broker=broker.bootstrap, app_id=app_id, partitions=2, pseudonym_key=SecretStr(KEY), data_dir=tmp_path
    )

    async def seen(true: Callable[[], Any]) -> None:
        await asyncio.to_thread(wall.until, true)

    def call(number: int, talk_s: int) -> dict[str, Any]:
        now = SystemClock().now_ms()
        return {
            "id": f"c{number}",
            "type": "call.ended",
            "at": now,
            "placed_at": now,
            "call": f"C{number}",
            "lead": "L1",
            "direction": "outbound",
            "talk_s": talk_s,
            "campaign": "Spring",
        }

    request = {"type": "lead.requested", "at": SystemClock().now_ms(), "lead": "L1", "campaign": "Spring"}
    await tell(settings, [{"id": "r1", **request}])
    async with worker(settings) as one:
        await one.settled()
        await asyncio.to_thread(wall.open, one.url + "/?window=7d")
        await seen(lambda: wall.all('#leads [data-lead="L1"]'))
        await tell(settings, [call(1, 40)])
        await seen(lambda: wall.value("contact_rate") == "100%" and not wall.all("#leads .lead"))
        await tell(settings, [call(2, 0)])
        await seen(lambda: wall.value("contact_rate") == "50.0%")
        one.process.kill()
        await one.process.wait()
        await seen(lambda: "Ringboard cannot be reached" in wall.text("#link"))
        async with worker(settings, one.port) as again:
            await again.settled()
            await tell(settings, [call(3, 0)])
            await seen(lambda: wall.value("contact_rate") == "33.3%" and wall.text("#state") == "Live")
            await seen(lambda: not wall.one("#link").is_displayed())
