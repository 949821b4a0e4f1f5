"""The check of a floor: what is right is ok, what is wrong fails, and each says what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from click.testing import CliRunner

from agents.preparation import prepare
from stream.check.kafka import check_kafka, expected_topics
from stream.cli import main
from stream.clock import FixedClock, SystemClock
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.intake.outbox import outbox_to_broker
from stream.journeys.compose import floor_of, groups_of
from stream.journeys.lost import lost_state, made_anew
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import check_fingerprint
from stream.kafka.create_topics import create_missing
from stream.kafka.topics import topics
from stream.privacy.identity import Identity, identity_of
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
    await create_missing(connection_of(settings), expected_topics(settings), 1)
    await check_fingerprint(connection_of(settings), topics(settings), identity_of(settings))
    found = _by_what(await check_kafka(settings, SystemClock()))
    assert found["broker"].state == found["topics"].state == found["clock"].state == "ok", found


@pytest.mark.parametrize("changed", [{"min_talk_s": 20}, {"pseudonym_key": "another key of the tests"}])
async def test_a_setting_that_the_worker_refuses_fails_in_the_workers_words(
    settings: Settings, changed: dict[str, Any]
) -> None:
    groups = groups_of(settings, floor_of(settings), SystemClock())
    await prepare(settings, groups)
    found = _by_what(await check_kafka(settings, SystemClock()))
    assert found["settings of the numbers"].state == "ok", found
    other = settings.model_copy(update={name: type(getattr(settings, name))(new) for name, new in changed.items()})
    with pytest.raises(RingboardError) as refused:
        await prepare(other, groups_of(other, floor_of(other), SystemClock()))
    failed = [one for one in await check_kafka(other, SystemClock()) if one.state == "fail"]
    assert [f"{one.message}; {one.todo}" for one in failed] == [str(refused.value).removeprefix("pseudonym_key: ")]


async def test_a_floor_without_events_is_told_how_they_come(settings: Settings) -> None:
    await create_missing(connection_of(settings), expected_topics(settings), 1)
    found = _by_what(await check_kafka(settings, SystemClock()))["events"]
    assert (found.state, found.message) == ("warn", "none has come yet")
    for command in ("ringboard connect", "ringboard replay", "ringboard simulate"):
        assert f"`{command}" in found.todo
    async with outbox_to_broker(settings, SystemClock()) as outbox:
        outbox.put({"id": "r1", "type": "rep.state", "at": 1_704_446_060_000, "rep": "r", "state": "paused"}, "test", 1)
        await outbox.flush()
    assert "events" not in _by_what(await check_kafka(settings, SystemClock()))


async def test_state_that_is_not_of_these_topics_fails_in_the_workers_words(settings: Settings) -> None:
    names = topics(settings)
    await create_missing(connection_of(settings), expected_topics(settings), 1)
    assert "state" not in _by_what(await check_kafka(settings, SystemClock()))
    await _commit(settings, names.spend.name, 5)
    found = _by_what(await check_kafka(settings, SystemClock()))["state"]
    changelog = f"{settings.app_id}-spend-changelog"
    assert f"{found.message}; {found.todo}" == lost_state([changelog], 0)
    async with AIOKafkaProducer(bootstrap_servers=settings.broker) as producer:
        await producer.send_and_wait(changelog, b"{}", key=b"k", partition=0)
    found = _by_what(await check_kafka(settings, SystemClock()))["state"]
    assert f"{found.message}; {found.todo}" == made_anew(names.spend.name, 0, 0, 5)
    await _commit(settings, names.spend.name, 0)
    assert _by_what(await check_kafka(settings, SystemClock()))["state"].state == "ok"


async def test_another_key_than_the_floors_fails_and_is_not_shown(settings: Settings) -> None:
    await create_missing(connection_of(settings), expected_topics(settings), 1)
    theirs = Identity(b"a key of another floor of the tests", "FR")
    await check_fingerprint(connection_of(settings), topics(settings), theirs)
    found = _by_what(await check_kafka(settings, SystemClock()))["pseudonym key"]
    assert found.state == "fail"
    assert theirs.fingerprint() in found.message
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
    assert [one.state for one in found] == ["fail", "fail", "warn", "warn"]
    assert "RINGBOARD_PARTITIONS to 3" in found[0].todo
    assert "message.timestamp.type=LogAppendTime" in found[1].todo
    assert [one.message.split()[0] for one in found[2:]] == ["retention.ms", "max.message.bytes"]


async def test_a_clock_that_is_minutes_off_fails(settings: Settings) -> None:
    await create_missing(connection_of(settings), expected_topics(settings), 1)
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
        ("files", "ok"),
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


async def _commit(settings: Settings, topic: str, offset: int) -> None:
    place = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.broker, group_id=settings.app_id, enable_auto_commit=False)
    consumer.assign([place])
    async with consumer:
        await consumer.commit({place: offset})


def _by_what(found: list[Finding]) -> dict[str, Finding]:
    return {one.what: one for one in found}
