"""Whatever lives long and sends events finds out that its key is not the floor's, before it sends one."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.connect.serving import Service
from stream.errors import RingboardError
from stream.gateway.running import Running
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import check_fingerprint
from stream.kafka.create_topics import create_missing
from stream.kafka.topics import topics
from stream.privacy.identity import Identity
from tests.kafka.test_replay import read
from tests.kafka.worker_process import DEADLINE_S, KEY
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings
    from stream.sources.live_source import Listener

pytestmark = pytest.mark.kafka


THEIRS = Identity(b"a key of another floor of the tests", "FR")


class Source:
    """A source that has something to tell at once."""

    name = "test"

    async def listen(self, listener: Listener) -> None:
        listener.connected()
        at = SystemClock().now_ms()
        await listener.send({"id": "e1", "type": "lead.requested", "at": at, "lead": "L1", "campaign": "Spring"})
        await asyncio.Event().wait()


@pytest.fixture
async def settings(broker: Broker, app_id: str, tmp_path: Path) -> Settings:
    settings = load_settings(
        broker=broker.bootstrap,
        app_id=app_id,
        data_dir=str(tmp_path),
        pseudonym_key=KEY,
        gateway_port=free_port(),
        connect_port=0,
    )
    names = topics(settings)
    await create_missing(connection_of(settings), names, 1)
    await check_fingerprint(connection_of(settings), names, THEIRS)
    return settings


@pytest.mark.parametrize("kind", ["gateway", "connect"])
async def test_under_another_key_than_the_floors_nothing_is_sent(
    settings: Settings, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "stream")
    clock = SystemClock()
    run = Running(settings, clock).run if kind == "gateway" else Service(Source(), settings, clock).run
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(
            RingboardError, match=r"pseudonym_key: this one has the fingerprint .* under " + THEIRS.fingerprint()
        ):
            await run(asyncio.Event())
    for topic in (topics(settings).events, topics(settings).rejected):
        assert await read(settings, topic) == []
    assert KEY not in caplog.text
