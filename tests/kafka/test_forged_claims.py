"""Whoever may write to the control topic is sent nothing and changes no number; no answer fills a worker's memory."""

from __future__ import annotations

import asyncio
import gzip
import io
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from agents.peers.announcement import KEY_PREFIX, Announcement, decode, encode
from agents.peers.asking import CONTENT_TYPE, MOST_BYTES
from agents.peers.claims import Claim
from agents.peers.tokens import ANSWER, Tokens
from stream.clock import SystemClock
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import Control
from stream.kafka.read_topic import records_of
from stream.kafka.signed_record import MOST_BYTES as MOST_RECORD_BYTES
from stream.kafka.signed_record import SIGNATURE, RecordSigner
from stream.kafka.topics import topics
from stream.privacy.identity import Identity, identity_of
from stream.settings.model import Settings
from stream.simulate.play import history
from tests.kafka.test_pages import WORKER, Worker, agree, same_floor, tell
from tests.kafka.worker_process import DEADLINE_S, KEY
from tests.ports import free_port
from tests.unit.agents.peers.test_asking import SOCKET_BUFFERS, Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stream.broker import Broker
    from tests.kafka.test_pages import Events

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
TOKEN = "a-token-of-the-tests-and-of-nothing-else"  # noqa: S105
FORGERIES = 20  # of each kind
FORGED_GENERATION = 1_000_000
MOST_GROWTH = 512 * 1_048_576  # of a worker's memory while it is answered without end: eight times what is read


class Thief(Server):
    """Listens at an address that workers may ask, and counts who connects."""

    def __init__(self, answer: Any = lambda _: ([], b""), *, endless: bool = False) -> None:
        super().__init__(answer, endless=endless)
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await super().__call__(reader, writer)


