"""A year of history replayed to a live floor: what happens now is shown before it is through, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from click.testing import CliRunner
from pydantic import SecretStr

from stream.cli import main
from stream.clock import SystemClock
from stream.intake.outbox import outbox_to_broker
from stream.kafka.topics import topics
from stream.settings.model import Settings
from tests.kafka.test_pages import agree, same_floor, worker
from tests.kafka.worker_process import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

DAY = 86_400_000
HISTORY = 60_000


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path) -> Settings:
    return Settings(
        broker=broker.bootstrap, app_id=app_id, partitions=3, pseudonym_key=SecretStr(KEY), data_dir=tmp_path
    )


def a_year(now: int) -> list[dict[str, Any]]:
    events = []
    for number in range(HISTORY):
        at = now - 360 * DAY + number * 355 * DAY // HISTORY
        lead = {"lead": f"L{number // 2}", "campaign": f"c{number % 5}"}
        if number % 2:
            call = {"type": "call.ended", "direction": "outbound", "call": f"C{number}", "placed_at": at}
            events.append({"id": f"h{number}", "at": at, "talk_s": number % 60, **call, **lead})
        else:
            events.append({"id": f"h{number}", "at": at, "type": "lead.requested", **lead})
    return events


async def test_a_live_event_is_shown_while_history_is_still_being_folded(settings: Settings) -> None:
    history = a_year(SystemClock().now_ms())
    async with worker(settings) as one:
        await one.settled()
        async with outbox_to_broker(settings, history=True) as outbox:
            for line, event in enumerate(history):
                outbox.put(event, "test", line)
            await outbox.flush()
        live = []
        seen_while_behind = 0
        for number in range(10):
            now = SystemClock().now_ms()
            live.append(
                {"id": f"n{number}", "type": "lead.requested", "at": now, "lead": f"N{number}", "campaign": "now"}
            )
            async with outbox_to_broker(settings) as outbox:
                outbox.put(live[-1], "test", number)
                await outbox.flush()
            told = await one.wait_for(
                "/api/v1/kpis?window=5m&campaign=now",
                lambda told: told["kpis"]["leads_requested"]["value"] == len(live),
            )
            seen_while_behind += told["behind"] > 0
        assert seen_while_behind > 0
        memory = same_floor(settings, history + live)
        for window in ("5m", "today", "7d", "30d"):
            agree(await one.settled(window), memory)
        one.process.kill()
        await one.process.wait()
    async with worker(settings) as again:
        for window in ("5m", "30d"):
            agree(await again.settled(window), memory)


def test_the_command_sends_history_beside_the_live_events(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("BROKER", settings.broker), ("APP_ID", settings.app_id), ("PARTITIONS", "3")):
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    path = tmp_path / "year.ndjson"
    spend = {"id": "s", "type": "spend.recorded", "at": 1_767_600_000_000, "campaign": "c", "amount": "1.00"}
    spend |= {"currency": "EUR", "from": 1_767_600_000_000, "to": 1_767_600_060_000}
    state = {"id": "a", "type": "rep.state", "at": 1_767_600_000_000, "rep": "ada", "state": "available"}
    path.write_text("".join(json.dumps(event) + "\n" for event in [*a_year(1_767_600_000_000)[:20], spend, state]))
    result = CliRunner().invoke(main, ["replay", "--history", str(path), "--json"])
    assert result.exit_code == 0, result.output
    names = topics(settings)
    counts = {topic.name: _ends(settings, topic.name, topic.partitions) for topic in names}
    assert counts[names.events_history.name] == 20
    assert counts[names.floor_history.name] == 1
    assert counts[names.spend.name] == 1
    assert counts[names.events.name] == counts[names.floor.name] == 0


def _ends(settings: Settings, topic: str, partitions: int) -> int:
    async def ask() -> int:
        consumer = AIOKafkaConsumer(bootstrap_servers=settings.broker)
        await consumer.start()
        try:
            return sum((await consumer.end_offsets([TopicPartition(topic, p) for p in range(partitions)])).values())
        finally:
            await consumer.stop()

    return asyncio.run(ask())
