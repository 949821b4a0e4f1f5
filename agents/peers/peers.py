"""How the workers of a floor find each other: each announces on the control topic its address and its partitions."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from agents.peers.announcement import KEY_PREFIX, Announcement, encode
from agents.peers.asking import ANSWER_TIMEOUT_S, Asker
from agents.peers.claims import Claim, Holder, Part, valid_claims
from agents.peers.failure_detector import FailureDetector
from agents.peers.refusals import Refusals
from agents.peers.roster import DEAD_AFTER_S, Roster
from agents.peers.tokens import Tokens
from stream.kafka.signed_record import RecordSigner
from stream.logs.trouble import Trouble
from stream.logs.words import BROKER

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping

    from agents.peers.floor_view import EngineView
    from stream.clock import Clock
    from stream.journeys.due import ToDo
    from stream.journeys.over_time import OverTime
    from stream.kafka.connection import Connection
    from stream.kpi.reading import Filters
    from stream.privacy.identity import Identity
    from stream.web.networks import Networks

ANNOUNCE_EVERY_S: Final = 2.0
CHECK_EVERY_S: Final = 0.25
CURRENT_FOR_S: Final = 5.0  # less than the group's session: after a longer pause, partitions may have been lost
RETRY_S: Final = 2.0
LATE_AFTER_S: Final = 5.0

log = logging.getLogger(__name__)


class Peers:
    """
    The workers of a floor, as the one named `worker` at `url` knows them.

    What they say counts only if it is signed with the key of `identity`, and they are asked only at addresses within
    `networks`. What all have `agreed` on (values of the control topic by key) is written again where somebody else has
    overwritten it. `generation` returns the generation of the consumer group, `member` this worker's id there, and
    `take_out` removes another member.
    """

    def __init__(
        self,
        worker: str,
        url: str,
        engine: EngineView,
        *,
        connection: Connection,
        topic: str,
        clock: Clock,
        identity: Identity,
        networks: Networks,
        agreed: Mapping[str, bytes] | None = None,
        generation: Callable[[], int] = lambda: 0,
        member: Callable[[], str] = lambda: "",
        take_out: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self.worker = worker
        self.url = url
        self.refusals = Refusals()
        self._key = f"{KEY_PREFIX}{worker}"
        self.tokens = Tokens(worker, identity, clock)
        self._engine = engine
        self._connection = connection
        self._place = TopicPartition(topic, 0)
        self._clock = clock
        self._generation = generation
        self._member = member
        self._failure_detector = (
            FailureDetector(worker, self._members, take_out, networks) if take_out is not None else None
        )
        self._signer = RecordSigner(topic, identity)
        self._roster = Roster(worker, self._signer, clock, self.refusals)
        self._asker = Asker(networks, self.tokens, self.refusals)
        self._announced_at = 0  # in ms by this worker's clock
        self._next_offset = 0
        self._agreed = dict(agreed or {})
        self._overwritten = False
        self._broker = Trouble(BROKER, log)

    @property
    def current(self) -> bool:
        """Whether this worker has lately read back its own announcement, and so all that came before it."""
        return self._roster.heard_within(self.worker, CURRENT_FOR_S)

    @property
    def generation(self) -> int:
        """The generation of the consumer group in which this worker was assigned its partitions."""
        return self._generation()

    def others(self) -> dict[str, Announcement]:
        """Return the other workers that are present, by name; of several at one address, the last announced one."""
        present = self._roster.present()
        at = {entry.url: name for name, entry in present.items() if name != self.worker and entry.url != self.url}
        return {name: present[name] for name in at.values()}

    def outside(self) -> list[str]:
        """Return the addresses of workers that are present and cannot be asked, as they are in none of the networks."""
        return sorted(self._asker.outside.intersection(entry.url for entry in self.others().values()))

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
        self,
        own: Part,
        window: str | None,
        *,
        waiting: bool,
        due: ToDo | None = None,
        over_time: OverTime | None = None,
    ) -> list[Holder]:
        """
        Return the others with their parts at the `as_of` of `own`, of one window or all; with leads if `waiting`.

        With `due`, what is to be done is in them. With `over_time`, the parts have its sums in place
        of windows.

        A worker has no part if another process answers at its address by now.
        """
        holders = self.holders(Holder(own.generation, own.claims, None))
        if not holders:
            return []
        entries = self.others()
        params = {"as_of": str(own.snapshot.as_of), "waiting": "yes" if waiting else "no"}
        if due is not None:
            params |= parameters_of(due)
        if over_time is not None:
            params |= _parameters(over_time)
        elif window:
            params["window"] = window
        answers = await asyncio.gather(*(self._asker.ask(name, entries[name].url, params) for name in holders))
        return [
            held if part is None else Holder(part.generation, part.claims, part)
            for held, part in zip(holders.values(), answers, strict=True)
        ]

    async def serve(self, _app: Any = None) -> AsyncGenerator[None]:
        """Announce this worker and listen to the others until resumed; then announce that it leaves."""
        self._asker.open()
        tasks = [
            asyncio.create_task(_retry_forever(self._announce, self._say_away), name="peers-announce"),
            asyncio.create_task(_retry_forever(self._listen, self._pass_over), name="peers-listen"),
        ]
        if self._failure_detector is not None:
            tasks.append(
                asyncio.create_task(
                    _retry_forever(self._failure_detector.watch, self._pass_over), name="peers-failures"
                )
            )
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._asker.close()

    def _say_away(self, why: str) -> None:
        self._broker.begins(f"nothing answers at {self._connection} ({why})", "the numbers stand still")

    def _pass_over(self, why: str) -> None:
        """Log it where it is no part of the broker's being away, which the announcements notice."""
        if not self._broker.lasts:
            log.info("the control topic cannot be reached (%s); trying again", why)

    async def _announce(self) -> None:
        # A record that came twice would be taken for a stranger's copy.
        producer = AIOKafkaProducer(**self._connection.options, acks="all", enable_idempotence=True)
        await producer.start()
        announced: list[Claim] = []
        announced_at = 0.0
        try:
            while True:
                claims = [Claim(one.group, one.partition, one.state) for one in self._engine.status()]
                if claims != announced or time.monotonic() - announced_at >= ANNOUNCE_EVERY_S:
                    await self._send(producer, self._key, encode(self._announcement(claims)))
                    await self._write_again(producer)
                    announced, announced_at = claims, time.monotonic()
                await asyncio.sleep(CHECK_EVERY_S)
        except asyncio.CancelledError:
            await _ignore_failure(self._send(producer, self._key, encode(self._announcement([], left=True))))
            await _ignore_failure(self._send(producer, self._key, None))  # its record has no use any more
            raise
        finally:
            await _ignore_failure(producer.stop())

    def _announcement(self, claims: list[Claim], *, left: bool = False) -> Announcement:
        self._announced_at = max(self._clock.now_ms(), self._announced_at + 1)  # also while the clock is set back
        member = self._member() if claims else ""
        return Announcement(self.url, claims, self._generation(), self._announced_at, member, left)

    async def _write_again(self, producer: AIOKafkaProducer) -> None:
        """Write what all have agreed on, where a stranger has written something else: workers that start read it."""
        if self._overwritten:
            self._overwritten = False
            for key, value in self._agreed.items():
                await self._send(producer, key, value)

    async def _send(self, producer: AIOKafkaProducer, key: str, value: bytes | None) -> None:
        headers = self._signer.headers(key.encode(), value)
        # The producer itself tries again for as long as it takes, and says nothing.
        late = asyncio.get_running_loop().call_later(LATE_AFTER_S, self._say_away, "no answer")
        try:
            await producer.send_and_wait(self._place.topic, value, key=key.encode(), partition=0, headers=headers)
        finally:
            late.cancel()
        self._broker.ends()

    async def _listen(self) -> None:
        consumer = AIOKafkaConsumer(**self._connection.options, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign([self._place])
            # Older announcements are of workers that are no longer present.
            since = self._clock.now_ms() - round(DEAD_AFTER_S * 1000)
            start = (await consumer.offsets_for_times({self._place: since}))[self._place]
            end = (await consumer.end_offsets([self._place]))[self._place]
            # What was read before the broker was away is not read again: it would be taken for copies.
            read_to = self._next_offset if self._next_offset <= end else 0
            consumer.seek(self._place, end if start is None else max(start.offset, read_to))
            async for record in consumer:
                self._next_offset = record.offset + 1
                distrusted = self._roster.take(record) is not None
                self._overwritten |= distrusted and (record.key or b"").decode("utf-8", "replace") in self._agreed
        finally:
            await _ignore_failure(consumer.stop())


def _parameters(over_time: OverTime) -> dict[str, str]:
    """Return `over_time` as the parameters of a request, as the pages read them."""
    wanted = {"window": over_time.window, "step": over_time.step, "kpi": ",".join(over_time.kpis)}
    return wanted | _filters(over_time.filters)


def parameters_of(due: ToDo) -> dict[str, str]:
    """Return which follow-ups are wanted as the parameters of a request, as the pages read them."""
    return {"due": str(due.most), "band": due.band or "", **_filters(due.filters)}


def _filters(filters: Filters) -> dict[str, str]:
    return {name: value for name, value in msgspec.structs.asdict(filters).items() if value is not None}


async def _retry_forever(work: Callable[[], Coroutine[Any, Any, None]], failed: Callable[[str], None]) -> None:
    """Run `work` again whenever the broker fails; meanwhile the pages say that they are not complete."""
    while True:
        try:
            await work()
        except (KafkaError, OSError, TimeoutError, AssertionError) as error:
            failed(type(error).__name__)
        await asyncio.sleep(RETRY_S)


async def _ignore_failure(coroutine: Coroutine[Any, Any, Any]) -> None:
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            await coroutine
    except (KafkaError, OSError, TimeoutError, AssertionError):
        log.debug("the broker was gone before this worker could leave")