class Floor:
    """Two workers that ask for a token, and what anyone may do on their control topic."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer) -> None:
        self.settings = settings
        self.workers: list[Worker] = []
        self._producer = producer
        self.topic = topics(settings).control.name
        self.signer = RecordSigner(self.topic, identity_of(settings))

    async def start(self) -> None:
        port = free_port()
        environment = {
            "RINGBOARD_BROKER": self.settings.broker,
            "RINGBOARD_APP_ID": self.settings.app_id,
            "RINGBOARD_PARTITIONS": str(self.settings.partitions),
            "RINGBOARD_PSEUDONYM_KEY": KEY,
            "RINGBOARD_API_TOKEN": TOKEN,
            "RINGBOARD_DATA_DIR": str(self.settings.data_dir),
        }
        log = self.settings.data_dir / f"worker-{port}.log"
        self.workers.append(await Worker.start([sys.executable, "-c", WORKER], port, log, environment))

    async def whole(self) -> list[dict[str, Any]]:
        """Return what each worker shows of the whole floor, once it is complete."""
        path = f"/api/v1/kpis?window=30d&token={TOKEN}"
        return [await one.wait_for(path, lambda told: told["complete"] and told["behind"] == 0) for one in self.workers]

    async def announced(self) -> dict[str, Announcement]:
        found = await Control(connection_of(self.settings), self.topic, identity_of(self.settings)).read_all()
        return {name: decode(value) for name, value in found.items() if name.startswith(KEY_PREFIX)}

    async def each_has_partitions(self) -> dict[str, Announcement]:
        there: dict[str, Announcement] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(DEADLINE_S):
                while len(there) != len(self.workers) or not all(one.claims for one in there.values()):
                    there = await self.announced()
        assert len(there) == len(self.workers), self.logs()
        assert all(one.claims for one in there.values()), there
        return there

    async def write(self, name: str, value: bytes | None, headers: Any = ()) -> None:
        await self._producer.send_and_wait(self.topic, value, key=name.encode(), partition=0, headers=list(headers))

    async def refused(self, what: str, why: str, at_least: int) -> None:
        """Wait until each worker has counted so many."""
        start = f'ringboard_peers_refused_total{{reason="{why}",what="{what}"}} '
        for one in self.workers:
            count = 0.0
            async with asyncio.timeout(DEADLINE_S):
                while count < at_least:
                    lines = (await one.text(f"/metrics?token={TOKEN}")).splitlines()
                    count = sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))

    def logs(self) -> str:
        return "".join(one.log.read_text() for one in self.workers)


@pytest.fixture
def events() -> Events:
    return [event for _, event in history(11, 1, SystemClock().now_ms())]


@pytest.fixture
async def floor(broker: Broker, app_id: str, tmp_path: Path) -> AsyncIterator[Floor]:
    settings = Settings(
        broker=broker.bootstrap, app_id=app_id, partitions=3, pseudonym_key=SecretStr(KEY), data_dir=tmp_path
    )
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    floor = Floor(settings, producer)
    try:
        yield floor
    finally:
        for one in floor.workers:
            await one.end()
        await producer.stop()


@asynccontextmanager
async def listening(thief: Thief) -> AsyncIterator[Thief]:
    server = await asyncio.start_server(thief, "0.0.0.0", thief.port)  # noqa: S104
    try:
        yield thief
    finally:
        server.close()


async def forge(floor: Floor, thief: Thief, there: dict[str, Announcement]) -> None:
    """Write what anyone can write who may write to the topic, `FORGERIES` times."""
    stranger = RecordSigner(floor.topic, Identity(b"a key of a stranger, and no other", "FR"))
    elsewhere = RecordSigner("another.control.v1", identity_of(floor.settings))
    places = [("events", 0), ("events", 1), ("events", 2), ("floor", 0), ("spend", 0)]
    claims = [Claim(group, partition, "ready") for group, partition in places]
    captured = [
        record
        async for record in records_of(connection_of(floor.settings), floor.topic)
        if (record.key or b"").startswith(KEY_PREFIX.encode()) and record.value is not None
    ]
    clock = SystemClock()
    for number in range(FORGERIES):
        for name in (f"{KEY_PREFIX}made-up-{number}", *there):
            member = there[name].member if name in there else "nobody"
            entry = encode(Announcement(thief.url, claims, FORGED_GENERATION, clock.now_ms(), member))
            key = name.encode()
            await floor.write(name, entry)
            await floor.write(name, entry, [(SIGNATURE, b"0" * 64)])
            await floor.write(name, entry, stranger.headers(key, entry))
            await floor.write(name, entry, elsewhere.headers(key, entry))
            await floor.write(name, None)
            await floor.write(name, None, stranger.headers(key, None))
            await floor.write(name, b"[" * (MOST_RECORD_BYTES + 1))
        copy = captured[number % len(captured)]
        await floor.write(copy.key.decode(), copy.value, copy.headers)
        await floor.write(copy.key.decode(), copy.value.replace(b"http://127.0.0.1", b"http://0.0.0.0"), copy.headers)
        await floor.write("stamp", b'{"schema": "0"}')
        await floor.write("fingerprint", b"0" * 16)
        await asyncio.sleep(0.05)


async def test_forged_records_send_nothing_anywhere_and_change_nothing(floor: Floor, events: Events) -> None:
    await tell(floor.settings, events)
    memory = same_floor(floor.settings, events)
    for _ in range(2):
        await floor.start()
    before = await floor.each_has_partitions()
    for answer in await floor.whole():
        agree(answer, memory)

    async with listening(Thief()) as thief:
        forging = asyncio.create_task(forge(floor, thief, before))
        while not forging.done():
            for one in floor.workers:
                answer = await one.ask(f"/api/v1/kpis?window=30d&token={TOKEN}")
                if answer.get("complete"):
                    agree(answer, memory)
        await forging
        for why in ("unsigned", "forged", "stale", "too_large"):
            await floor.refused("record", why, FORGERIES)
        for answer in await floor.whole():
            agree(answer, memory)
        assert thief.connections == 0
        assert thief.heads == []

    after = await floor.each_has_partitions()
    assert {name: (one.member, one.url) for name, one in after.items()} == {
        name: (one.member, one.url) for name, one in before.items()
    }
    # The workers may have shared out the partitions again meanwhile, as they do on a busy machine.
    assert all(one.generation < FORGED_GENERATION for one in after.values())
    written = [record async for record in records_of(connection_of(floor.settings), floor.topic)]
    assert not any(TOKEN.encode() in (record.value or b"") for record in written)
    logs = floor.logs()
    assert TOKEN not in logs
    assert KEY not in logs
    assert thief.url not in logs
    assert "a stranger wrote it" in logs
    assert logs.count("is not signed with the floor's key") <= 2 * (1 + DEADLINE_S / 60)
    # The records of a segment that is full are compacted within seconds: the first ones may be gone by now. What the
    # workers have written again after the forged ones keeps nobody from starting.
    await floor.start()
    await floor.each_has_partitions()
    for answer in await floor.whole():
        agree(answer, memory)


def peak_memory(worker: Worker) -> int:
    """Return the most memory that the working process has had, in bytes."""
    pid = worker.child() or worker.process.pid
    (line,) = (one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def bomb(floor: Floor) -> Any:
    """Return an answer of a few megabytes that unpacks to two gigabytes, with the signature of the worker asked."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as out:
        for _ in range(2048):
            out.write(bytes(1_048_576))
    body = packed.getvalue()
    tokens = Tokens("thief", identity_of(floor.settings), SystemClock())

    def answer(token: str) -> tuple[list[str], bytes]:
        head = [f"Content-Type: {CONTENT_TYPE}", "Content-Encoding: gzip", f"Content-Length: {len(body)}"]
        return [*head, f"{ANSWER}: {tokens.answer_signature(token, body)}"], body

    return answer


