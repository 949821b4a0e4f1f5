"""What is on the control topic counts if it is signed with the floor's key, whoever else may write there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from stream.errors import RingboardError
from stream.kafka.connection import Connection, connection_of
from stream.kafka.control_topic import FINGERPRINT, Control, check_fingerprint, known_fingerprint
from stream.kafka.create_topics import create_missing
from stream.kafka.topics import topics
from stream.privacy.identity import Identity
from stream.settings.model import Settings
from tests.kafka.worker_process import KEY

if TYPE_CHECKING:
    from stream.broker import Broker
    from tests.conftest import CreateTopics

pytestmark = pytest.mark.kafka
ONE, TWO, THREE = (Identity(f"the key {name} of the tests".encode(), "FR") for name in ("one", "two", "three"))


@pytest.fixture
def settings(broker: Broker, app_id: str) -> Settings:
    return Settings(broker=broker.bootstrap, app_id=app_id, pseudonym_key=SecretStr(KEY))


async def test_the_first_process_says_which_key_the_floor_has(settings: Settings) -> None:
    names = topics(settings)
    await create_missing(connection_of(settings), names, 1)
    await check_fingerprint(connection_of(settings), names, ONE)
    await check_fingerprint(connection_of(settings), names, ONE)
    with pytest.raises(RingboardError, match=f"fingerprint {TWO.fingerprint()}, .* under {ONE.fingerprint()}"):
        await check_fingerprint(connection_of(settings), names, TWO)
    control = Control(connection_of(settings), names.control.name, ONE)
    assert await control.read_all() == {FINGERPRINT: ONE.fingerprint().encode()}


async def test_of_two_that_come_at_once_one_stands(settings: Settings) -> None:
    names = topics(settings)
    await create_missing(connection_of(settings), names, 1)
    came = await asyncio.gather(
        *(check_fingerprint(connection_of(settings), names, own) for own in (ONE, TWO, THREE)), return_exceptions=True
    )
    assert sum(outcome is None for outcome in came) == 1
    (standing,) = (own for own, outcome in zip((ONE, TWO, THREE), came, strict=True) if outcome is None)
    latest = await Control(connection_of(settings), names.control.name, standing).read_all()
    assert latest == {FINGERPRINT: standing.fingerprint().encode()}
    assert await known_fingerprint(connection_of(settings), names.control.name) == standing.fingerprint()


async def test_a_fingerprint_that_a_stranger_writes_or_deletes_changes_nothing(settings: Settings) -> None:
    names = topics(settings)
    await create_missing(connection_of(settings), names, 1)
    await check_fingerprint(connection_of(settings), names, ONE)
    for value in (b"0" * 16, None, b"\xff\n" * 50_000):
        await write_as_a_stranger(settings.broker, names.control.name, FINGERPRINT, value)
        await check_fingerprint(connection_of(settings), names, ONE)
    control = Control(connection_of(settings), names.control.name, ONE)
    records = await control.anybodys(FINGERPRINT)
    assert [control.is_ours(record) for record in records] == [True, False, True, False, True]  # the last outlives all
    with pytest.raises(RingboardError, match=ONE.fingerprint()):
        await check_fingerprint(connection_of(settings), names, TWO)


async def test_a_forged_fingerprint_in_an_empty_topic_stops_everyone_in_one_line_without_its_content(
    settings: Settings,
) -> None:
    names = topics(settings)
    await create_missing(connection_of(settings), names, 1)
    await write_as_a_stranger(settings.broker, names.control.name, FINGERPRINT, b"call \x1b[31m now\n")
    with pytest.raises(RingboardError, match="under what is no fingerprint; set RINGBOARD_PSEUDONYM_KEY") as error:
        await check_fingerprint(connection_of(settings), names, ONE)
    assert "call" not in str(error.value)


async def test_a_forged_fingerprint_stops_nobody_where_a_worker_has_signed_anything(settings: Settings) -> None:
    """As after the topic's compaction, which keeps only the latest record of a key."""
    names = topics(settings)
    await create_missing(connection_of(settings), names, 1)
    await write_as_a_stranger(settings.broker, names.control.name, FINGERPRINT, b"0" * 16)
    await Control(connection_of(settings), names.control.name, ONE).write("stamp", b"{}")
    await check_fingerprint(connection_of(settings), names, ONE)
    with pytest.raises(RingboardError, match="under 0000"):
        await check_fingerprint(connection_of(settings), names, TWO)


async def write_as_a_stranger(bootstrap: str, topic: str, key: str, value: bytes | None) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key=key.encode(), partition=0)
    finally:
        await producer.stop()


async def test_what_is_written_to_the_control_topic_is_read_back_until_it_is_deleted(
    broker: Broker, app_id: str, create_topics: CreateTopics
) -> None:
    await create_topics(app_id)
    control = Control(Connection(broker.bootstrap), app_id, ONE)
    for key, value in (("a", b"1"), ("b", b"2"), ("a", b"3"), ("b", None)):
        await control.write(key, value)
    assert await control.read_all() == {"a": b"3"}
    assert await control.first("a") == b"1"
    for stranger in ("a", "c"):
        await write_as_a_stranger(broker.bootstrap, app_id, stranger, None)
        await write_as_a_stranger(broker.bootstrap, app_id, stranger, b"4")
        await Control(Connection(broker.bootstrap), app_id, TWO).write(stranger, b"5")
    assert await control.read_all() == {"a": b"3"}
    assert await control.first("a") == b"1"


async def test_a_control_topic_that_is_not_there_is_told_in_one_line(broker: Broker, app_id: str) -> None:
    with pytest.raises(RingboardError, match="not there; `ringboard worker` creates it"):
        await Control(Connection(broker.bootstrap), app_id, ONE).read_all()
