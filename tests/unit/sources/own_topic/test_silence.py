"""A topic that is silent and a broker that is gone look the same to a client: the source finds out which it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.errors import KafkaConnectionError

from stream.configuration import load_settings
from stream.kafka import group_reader
from stream.sources.live_source import LostError
from stream.sources.own_topic.live import KafkaTopic
from stream.web.source_metrics import SourceMetrics

if TYPE_CHECKING:
    from pathlib import Path


class Silent:
    """A consumer that hears nothing, of brokers that are gone after the first look at the topics."""

    def __init__(self, **_options: Any) -> None:
        self.looks = 0
        self.polls = 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def subscribe(self, _topics: list[str]) -> None: ...

    async def topics(self) -> set[str]:
        self.looks += 1
        if self.looks > 2:
            raise KafkaConnectionError
        return {"crm"}

    async def getmany(self, **_options: Any) -> dict[Any, Any]:
        self.polls += 1
        return {}


class Listening:
    def __init__(self) -> None:
        self.metrics = SourceMetrics("kafka")
        self.was_connected = 0

    def connected(self) -> None:
        self.was_connected += 1


async def test_after_silence_it_is_seen_whether_anyone_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Silent()
    monkeypatch.setattr(group_reader, "AIOKafkaConsumer", lambda **_options: silent)
    listening = Listening()
    with pytest.raises(LostError, match="KafkaConnectionError"):
        await KafkaTopic(load_settings(data_dir=tmp_path), "crm").listen(listening)  # type: ignore[arg-type]
    assert listening.was_connected == 1
    assert silent.polls == 40