@pytest.mark.parametrize("kind", ["bomb", "endless", "outside"])
async def test_an_answer_without_measure_is_left_out_and_fills_no_memory(
    floor: Floor, events: Events, kind: str
) -> None:
    """Whoever sends it has the key, or the port of a worker that has just ended."""
    await tell(floor.settings, events)
    await floor.start()
    await floor.whole()
    before = peak_memory(floor.workers[0])
    if kind == "endless":
        thief = Thief(lambda _: ([f"Content-Type: {CONTENT_TYPE}"], b""), endless=True)
    else:
        thief = Thief(bomb(floor))
    async with listening(thief):
        url = thief.url.replace("127.0.0.1", "0.0.0.0") if kind == "outside" else thief.url  # noqa: S104
        announcing = asyncio.create_task(announce(floor, url))
        why = {"bomb": "encoded", "outside": "outside"}.get(kind)
        path = f"/api/v1/kpis?window=30d&token={TOKEN}"
        asked = 0
        async with asyncio.timeout(DEADLINE_S):
            while asked < 5:
                answer = await floor.workers[0].ask(path)
                asked += bool(answer) and not answer["complete"]
        if why is not None:
            await floor.refused("answer", why, 1)
        if kind == "outside":
            assert thief.connections == 0
            assert (await floor.workers[0].ask(f"/readyz?token={TOKEN}"))["outside"] == [url]
            assert "set RINGBOARD_PEER_NETWORKS" in floor.logs()
        else:
            assert thief.connections > 0
            assert thief.sent <= thief.connections * (MOST_BYTES + SOCKET_BUFFERS)
        announcing.cancel()
        with suppress(asyncio.CancelledError):
            await announcing
    assert TOKEN not in "".join(thief.heads)
    assert peak_memory(floor.workers[0]) - before < MOST_GROWTH
    assert all(answer["complete"] for answer in await floor.whole())  # once it is no longer announced


async def announce(floor: Floor, url: str) -> None:
    """Announce a worker at `url` that claims a partition, with the floor's key."""
    name = f"{KEY_PREFIX}thief"
    entry = Announcement(url, [Claim("events", 0, "ready")], 1_000_000, 0)
    while True:
        value = encode(msgspec.structs.replace(entry, at=SystemClock().now_ms()))
        await floor.write(name, value, floor.signer.headers(name.encode(), value))
        await asyncio.sleep(0.5)
