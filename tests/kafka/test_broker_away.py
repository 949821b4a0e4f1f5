"""Worker and gateway say once that the broker is away, and once that it is back; no library drowns it."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stream.broker import Broker
from tests.kafka.worker_process import DEADLINE_S, KEY, WorkerProcess
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RINGBOARD = str(Path(sys.executable).with_name("ringboard"))
MOST_LINES = 20
"""Of a process that has started, lost its broker and found it again; a library alone would log as many in a second."""


async def said(processes: Sequence[WorkerProcess], words: str, path: str) -> None:
    """Wait until each has logged `words`; meanwhile ask for its health, as whatever watches it does."""
    async with asyncio.timeout(DEADLINE_S):
        while not all(words in one.log.read_text() for one in processes):
            for one in processes:
                await one.read(path)
            await asyncio.sleep(0.2)


async def test_that_the_broker_is_away_and_back_is_a_line_each(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "kafka", free_port())
    port = free_port()
    settings = {
        "RINGBOARD_BROKER": broker.bootstrap,
        "RINGBOARD_DATA_DIR": str(tmp_path / "data"),
        "RINGBOARD_PSEUDONYM_KEY": KEY,
        "RINGBOARD_LOG_FORMAT": "json",
        "RINGBOARD_GATEWAY_PORT": str(port),
    }
    await asyncio.to_thread(broker.start)
    worker = await WorkerProcess.start([RINGBOARD, "worker"], free_port(), tmp_path / "worker.log", settings)
    gateway = await WorkerProcess.start([RINGBOARD, "gateway"], port, tmp_path / "gateway.log", settings)
    both = (worker, gateway)
    try:
        await worker.wait_for("/readyz", lambda told: told.get("ready"))
        await gateway.wait_for("/readyz", lambda told: told.get("ready"))
        for one in both:
            one.log.write_text("")  # a busy machine may have had it away before
        await asyncio.to_thread(broker.stop)
        await said(both, '"state": "away"', "/readyz")
        await asyncio.to_thread(broker.start)
        await said(both, '"state": "back"', "/readyz")
        assert [await one.stop() for one in both] == [0, 0]
    finally:
        for one in both:
            await one.end()
        await asyncio.to_thread(broker.stop)
    for one in both:
        lines = [json.loads(line.replace("\0", "")) for line in one.log.read_text().splitlines()]
        assert len(lines) < MOST_LINES
        messages = [line["message"] for line in lines]
        assert any(message.startswith("the broker is away: ") for message in messages)
        assert any(re.match(r"the broker is back after [\d.]+ (s|min)", message) for message in messages)
        assert not any("aiokafka" in line["logger"] for line in lines)
