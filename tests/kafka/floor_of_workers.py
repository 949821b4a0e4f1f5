"""Counting workers as processes, a producer that remembers what it sent, and the comparison of the two."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.partitioner import DefaultPartitioner

from tests.kafka.counting import TABLES
from tests.kafka.worker_process import DEADLINE_S, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = Path(__file__).with_name("counting_worker.py")
Totals = dict[str, dict[str, int]]


@dataclass
class CountingWorker(WorkerProcess):
    """One `ringboard worker`, counting: a supervisor and its child."""

    async def state(self, *, brief: bool = False) -> dict[str, Any]:
        """Return what it says of itself; nothing while it cannot."""
        return await self.ask(f"/state{'?brief' if brief else ''}")

    async def when(self, true: Callable[[dict[str, Any]], Any], *, brief: bool = True) -> dict[str, Any]:
        """Ask until what it says is `true`."""
        return await self.wait_for(f"/state{'?brief' if brief else ''}", true)

    async def has_handled(self, records: int) -> None:
        """Wait until its child has handled so many records, or all there are."""
        await self.when(lambda told: told["counters"]["records"] >= records or told["behind"] == 0)


@dataclass
class Floor:
    """What the tests act on: one app's topics, what was sent to them, and the workers that count it."""

    bootstrap: str
    app_id: str
    place: Path
    partitions: int = 4
    sent: Totals = field(default_factory=lambda: {table: {} for table in TABLES})
    workers: list[CountingWorker] = field(default_factory=list)
    seed: int = 7

    async def start(self, port: int, **settings: str) -> CountingWorker:
        """Start a worker."""
        log = self.place / f"worker-{port}-{len(self.workers)}.log"
        environment = {
            "RINGBOARD_BROKER": self.bootstrap,
            "RINGBOARD_APP_ID": self.app_id,
            "RINGBOARD_PARTITIONS": str(self.partitions),
            "RINGBOARD_DATA_DIR": str(self.place),
            **settings,
        }
        worker = await CountingWorker.start([sys.executable, str(PROGRAM)], port, log, environment)
        self.workers.append(worker)
        return worker

    async def end(self) -> None:
        """End whatever still runs."""
        for worker in self.workers:
            await worker.end()

    async def send(self, count: int, *, pass_on: bool = True, pace_s: float = 0.0) -> None:
        """Send `count` events, some of which are passed on to other keys, and remember what they add up to."""
        chance = random.Random(self.seed)
        self.seed += 1
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, linger_ms=5, max_batch_size=200_000)
        await producer.start()
        try:
            for number in range(count):
                key = f"k{chance.randrange(500)}"
                event: dict[str, Any] = {"k": key, "m": number // 100}
                if pass_on and chance.random() < 0.3:
                    event["pass_on"] = f"k{chance.randrange(500)}"
                await producer.send(f"{self.app_id}.events.v1", json.dumps(event).encode(), key=key.encode())
                self._remember(event)
                if pace_s and number % 20 == 0:
                    await asyncio.sleep(pace_s)
            await producer.flush()
        finally:
            await producer.stop()

    async def send_raw(self, value: bytes | None, key: bytes = b"p", partition: int | None = None) -> None:
        """Send one record that is no event."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap)
        await producer.start()
        try:
            await producer.send_and_wait(f"{self.app_id}.events.v1", value, key=key, partition=partition)
        finally:
            await producer.stop()

    async def forget_before(self, topic: str, offset: int) -> None:
        """Have the broker delete the records of the first partition of `topic` before `offset`, as retention does."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=offset)})
        finally:
            await admin.close()

    async def tell_the_group_that_all_is_done(self) -> None:
        """Set the group's offsets to the ends of its topics, as its tools let anyone do while it has no member."""
        topics = [f"{self.app_id}.{name}.v1" for name in ("events", "links")]
        places = [TopicPartition(topic, p) for topic in topics for p in range(self.partitions)]
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=self.app_id, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(places)
            await consumer.commit(await consumer.end_offsets(places))
        finally:
            await consumer.stop()

    def _remember(self, event: dict[str, Any]) -> None:
        self.count("counts", event["k"])
        self.count("minutes", str(event["m"]))
        if "pass_on" in event:
            self.count("counts", "links:" + event["pass_on"])
            self.count("minutes", str(event["m"]))

    def count(self, table: str, key: str, n: int = 1) -> None:
        self.sent[table][key] = self.sent[table].get(key, 0) + n

    async def totals(self, *workers: CountingWorker) -> Totals:
        """Return what `workers` have counted, once they have all partitions and nothing is pending."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                states = [await worker.state() for worker in workers]
                owned = sorted(p for state in states for p in state.get("partitions", ()))
                calm = all(state and state["behind"] == 0 and state["complete"] for state in states)
                if calm and owned == list(range(self.partitions)):
                    return added([tables for state in states for tables in state["tables"].values()])
                for worker in workers:
                    assert worker.process.returncode is None, worker.log.read_text()
                await asyncio.sleep(0.1)

    async def changelogs(self) -> Totals:
        """Return what the changelogs add up to: the last committed value of each key of each partition."""
        logged: Totals = {}
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, isolation_level="read_committed")
        await consumer.start()
        try:
            for table in TABLES:
                places = [TopicPartition(f"{self.app_id}-{table}-changelog", p) for p in range(self.partitions)]
                ends = await consumer.end_offsets(places)
                consumer.assign(places)
                await consumer.seek_to_beginning(*places)
                last: dict[tuple[int, bytes], int] = {}
                while any([await consumer.position(place) < ends[place] for place in places]):
                    for place, records in (await consumer.getmany(timeout_ms=100)).items():
                        for record in records:
                            if record.key is not None and record.value is not None and record.key[:1] != b"\0":
                                last[place.partition, record.key] = int(record.value)
                sums: Counter[str] = Counter()
                for (_, key), number in last.items():
                    sums[key.decode()] += number
                logged[table] = dict(sums)
        finally:
            await consumer.stop()
        return logged

    def partition_of(self, key: str) -> int:
        every = list(range(self.partitions))
        place: int = DefaultPartitioner()(key.encode(), every, every)
        return place


def added(parts: list[Totals]) -> Totals:
    """Add up what several partitions have counted."""
    sums: dict[str, Counter[str]] = {table: Counter() for table in TABLES}
    for part in parts:
        for table, counts in part.items():
            sums[table].update(counts)
    return {table: dict(counts) for table, counts in sums.items()}
