"""A topic of the user's own is read to its end, once: through a kill, poison, and a broker that is slow to take it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.kafka.topics import topics
from stream.sources.live_source import LostError
from stream.sources.own_topic.live import KafkaTopic, check, group_of, source_of
from stream.sources.own_topic.settings import ConnectKafkaSettings
from stream.web.source_metrics import SourceMetrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from pathlib import Path

    from stream.broker import Broker
    from stream.events.refusal import Refused
    from stream.settings.model import Settings
    from tests.conftest import CreateTopics

pytestmark = pytest.mark.kafka

DEADLINE_S = 60
PARTITIONS = 3
AT = 1_767_600_000_000
MAPPING = """
name = "shop"
[[events]]
type = "lead.requested"
when = { kind = "form" }
at = { from = "when", time = "epoch" }
lead = "{lead.id}"
number = "{lead.phone}"
campaign = "Spring"
[[events]]
type = "lead.consent"
when = { kind = "form", "lead.consent" = { present = true } }
at = { from = "when", time = "epoch" }
lead = "{lead.id}"
granted = "{lead.consent}"
"""


def form(number: int) -> bytes:
    lead = {"id": number, "phone": "06 39 98 00 01", "consent": True}
    return orjson.dumps({"kind": "form", "when": AT // 1000 + number, "lead": lead})


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    mapping = tmp_path / "shop.toml"
    mapping.write_text(MAPPING)
    values = {
        "BROKER": broker.bootstrap,
        "APP_ID": app_id,
        "DATA_DIR": str(tmp_path / "data"),
        "CONNECT_PORT": "0",
        "CONNECT_KAFKA_TOPIC": f"{app_id}-shop",
        "CONNECT_KAFKA_MAPPING": str(mapping),
    }
    for name, value in values.items():
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    return load_settings()


@pytest.fixture
async def shop(settings: Settings, create_topics: CreateTopics) -> str:
    topic = settings.group(ConnectKafkaSettings).connect_kafka_topic
    assert topic is not None
    await create_topics(topic, partitions=PARTITIONS)
    return topic


async def produce(settings: Settings, topic: str, values: Sequence[bytes | None]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker)
    await producer.start()
    try:
        for number, value in enumerate(values):
            await producer.send(topic, value, key=b"k%d" % number, partition=number % PARTITIONS)
    finally:
        await producer.stop()


@asynccontextmanager
async def reader(settings: Settings, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker, group_id=group_of(settings, topic), enable_auto_commit=False
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def committed(settings: Settings, topic: str) -> list[int | None]:
    async with reader(settings, topic) as consumer:
        return [await consumer.committed(TopicPartition(topic, number)) for number in range(PARTITIONS)]


async def contents(settings: Settings, topic: str, partitions: int) -> list[dict[str, Any]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.broker, enable_auto_commit=False)
    await consumer.start()
    try:
        if topic not in await consumer.topics():
            return []
        places = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[dict[str, Any]] = []
        for place in places:
            while await consumer.position(place) < ends[place]:
                records = (await consumer.getmany(place, timeout_ms=200)).get(place, ())
                found += [orjson.loads(record.value or b"null") for record in records]
        return found
    finally:
        await consumer.stop()


async def told(settings: Settings) -> list[dict[str, Any]]:
    names = topics(settings)
    return await contents(settings, names.events.name, names.events.partitions)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await condition():  # noqa: ASYNC110 - the broker says nothing by itself
            await asyncio.sleep(0.1)


@contextmanager
def connecting() -> Iterator[subprocess.Popen[bytes]]:
    """Run `ringboard connect kafka` in a process of its own."""
    command = [sys.executable, "-c", "from stream.cli import main; main()", "connect", "kafka"]
    with subprocess.Popen(command, env=os.environ.copy(), stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


async def test_killed_in_between_it_reads_on_and_every_record_counts_once(settings: Settings, shop: str) -> None:
    poison = [b"{broken", None, b'{"kind": "other"}', b'{"kind": "form", "when": "soon", "lead": {"id": "x"}}']
    await produce(settings, shop, [form(number) for number in range(1500)])
    with connecting() as process:

        async def some() -> bool:
            return bool(await told(settings))

        await until(some)
        process.send_signal(signal.SIGKILL)
        process.wait()
    await produce(settings, shop, [*poison, *(form(number) for number in range(1500, 3000 - len(poison)))])
    ends = [1000] * PARTITIONS
    with connecting() as process:

        async def all_read() -> bool:
            return await committed(settings, shop) == ends

        await until(all_read)
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
    events = await told(settings)
    by_id: dict[str, set[bytes]] = {}
    for event in events:
        by_id.setdefault(event["id"], set()).add(orjson.dumps(event))
    assert all(len(contents) == 1 for contents in by_id.values()), "an id stands for two contents"
    leads = Counter(orjson.loads(next(iter(one)))["lead"] for one in by_id.values())
    assert leads == {str(number): 2 for number in range(3000 - len(poison))}
    assert b"39980001" not in orjson.dumps(events)
    rejected = await contents(settings, topics(settings).rejected.name, 1)
    assert {(one["reason"], one["source"]) for one in rejected} == {
        ("malformed_json", "kafka"),
        ("wrong_type", "kafka"),
    }


class Slow:
    """A listener whose broker acknowledges nothing before `open` is set."""

    def __init__(self) -> None:
        self.metrics = SourceMetrics("kafka")
        self.open = asyncio.Event()
        self.events: list[Any] = []
        self.refused: list[str] = []
        self.asked = asyncio.Event()

    def connected(self) -> None: ...

    def heard(self) -> None: ...

    async def send(self, event: Any, original: bytes | None = None) -> None:  # noqa: ARG002
        self.events.append(event)

    async def refuse(self, refused: Refused, data: bytes) -> None:  # noqa: ARG002
        self.refused.append(refused.reason)

    async def flush(self) -> None:
        self.asked.set()
        await self.open.wait()


async def test_nothing_is_committed_before_our_broker_has_it(settings: Settings, shop: str) -> None:
    await produce(settings, shop, [form(0), form(1), form(2)])
    slow = Slow()
    listening = asyncio.create_task(KafkaTopic(settings, shop).listen(slow))
    try:
        async with asyncio.timeout(DEADLINE_S):
            await slow.asked.wait()
        assert await committed(settings, shop) == [None] * PARTITIONS
        slow.open.set()

        async def all_read() -> bool:
            return await committed(settings, shop) == [1] * PARTITIONS

        await until(all_read)
    finally:
        listening.cancel()
    assert {event["id"] for event in slow.events} >= {
        f"shop:lead.requested:{shop}-0-0", f"shop:lead.consent:{shop}-2-0",
    }  # fmt: skip


async def test_without_a_mapping_records_are_ringboards_own_events(settings: Settings, shop: str) -> None:
    own = settings.model_copy(update={"connect_kafka_mapping": None})
    await produce(settings, shop, [b'{"id": "a"}'])
    slow = Slow()
    listening = asyncio.create_task(KafkaTopic(own, shop).listen(slow))
    try:
        async with asyncio.timeout(DEADLINE_S):
            await slow.asked.wait()
    finally:
        listening.cancel()
    assert slow.events == [b'{"id": "a"}']


async def test_a_topic_that_is_not_there_is_told_and_never_made(settings: Settings) -> None:
    source = source_of(settings, SystemClock())
    with pytest.raises(LostError, match="there is no topic") as caught:
        await source.listen(Slow())
    assert caught.value.hopeless
    (finding,) = await check(settings, SystemClock())
    assert (finding.state, finding.todo) == ("fail", "create it, or correct connect_kafka_topic")


async def test_the_check_says_how_far_the_topic_was_read_and_what_was_deleted_unread(
    settings: Settings, shop: str
) -> None:
    await produce(settings, shop, [form(number) for number in range(6)])
    (finding,) = await check(settings, SystemClock())
    assert (finding.state, finding.message) == ("warn", "3 partitions, none read yet")
    async with reader(settings, shop) as consumer:
        places = [TopicPartition(shop, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.commit({places[0]: 2, places[1]: 1})
    (finding,) = await check(settings, SystemClock())
    assert (finding.state, finding.message) == ("ok", "3 partitions, 3 records not read yet")
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    await admin.start()
    await admin.delete_records({places[1]: RecordsToDelete(before_offset=2)})
    await admin.close()
    (finding,) = await check(settings, SystemClock())
    assert (finding.state, finding.message) == ("fail", "1 records were deleted before they were read")


async def test_no_broker_and_no_topic_are_told_in_one_line(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"connect_kafka_broker": "127.0.0.1:1"})
    with pytest.raises(LostError, match=r"no broker of the topic answers at 127\.0\.0\.1:1"):
        await KafkaTopic(nowhere, "shop").listen(Slow())
    (finding,) = await check(nowhere, SystemClock())
    assert finding.state == "fail"
    none = settings.model_copy(update={"connect_kafka_topic": None})
    assert await check(none, SystemClock()) == []
    with pytest.raises(RingboardError, match="connect_kafka_topic: not set"):
        source_of(none, SystemClock())
