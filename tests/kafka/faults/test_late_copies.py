"""The late copy of a request, which reaches the broker in the next transaction: what it does, and what stops it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import InvalidProducerEpoch, InvalidTxnState

from agents.engine import writer as writer_module
from agents.engine.counters import EngineCounters
from agents.engine.writer import FencedError, Writer
from stream.errors import RingboardError
from stream.kafka.connection import Connection
from tests.kafka.faults.hooks import Unnoticed
from tests.kafka.faults.proxy import (
    ADD_OFFSETS,
    ADD_PARTITIONS,
    END_TXN,
    INIT_PRODUCER_ID,
    PRODUCE,
    TXN_OFFSET_COMMIT,
    Proxy,
)

if TYPE_CHECKING:
    from stream.broker import Broker
    from tests.conftest import CreateTopics
    from tests.kafka.faults.proxy import Caught, Request

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

KINDS = {
    "write": PRODUCE,
    "commit": END_TXN,
    "added partitions": ADD_PARTITIONS,
    "added offsets": ADD_OFFSETS,
    "offsets": TXN_OFFSET_COMMIT,
}


class DyingError(Exception):
    """The writer ends between the two parts of a transaction."""


class TwoParts(Writer):
    """Writes its first partition, then the rest; it may end between the two as after a kill."""

    dies = False

    async def _write(self, producer: Any, changes: Any, sends: Any, offsets: Any) -> dict[tuple[str, int], int]:
        (place, entries), *rest = changes.items()
        ends = await super()._write(producer, {place: entries}, (), None)
        if self.dies:
            raise DyingError
        return ends | await super()._write(producer, dict(rest), sends, offsets)


class Bench:
    """Three transactions of one writer, each with a record in both partitions of a topic, and with an offset."""

    def __init__(self, broker: Broker, name: str, proxy: Proxy) -> None:
        self.name = name
        self.counters = EngineCounters()
        self.writer = TwoParts(Connection(proxy.bootstrap), name, name, self.counters)
        self._broker = broker
        self._source = TopicPartition(f"{name}-source", 0)

    async def commit(self, number: int) -> None:
        entries = [(b"key", b"%d" % number)]
        changes = {(self.name, 0): entries, (self.name, 1): entries}
        await self.writer.commit(changes, (), {self._source: number})

    async def late_in_the_third(self, proxy: Proxy, key: int, *, after: int = PRODUCE, dies: bool = False) -> Caught:
        """Hold back a request of the second transaction until the third one is half done."""
        await self.writer.start()
        await self.commit(1)
        proxy.catch(lambda request: request.key == key and request.client == self.name, after)
        await self.commit(2)
        self.writer.dies = dies
        if dies:
            with pytest.raises(DyingError):
                await self.commit(3)
        else:
            await self.commit(3)
        late = await proxy.delivered()
        await self.writer.stop()
        await self.take_over()
        return late

    async def take_over(self) -> None:
        """Have what is open aborted, as whoever comes next does."""
        successor = Writer(Connection(self._broker.bootstrap), self.name, self.name, EngineCounters())
        await successor.start()
        await successor.stop()

    async def committed(self) -> list[list[int]]:
        """Return what can be read of each partition."""
        places = [TopicPartition(self.name, partition) for partition in (0, 1)]
        found: dict[TopicPartition, list[int]] = {place: [] for place in places}
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._broker.bootstrap, isolation_level="read_committed", enable_auto_commit=False
        )
        await consumer.start()
        try:
            ends = await consumer.end_offsets(places)
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            while any([await consumer.position(place) < ends[place] for place in places]):
                for place, records in (await consumer.getmany(timeout_ms=100)).items():
                    found[place] += [int(record.value or b"") for record in records]
        finally:
            await consumer.stop()
        return list(found.values())

    async def group_offset(self) -> int:
        """Return the offset of the group."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._broker.bootstrap)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self.name, partitions=[self._source])
        finally:
            await admin.close()
        return int(offsets[self._source].offset)


@pytest.fixture
async def topics_made(app_id: str, create_topics: CreateTopics) -> None:
    await create_topics(app_id, partitions=2)
    await create_topics(f"{app_id}-source")


