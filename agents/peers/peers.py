"""How the workers of a floor find each other: each announces on the control topic its address and its partitions."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from agents.peers.claims import Claim, Holder, Part, valid_claims
from agents.peers.failure_detector import FailureDetector

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping

    from agents.peers.floor_view import EngineView
    from stream.clock import Clock
    from stream.journeys.over_time import OverTime

KEY_PREFIX: Final = "worker/"
ANNOUNCE_EVERY_S: Final = 2.0
CHECK_EVERY_S: Final = 0.25
DEAD_AFTER_S: Final = 10.0
CURRENT_FOR_S: Final = 5.0  # less than the group's session: after a longer pause, partitions may have been lost
ANSWER_TIMEOUT_S: Final = 2.5
RETRY_S: Final = 2.0

log = logging.getLogger(__name__)


class Announcement(msgspec.Struct, frozen=True):
    """What a worker announces; `at` in ms by its own clock, `member` is its id in the consumer group."""

    url: str
    claims: list[Claim]
    generation: int
    at: int
    member: str = ""


class _Received(msgspec.Struct, frozen=True):
    entry: Announcement
    at: float  # on the monotonic clock of this worker


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Announcement).decode
_decode_part = msgspec.msgpack.Decoder(Part).decode


class Peers:
    """
    The workers of a floor, as the one named `worker` at `url` knows them.

    A worker counts as present while its last announcement is at most `DEAD_AFTER_S` old. `generation` returns the
    generation of the consumer group, `member` this worker's id there, and `take_out` removes another member; `token`
    is the token of all workers' pages.
    """

    def __init__(
        self,
        worker: str,
        url: str,
        engine: EngineView,
        *,
        bootstrap: str,
        topic: str,
        clock: Clock,
        token: str | None = None,
        generation: Callable[[], int] = lambda: 0,
        member: Callable[[], str] = lambda: "",
        take_out: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self.worker = worker
        self.url = url
        self._engine = engine
        self._bootstrap = bootstrap
        self._place = TopicPartition(topic, 0)
        self._clock = clock
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._generation = generation
        self._member = member
        self._failure_detector = FailureDetector(worker, self._members, take_out) if take_out is not None else None
        self._received: dict[str, _Received] = {}
        self._session: aiohttp.ClientSession | None = None

    @property
    def current(self) -> bool:
        """Whether this worker has lately read back its own announcement, and so all that came before it."""
        own = self._received.get(self.worker)
        return own is not None and time.monotonic() - own.at <= CURRENT_FOR_S

    @property
    def generation(self) -> int:
        """The generation of the consumer group in which this worker was assigned its partitions."""
        return self._generation()

    def others(self) -> dict[str, Announcement]:
        """Return the other workers that are present, by name; of several at one address, the last announced one."""
        since = time.monotonic() - DEAD_AFTER_S
        at: dict[str, str] = {}
        for name, received in self._received.items():  # in the order of their last announcements
            if received.at >= since and name != self.worker and received.entry.url != self.url:
                at[received.entry.url] = name
        return {name: self._received[name].entry for name in at.values()}

    def holders(self, own: Holder) -> dict[str, Holder]:
        """Return the others with the claims they announced, by name, without those who lost all of them to others."""
        received = {
            name: Holder(entry.generation, entry.claims, None) for name, entry in self.others().items() if entry.claims
        }
        valid = {id(one) for rivals in valid_claims([own, *received.values()]).values() for one, _ in rivals}
        return {name: one for name, one in received.items() if id(one) in valid}

    def _members(self) -> dict[str, tuple[str, str]]:
        """Return the address and the member id of the others that own partitions, by name."""
        own = Holder(self._generation(), [Claim(s.group, s.partition, s.state) for s in self._engine.status()], None)
        others = self.others()
        return {name: (others[name].url, others[name].member) for name in self.holders(own)}

    async def ask(
        self, own: Part, window: str | None, *, waiting: bool, over_time: OverTime | None = None
    ) -> list[Holder]:
        """
        Return the others with their parts at the `as_of` of `own`, of one window or all; with leads if `waiting`.

        With `over_time`, the parts have its sums in place of windows.

        A worker is left out if another process answers at its address by now.
        """
        holders = self.holders(Holder(own.generation, own.claims, None))
        if not holders:
            return []
        entries = self.others()
        params = {"as_of": str(own.snapshot.as_of), "waiting": "yes" if waiting else "no"}
        if over_time is not None:
            params |= _parameters(over_time)
        elif window:
            params["window"] = window
        answers = await asyncio.gather(*(self._ask(entries[name], params) for name in holders))
        return [
            held if part is None else Holder(part.generation, part.claims, part)
            for (name, held), part in zip(holders.items(), answers, strict=True)
            if part is None or part.worker == name
        ]

    async def _ask(self, entry: Announcement, params: Mapping[str, str]) -> Part | None:
        if self._session is None or not entry.url.startswith(("http://", "https://")):
            return None
        try:
            async with self._session.get(
                f"{entry.url}/api/v1/snapshot", params=params, headers=self._headers, allow_redirects=False
            ) as response:
                return _decode_part(await response.read()) if response.ok else None
        except (aiohttp.ClientError, msgspec.MsgspecError, ValueError, OSError, TimeoutError):
            return None

    async def serve(self, _app: Any = None) -> AsyncGenerator[None]:
        """Announce this worker and listen to the others until resumed; then announce that it leaves."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S))
        tasks = [
            asyncio.create_task(_retry_forever(self._announce), name="peers-announce"),
            asyncio.create_task(_retry_forever(self._listen), name="peers-listen"),
        ]
        if self._failure_detector is not None:
            tasks.append(asyncio.create_task(_retry_forever(self._failure_detector.watch), name="peers-failures"))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._session.close()
            self._session = None

    async def _announce(self) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all")
        await producer.start()
        key = f"{KEY_PREFIX}{self.worker}".encode()
        announced: list[Claim] = []
        announced_at = 0.0
        try:
            while True:
                claims = [Claim(one.group, one.partition, one.state) for one in self._engine.status()]
                if claims != announced or time.monotonic() - announced_at >= ANNOUNCE_EVERY_S:
                    member = self._member() if claims else ""
                    entry = Announcement(self.url, claims, self._generation(), self._clock.now_ms(), member)
                    await producer.send_and_wait(self._place.topic, _encode(entry), key=key, partition=0)
                    announced, announced_at = claims, time.monotonic()
                await asyncio.sleep(CHECK_EVERY_S)
        except asyncio.CancelledError:
            await _ignore_failure(producer.send_and_wait(self._place.topic, None, key=key, partition=0))
            raise
        finally:
            await _ignore_failure(producer.stop())

    async def _listen(self) -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign([self._place])
            # Older announcements are of workers that are no longer present.
            since = self._clock.now_ms() - round(DEAD_AFTER_S * 1000)
            start = (await consumer.offsets_for_times({self._place: since}))[self._place]
            if start is None:
                await consumer.seek_to_end(self._place)
            else:
                consumer.seek(self._place, start.offset)
            async for record in consumer:
                self._take(record.key, record.value)
        finally:
            await _ignore_failure(consumer.stop())

    def _take(self, key: bytes | None, value: bytes | None) -> None:
        name = (key or b"").decode("utf-8", "replace")
        if not name.startswith(KEY_PREFIX):
            return
        name = name.removeprefix(KEY_PREFIX)
        if value is None:
            self._received.pop(name, None)
            return
        try:
            received = _Received(_decode(value), time.monotonic())
            self._received.pop(name, None)  # the order is that of the last announcements
            self._received[name] = received
        except (msgspec.MsgspecError, ValueError, RecursionError):
            log.warning("this version cannot read what another worker announced: do all run the same version?")
        dead = time.monotonic() - DEAD_AFTER_S
        self._received = {name: received for name, received in self._received.items() if received.at >= dead}


def _parameters(over_time: OverTime) -> dict[str, str]:
    """Return `over_time` as the parameters of a request, as the pages read them."""
    filters = {name: value for name, value in msgspec.structs.asdict(over_time.filters).items() if value is not None}
    return {"window": over_time.window, "step": over_time.step, "kpi": ",".join(over_time.kpis), **filters}


async def _retry_forever(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `work` again whenever the broker fails; meanwhile the pages say that they are not complete."""
    while True:
        try:
            await work()
        except (KafkaError, OSError, TimeoutError, AssertionError) as error:
            log.info("the control topic cannot be reached (%s); trying again", type(error).__name__)
        await asyncio.sleep(RETRY_S)


async def _ignore_failure(coroutine: Coroutine[Any, Any, Any]) -> None:
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            await coroutine
    except (KafkaError, OSError, TimeoutError, AssertionError):
        log.debug("the broker was gone before this worker could leave")
