"""The workers of a floor to each other: each says on the control topic where it is and what it has, and is asked."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from agents.peers.claims import Claim, Held, Part, standing
from agents.peers.failure_detector import FailureDetector

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping

    from agents.peers.floor_view import EngineView
    from stream.clock import Clock
    from stream.journeys.over_time import OverTime

KEY_PREFIX: Final = "worker/"
SAID_EVERY_S: Final = 2.0
LOOKED_EVERY_S: Final = 0.25
DEAD_AFTER_S: Final = 10.0
CURRENT_FOR_S: Final = 5.0  # less than the group's session: who slept longer may have lost what it thinks it has
ANSWERS_WITHIN_S: Final = 2.5
RETRY_S: Final = 2.0

log = logging.getLogger(__name__)


class Entry(msgspec.Struct, frozen=True):
    """What a worker says of itself; `at` in ms by its own clock, `member` is its name in the consumer group."""

    url: str
    claims: list[Claim]
    generation: int
    at: int
    member: str = ""


class _Heard(msgspec.Struct, frozen=True):
    entry: Entry
    at: float  # by this worker's own clock that only goes on


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode
_decode_part = msgspec.msgpack.Decoder(Part).decode


class Peers:
    """
    The workers of a floor, as the one named `worker` at `url` knows them.

    A worker is there as long as it was heard of in the last `DEAD_AFTER_S`. `generation` gives the generation of the
    consumer group, `member` the name there, and `take_out` removes another one from it; `token` is what the pages of
    all workers ask for.
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
        self._deaths = FailureDetector(worker, self._members, take_out) if take_out is not None else None
        self._heard: dict[str, _Heard] = {}
        self._session: aiohttp.ClientSession | None = None

    @property
    def current(self) -> bool:
        """Whether this worker has lately read back what it said itself, and so all that was said before that."""
        own = self._heard.get(self.worker)
        return own is not None and time.monotonic() - own.at <= CURRENT_FOR_S

    @property
    def generation(self) -> int:
        """The generation of the consumer group in which this worker was given its partitions."""
        return self._generation()

    def others(self) -> dict[str, Entry]:
        """Return the other workers that are there, by name; of several at one address the latest to speak is there."""
        since = time.monotonic() - DEAD_AFTER_S
        at: dict[str, str] = {}
        for name, heard in self._heard.items():  # in the order in which they were heard
            if heard.at >= since and name != self.worker and heard.entry.url != self.url:
                at[heard.entry.url] = name
        return {name: self._heard[name].entry for name in at.values()}

    def holders(self, own: Held) -> dict[str, Held]:
        """Return what the others were heard to hold, by name; without those who have lost all of it to others."""
        heard = {
            name: Held(entry.generation, entry.claims, None) for name, entry in self.others().items() if entry.claims
        }
        stands = {id(one) for rivals in standing([own, *heard.values()]).values() for one, _ in rivals}
        return {name: one for name, one in heard.items() if id(one) in stands}

    def _members(self) -> dict[str, tuple[str, str]]:
        """Return address and name in the group of the others that have something there, by name."""
        own = Held(self._generation(), [Claim(s.group, s.partition, s.state) for s in self._engine.status()], None)
        others = self.others()
        return {name: (others[name].url, others[name].member) for name in self.holders(own)}

    async def ask(
        self, own: Part, window: str | None, *, waiting: bool, over_time: OverTime | None = None
    ) -> list[Held]:
        """
        Return what the others hold, and know at the `as_of` of `own`, of one window or all; leads too if `waiting`.

        Or what they know `over_time`, in place of windows.

        One that was heard of but has given way to another process at its address is no longer there.
        """
        asked = self.holders(Held(own.generation, own.claims, None))
        if not asked:
            return []
        entries = self.others()
        params = {"as_of": str(own.snapshot.as_of), "waiting": "yes" if waiting else "no"}
        if over_time is not None:
            params |= _parameters(over_time)
        elif window:
            params["window"] = window
        answers = await asyncio.gather(*(self._ask(entries[name], params) for name in asked))
        return [
            held if part is None else Held(part.generation, part.claims, part)
            for (name, held), part in zip(asked.items(), answers, strict=True)
            if part is None or part.worker == name
        ]

    async def _ask(self, entry: Entry, params: Mapping[str, str]) -> Part | None:
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
        """Say and hear from here on, until resumed once; then say goodbye."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S))
        tasks = [
            asyncio.create_task(_again_and_again(self._say), name="peers-say"),
            asyncio.create_task(_again_and_again(self._hear), name="peers-hear"),
        ]
        if self._deaths is not None:
            tasks.append(asyncio.create_task(_again_and_again(self._deaths.watch), name="peers-deaths"))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._session.close()
            self._session = None

    async def _say(self) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all")
        await producer.start()
        key = f"{KEY_PREFIX}{self.worker}".encode()
        said: list[Claim] = []
        said_at = 0.0
        try:
            while True:
                claims = [Claim(one.group, one.partition, one.state) for one in self._engine.status()]
                if claims != said or time.monotonic() - said_at >= SAID_EVERY_S:
                    member = self._member() if claims else ""
                    entry = Entry(self.url, claims, self._generation(), self._clock.now_ms(), member)
                    await producer.send_and_wait(self._place.topic, _encode(entry), key=key, partition=0)
                    said, said_at = claims, time.monotonic()
                await asyncio.sleep(LOOKED_EVERY_S)
        except asyncio.CancelledError:
            await _quietly(producer.send_and_wait(self._place.topic, None, key=key, partition=0))
            raise
        finally:
            await _quietly(producer.stop())

    async def _hear(self) -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign([self._place])
            # What was said longer ago is of workers that are no longer there.
            since = self._clock.now_ms() - round(DEAD_AFTER_S * 1000)
            start = (await consumer.offsets_for_times({self._place: since}))[self._place]
            if start is None:
                await consumer.seek_to_end(self._place)
            else:
                consumer.seek(self._place, start.offset)
            async for record in consumer:
                self._take(record.key, record.value)
        finally:
            await _quietly(consumer.stop())

    def _take(self, key: bytes | None, value: bytes | None) -> None:
        name = (key or b"").decode("utf-8", "replace")
        if not name.startswith(KEY_PREFIX):
            return
        name = name.removeprefix(KEY_PREFIX)
        if value is None:
            self._heard.pop(name, None)
            return
        try:
            heard = _Heard(_decode(value), time.monotonic())
            self._heard.pop(name, None)  # who spoke last stands last
            self._heard[name] = heard
        except (msgspec.MsgspecError, ValueError, RecursionError):
            log.warning("a worker says of itself what this version cannot read: are all of one version?")
        dead = time.monotonic() - DEAD_AFTER_S
        self._heard = {name: heard for name, heard in self._heard.items() if heard.at >= dead}


def _parameters(over_time: OverTime) -> dict[str, str]:
    """Return `over_time` as the parameters of a request, as the pages read them."""
    filters = {name: value for name, value in msgspec.structs.asdict(over_time.filters).items() if value is not None}
    return {"window": over_time.window, "step": over_time.step, "kpi": ",".join(over_time.kpis), **filters}


async def _again_and_again(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start over when the broker fails: the pages then say that they are not complete, and mend themselves."""
    while True:
        try:
            await work()
        except (KafkaError, OSError, TimeoutError, AssertionError) as error:
            log.info("the control topic cannot be reached (%s); trying again", type(error).__name__)
        await asyncio.sleep(RETRY_S)


async def _quietly(goodbye: Coroutine[Any, Any, Any]) -> None:
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            await goodbye
    except (KafkaError, OSError, TimeoutError, AssertionError):
        log.debug("the broker was gone before the goodbye")
