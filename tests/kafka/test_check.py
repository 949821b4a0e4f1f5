"""The check of a floor: what is right is ok, what is wrong fails, and each says what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from stream.check.kafka import check_kafka, expected_topics
from stream.cli import main
from stream.clock import FixedClock, SystemClock
from stream.configuration import load_settings
from stream.kafka.control_topic import check_fingerprint
from stream.kafka.create_topics import create_missing
from stream.kafka.topics import topics
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker
    from stream.finding import Finding
    from stream.settings.model import Settings
    from tests.conftest import CreateTopics

pytestmark = pytest.mark.kafka
KEY = "a key of the tests, of no floor"


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path) -> Settings:
    return load_settings(broker=broker.bootstrap, app_id=app_id, data_dir=str(tmp_path), pseudonym_key=KEY)


async def test_a_floor_that_is_set_up_is_ok(settings: Settings) -> None:
    await create_missing(settings.broker, expected_topics(settings), 1)
    await check_fingerprint(settings.broker, topics(settings), "0" * 16)
    found = _by_what(await check_kafka(settings, SystemClock()))
    assert found["broker"].state == found["topics"].state == found["clock"].state == "ok", found


async def test_another_key_than_the_floors_fails_and_is_not_shown(settings: Settings) -> None:
    await create_missing(settings.broker, expected_topics(settings), 1)
    await check_fingerprint(settings.broker, topics(settings), "0" * 16)
    found = _by_what(await check_kafka(settings, SystemClock()))["pseudonym key"]
    assert found.state == "fail"
    assert "0" * 16 in found.message
    assert KEY not in str(found)


async def test_a_floor_without_topics_is_told_to_start_its_worker(settings: Settings) -> None:
    found = _by_what(await check_kafka(settings, SystemClock()))
    assert found["topics"].state == found["clock"].state == "warn"
    assert "ringboard worker" in found["topics"].todo


async def test_a_topic_with_other_partitions_or_its_events_own_time_fails(
    settings: Settings, create_topics: CreateTopics
) -> None:
    names = topics(settings)
    await create_topics(names.events.name, partitions=3, config={"message.timestamp.type": "CreateTime"})
    found = [one for one in await check_kafka(settings, SystemClock()) if one.what == f"topic {names.events.name}"]
    assert [one.state for one in found] == ["fail", "fail"]
    assert "RINGBOARD_PARTITIONS to 3" in found[0].todo
    assert "message.timestamp.type=LogAppendTime" in found[1].todo


async def test_a_clock_that_is_minutes_off_fails(settings: Settings) -> None:
    await create_missing(settings.broker, expected_topics(settings), 1)
    clock = FixedClock(SystemClock().now_ms() - 300_000)
    found = _by_what(await check_kafka(settings, clock))["clock"]
    assert found.state == "fail"
    assert "behind the broker's" in found.message


def test_the_command_ends_with_1_and_says_what_to_do_where_no_broker_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, closed_port: int
) -> None:
    monkeypatch.setenv("RINGBOARD_BROKER", f"127.0.0.1:{closed_port}")
    monkeypatch.setenv("RINGBOARD_WEB_PORT", str(closed_port))
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(main, ["check", "--json"])
    told: Any = json.loads(result.output)
    assert result.exit_code == 1
    assert told["ok"] is False
    assert [(one["what"], one["state"]) for one in told["checks"]] == [
        ("configuration", "ok"),
        ("broker", "fail"),
        ("worker", "warn"),
    ]


def test_a_wrong_setting_is_the_only_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_WEB_PORT", "many")
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 1
    assert result.output.startswith("fail  configuration: RINGBOARD_WEB_PORT")
    assert len(result.output.splitlines()) == 1


@pytest.fixture
def closed_port() -> int:
    return free_port()


def _by_what(found: list[Finding]) -> dict[str, Finding]:
    return {one.what: one for one in found}
