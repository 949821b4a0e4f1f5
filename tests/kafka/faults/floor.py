"""A floor of real workers on a real broker, and beside it the clean pass over the same events that it is held to."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError
from pydantic import SecretStr

from stream.broker import Broker
from stream.clock import FixedClock, SystemClock
from stream.kafka.connection import Connection
from stream.kafka.create_topics import create_missing
from stream.kafka.topics import topics
from stream.settings.model import Settings
from tests.floor_in_memory import FloorInMemory, rules_like
from tests.kafka.faults.contents import undump
from tests.kafka.faults.kills import Kill
from tests.kafka.faults.orders import Orders
from tests.kafka.worker_process import DEADLINE_S, KEY, WorkerProcess
from tests.ports import free_port
from tests.reference.config import MINUTE
from tests.reference.floors import FLOOR as FLOOR_WITH_ITS_HOLIDAYS
from tests.reference.histories import random_history

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from tests.kafka.faults.cluster import Cluster
    from tests.kafka.faults.proxy import Proxy
    from tests.reference.happenings import Event

PROGRAM = Path(__file__).with_name("program.py")
TIMES = ("at", "placed_at", "answered_at", "from", "to")
UNKNOWN_S = 0.2  # until a broker that has just started may know its topics
COMING_MS = 60 * MINUTE  # no test takes as long: what lies ahead by less would change slices while they are compared
POISON = (b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"type": "call.ended"}', b'{"id": "x", "type": "no.such", "at": 1}')
FLOOR = replace(FLOOR_WITH_ITS_HOLIDAYS, holidays=frozenset())
AS_SET = {
    "timezone": FLOOR.zone,
    "min_talk_s_by_campaign": json.dumps(FLOOR.min_talk_s_by_campaign),
    "opening_hours": json.dumps(FLOOR.opening_hours),
    "holidays_country": "none",
    "dispositions": json.dumps(FLOOR.dispositions),
    "lead_cold_days": str(FLOOR.lead_cold_days),
    "risk_days": str(FLOOR.risk_days),
}


@dataclass
class FaultyWorker(WorkerProcess):
    """A worker of the floor that takes orders."""

    orders: Orders = field(init=False)

    async def dump(self, *, brief: bool = False) -> dict[str, Any]:
        """Return what it holds; nothing while it cannot tell."""
        told = await self.read("/dump?brief" if brief else "/dump")
        with suppress(ValueError):
            return undump(told) if told else {}
        return {}

    async def when(self, true: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Ask what it has, without the contents, until that is `true`."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                assert self.process.returncode is None, self.log.read_text()
                told = await self.dump(brief=True)
                if told and true(told):
                    return told
                await asyncio.sleep(0.03)

    async def ready(self) -> dict[str, Any]:
        """Wait until it has its part."""
        return await self.when(lambda told: told["complete"] and told["owned"])

    async def said(self, word: str) -> None:
        """Wait until it says `word`."""
        async with asyncio.timeout(DEADLINE_S):
            while not self.orders.said(word):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def phase(self, *phases: str) -> None:
        """Wait until it is in one of `phases`."""
        async with asyncio.timeout(DEADLINE_S):
            while (pid := self.child()) is None or self.orders.phase(pid) not in phases:  # noqa: ASYNC110
                await asyncio.sleep(0.002)

    async def frozen(self) -> int:
        """Wait until its process has stopped itself, or was stopped, and return it."""
        async with asyncio.timeout(DEADLINE_S):
            while (pid := self.child()) is None or not _stopped(pid):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return pid


class Delay(NamedTuple):
    """How long after the beginning of a fault every partition counted again."""

    fault: str
    seconds: float


@dataclass
class RealFloor:
    """
    Real workers, the topics of one app, and `memory`, which folds the same records in one clean pass.

    Its history is told bit by bit, in its own disorder and with duplicates, and a share of `poisoned` records between.
    `faults` are what is patched into each worker, as `program.py` reads it from its environment.
    """

    broker: Broker | Cluster
    app_id: str
    place: Path
    seed: int
    size: int = 700
    partitions: int = 4
    kills: list[Kill] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)
    workers: list[FaultyWorker] = field(default_factory=list)
    faults: Mapping[str, str] = field(default_factory=dict)
    poisoned: float = 0.02
    replicas: int = 1
    delays: list[Delay] = field(default_factory=list)
    fault: str = ""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.settings = Settings(
            broker=self.broker.bootstrap,
            app_id=self.app_id,
            partitions=self.partitions,
            replication_factor=self.replicas,
            data_dir=self.place,
            pseudonym_key=SecretStr(KEY),
        )
        self.topics = topics(self.settings)
        now = SystemClock().now_ms()
        self.memory = FloorInMemory(
            clock=FixedClock(now),
            partitions=self.partitions,
            settings={"app_id": self.app_id, "timezone": FLOOR.zone},
            rules=rules_like(FLOOR),
        )
        history = random_history(self.seed, self.size)
        still = [event for event in history.events if not _comes_soon(event, history.as_of)]
        self._coming = moved(still, now - history.as_of)
        self._started = 0
        self._order = asyncio.Lock()
        self._sending: AIOKafkaProducer | None = None

    @property
    def one_broker(self) -> Broker:
        """The broker of a floor that has but one."""
        assert isinstance(self.broker, Broker)
        return self.broker

    # The workers.

    async def prepare(self) -> None:
        """Create the topics, so that events can be there before the first worker is."""
        await create_missing(Connection(self.broker.bootstrap), self.topics, self.replicas)

    async def start(
        self,
        *,
        like: FaultyWorker | None = None,
        orders: Sequence[tuple[str, float | None]] = (),
        through: Proxy | None = None,
        **faults: str,
    ) -> FaultyWorker:
        """
        Start a worker.

        Args:
            like: whose port and orders it takes over.
            orders: where it is to be held, for how long, or (None) frozen.
            through: what it reaches the broker through.
            faults: what is patched into it beside the `faults` of the floor.

        """
        self._started += 1
        directory = self.place / f"orders-{self._started}" if like is None else like.orders.directory
        directory.mkdir(exist_ok=True)
        port = free_port() if like is None else like.port
        log = self.place / f"worker-{port}.log"
        environment = {
            **self.environment(),
            "FAULTS_DIR": str(directory),
            "FAULTS_PARENT": str(os.getpid()),
            "RINGBOARD_BROKER": through.bootstrap if through is not None else self.broker.bootstrap,
            **{f"FAULTS_{name.upper()}": value for name, value in {**self.faults, **faults}.items()},
        }
        given = Orders(directory)
        for point, seconds in orders:
            if seconds is None:
                given.freeze(point)
            else:
                given.hold(point, seconds)
        worker = await FaultyWorker.start([sys.executable, str(PROGRAM)], port, log, environment)
        worker.orders = given
        self.workers.append(worker)
        return worker

    def environment(self) -> dict[str, str]:
        """Return the settings of the floor as its workers and commands get them."""
        return {
            "RINGBOARD_BROKER": self.broker.bootstrap,
            "RINGBOARD_APP_ID": self.app_id,
            "RINGBOARD_PARTITIONS": str(self.partitions),
            "RINGBOARD_REPLICATION_FACTOR": str(self.replicas),
            "RINGBOARD_PSEUDONYM_KEY": KEY,
            "RINGBOARD_DATA_DIR": str(self.place),
            **{f"RINGBOARD_{name.upper()}": value for name, value in AS_SET.items()},
        }

    async def stop(self, worker: FaultyWorker) -> int:
        """Stop a worker in good order; it is none of the floor's any more."""
        code = await worker.stop()
        self.workers.remove(worker)
        return code

    async def kill(self, worker: FaultyWorker) -> Kill:
        """Kill the process of a worker that works, and note what it was doing."""
        kill = Kill(self.fault, worker.orders.phase(await worker.kill_child()))
        self.kills.append(kill)
        return kill

    @asynccontextmanager
    async def stopped(self, worker: FaultyWorker) -> AsyncIterator[None]:
        """Let a worker stand still (SIGSTOP) as long as this lasts; it may have stopped itself already."""
        pid = await worker.living_child()
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    async def end(self) -> None:
        """End whatever still runs."""
        for worker in self.workers:
            await worker.end()
        if self._sending is not None:
            await self._sending.stop()

    # What comes in.

    async def feed(self, count: int, *, over_s: float = 0.0) -> None:
        """Tell the next `count` events, one after the other in about `over_s` seconds, with repetitions and poison."""
        portion = self.next(count)
        self.told += portion
        portion += self.chance.choices(self.told, k=count // 8)
        self.chance.shuffle(portion)
        for event in portion:
            await self._tell(event)
            if self.chance.random() < self.poisoned:
                await self.poison(self.chance.randrange(self.partitions))
            if over_s:
                await asyncio.sleep(over_s / len(portion))
        await (await self._producer()).flush()

    def next(self, count: int) -> list[Event]:
        """Take the next `count` events of the history."""
        portion, self._coming = self._coming[:count], self._coming[count:]
        assert len(portion) == count, "the history is too short for what is told"
        return portion

    async def tell(self, *events: Event) -> None:
        """Tell events now."""
        self.told += events
        for event in events:
            await self._tell(event)
        await (await self._producer()).flush()

    def count(self, *events: Event) -> None:
        """Let the clean pass have events that come to the workers in another way."""
        self.told += events
        for event in events:
            self.memory.append(event)

    async def poison(self, partition: int, topic: str | None = None) -> None:
        """Put a record that is no event into a partition, by default of the events."""
        await self.send(topic or self.topics.events.name, None, self.chance.choice(POISON), partition)

    async def _tell(self, event: Event) -> None:
        admitted = self.memory.admission.admit(event)
        if admitted is not None:
            await self.send(admitted.topic, admitted.key, admitted.value)

    async def send(self, topic: str, key: bytes | None, value: bytes, partition: int | None = None) -> None:
        """Put a record into a topic, and into the clean pass."""
        producer = await self._producer()
        async with self._order:  # in the clean pass each record has the offset that it has at the broker
            while True:
                try:
                    await producer.send(topic, value, key=key, partition=partition)
                    break
                except UnknownTopicOrPartitionError:  # a broker that has just started: nothing was sent
                    await asyncio.sleep(UNKNOWN_S)
            self.memory.send(topic, key, value, partition)

    async def _producer(self) -> AIOKafkaProducer:
        async with self._order:
            if self._sending is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self.broker.bootstrap,
                    enable_idempotence=True,
                    linger_ms=2,
                    request_timeout_ms=5_000,
                )
                await producer.start()
                self._sending = producer
            return self._sending

    @asynccontextmanager
    async def traffic(self, count: int, over_s: float) -> AsyncIterator[None]:
        """Tell `count` events while something else happens."""
        task = asyncio.create_task(self.feed(count, over_s=over_s))
        try:
            yield
        except BaseException:
            task.cancel()
            await asyncio.wait([task])
            raise
        await task


def moved(events: Sequence[Mapping[str, Any]], by: int) -> list[Event]:
    """The same events `by` ms later."""
    return [{name: value + by if name in TIMES else value for name, value in event.items()} for event in events]


def _comes_soon(event: Mapping[str, Any], as_of: int) -> bool:
    return bool(as_of < event["at"] <= as_of + COMING_MS)


def _stopped(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):  # it may end while it is looked at
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    return False