@pytest.fixture
def in_one_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writers that notice nothing of what was sent twice."""
    monkeypatch.setattr(writer_module, "Unanswered", Unnoticed)


@pytest.mark.parametrize("dies", [True, False], ids=["of a writer that dies", "of one that goes on"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("topics_made")
async def test_a_late_copy_is_refused_as_the_next_transaction_has_a_new_epoch(
    kind: str, dies: bool, broker: Broker, app_id: str
) -> None:
    async with Proxy(broker.port) as proxy:
        bench = Bench(broker, app_id, proxy)
        late = await bench.late_in_the_third(proxy, KINDS[kind], dies=dies)
        assert bench.counters.epochs_renewed == 1
        if KINDS[kind] != PRODUCE:  # it is known by its number, and whether it is refused or not, written once
            assert late.error == InvalidProducerEpoch.errno
        whole = [1, 2] if dies else [1, 2, 3]
        assert await bench.committed() == [whole, whole]
        assert await bench.group_offset() == whole[-1]


@pytest.mark.usefixtures("topics_made", "in_one_epoch")
async def test_in_one_epoch_the_late_copy_of_a_commit_tears_the_next_transaction(broker: Broker, app_id: str) -> None:
    async with Proxy(broker.port) as proxy:
        bench = Bench(broker, app_id, proxy)
        late = await bench.late_in_the_third(proxy, END_TXN, dies=True)
        assert late.error == 0
        assert await bench.committed() == [[1, 2, 3], [1, 2]]


@pytest.mark.usefixtures("topics_made", "in_one_epoch")
async def test_in_one_epoch_late_offsets_set_the_group_back(broker: Broker, app_id: str) -> None:
    async with Proxy(broker.port) as proxy:
        bench = Bench(broker, app_id, proxy)
        late = await bench.late_in_the_third(proxy, TXN_OFFSET_COMMIT, after=TXN_OFFSET_COMMIT)
        assert late.error == 0
        assert await bench.committed() == [[1, 2, 3], [1, 2, 3]]
        async with asyncio.timeout(60):  # the group has its offset some moments after the transaction's end
            while await bench.group_offset() != 2:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("write", None), ("added partitions", 0), ("added offsets", 0), ("offsets", InvalidTxnState.errno)],
)
@pytest.mark.usefixtures("topics_made", "in_one_epoch")
async def test_in_one_epoch_late_copies_of_other_requests_tear_nothing(
    kind: str, error: int | None, broker: Broker, app_id: str
) -> None:
    async with Proxy(broker.port) as proxy:
        bench = Bench(broker, app_id, proxy)
        late = await bench.late_in_the_third(proxy, KINDS[kind], dies=True)
        assert error is None or late.error == error
        assert await bench.committed() == [[1, 2], [1, 2]]
        assert await bench.group_offset() == 2


@pytest.mark.usefixtures("topics_made")
async def test_the_late_copy_of_a_writers_start_fences_it_and_tears_nothing(broker: Broker, app_id: str) -> None:
    async with Proxy(broker.port) as proxy:
        bench = Bench(broker, app_id, proxy)
        proxy.catch(lambda request: request.key == INIT_PRODUCER_ID and request.client == app_id)
        await bench.writer.start()
        await bench.commit(1)
        with pytest.raises(FencedError):
            await bench.commit(2)
        await proxy.delivered()
        await bench.writer.stop()
        await bench.take_over()
        assert await bench.committed() == [[1], [1]]


@pytest.mark.usefixtures("topics_made")
async def test_a_writer_whose_place_was_taken_before_its_new_epoch_writes_nothing(broker: Broker, app_id: str) -> None:
    async with Proxy(broker.port) as proxy:
        bench = Bench(broker, app_id, proxy)
        await bench.writer.start()
        await bench.commit(1)
        proxy.catch(_commit_of(app_id))
        await bench.commit(2)
        await bench.take_over()
        with pytest.raises(FencedError):
            await bench.commit(3)
        await bench.writer.stop()
        assert await bench.committed() == [[1, 2], [1, 2]]


@pytest.mark.usefixtures("topics_made")
async def test_after_a_transaction_that_failed_a_writer_refuses_to_go_on(broker: Broker, app_id: str) -> None:
    writer = Writer(Connection(broker.bootstrap), app_id, app_id, EngineCounters())
    await writer.start()
    with pytest.raises(RingboardError, match="larger than the topic takes"):
        await writer.commit({(app_id, 0): [(b"key", b"-" * 2_000_000)]})
    with pytest.raises(RuntimeError, match="the log is to be read first"):
        await writer.commit({(app_id, 0): [(b"key", b"1")]})
    await writer.stop()


def _commit_of(client: str) -> Any:
    def fits(request: Request) -> bool:
        return request.key == END_TXN and request.client == client

    return fits
