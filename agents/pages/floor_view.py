"""What the pages read: the numbers of the floor at a moment, and whether they are all of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final, Protocol, cast

import msgspec
from aiokafka.errors import KafkaError

from stream.errors import RingboardError
from stream.journeys.reader import Snapshot, combine, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from stream.clock import Clock
    from stream.journeys.base import JourneyShare
    from stream.journeys.spend import SpendShare
    from stream.share import Group, Share

READY: Final = "ready"
RECOVERING: Final = "recovering"
BROKER_ANSWERS_WITHIN_S: Final = 4.0

Place = tuple[str, int]
"""A partition of a group, or of a topic."""


class Status(Protocol):
    """How one share of this worker stands."""

    group: str
    partition: int
    state: str
    restored: int
    total: int


class EngineView(Protocol):
    """What the pages ask of the engine; all but `behind` answers at once, and consistently until the next await."""

    @property
    def groups(self) -> Mapping[str, Group]:
        """All groups of the floor, by name."""

    def shares(self, group: str) -> Mapping[int, Share]:
        """Return the ready shares of `group`, by partition."""

    def status(self) -> Sequence[Status]:
        """Return how every share of this worker stands."""

    def positions(self) -> Mapping[Place, int]:
        """Return the next offset to apply of each (topic, partition) that is ready here."""

    def lag(self) -> Mapping[Place, int]:
        """Return for each ready (topic, partition) how many records it is behind, as far as is known at once."""

    async def behind(self, applied: Mapping[Place, int] | None = None) -> int:
        """Return how many records lie between `applied` and the ends of the logs, which are asked for now."""


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """A partition of a group that a worker has been given, and how it stands there."""

    group: str
    partition: int
    state: str


class Position(msgspec.Struct, frozen=True, array_like=True):
    """The next offset to apply of a partition of a topic."""

    topic: str
    partition: int
    offset: int


class Part(msgspec.Struct, frozen=True):
    """What one worker knows of the floor, its values and how far they go taken at one instant."""

    worker: str
    snapshot: Snapshot
    claims: list[Claim]
    positions: list[Position]


class FloorNow(msgspec.Struct, frozen=True):
    """
    The floor at `snapshot.as_of`.

    `complete`: each partition is ready at exactly one worker, and all of these are in it. `behind`: records that the
    numbers do not have yet; None where the broker did not say.
    """

    snapshot: Snapshot
    complete: bool
    behind: int | None


class Others(Protocol):
    """The other workers of the floor."""

    @property
    def current(self) -> bool:
        """Whether this worker is up to date on who the others are."""

    async def ask(self, as_of: int, window: str | None) -> tuple[list[Part], bool]:
        """Return what the others know at `as_of` (ms), of one window or all, and whether each of them answered."""


class Alone:
    """There are no other workers."""

    current = True

    async def ask(self, as_of: int, window: str | None) -> tuple[list[Part], bool]:
        """Return nothing, from nobody."""
        del as_of, window
        return [], True


class FloorView:
    """Reads the floor for the pages of the worker named `worker`."""

    def __init__(self, worker: str, engine: EngineView, others: Others, clock: Clock, zone: tzinfo) -> None:
        self.engine = engine
        self.clock = clock
        self.zone = zone
        self._worker = worker
        self._others = others

    def own(self, as_of: int, window: str | None = None) -> Part:
        """Return what this worker knows at `as_of` (ms), of one window or of all."""
        engine = self.engine
        shares = cast("list[JourneyShare]", [*engine.shares("events").values(), *engine.shares("floor").values()])
        spend = cast("SpendShare | None", next(iter(engine.shares("spend").values()), None))
        values = snapshot(as_of, self.zone, shares, spend)
        if window is not None:
            sums = {name: cells if name == window else [] for name, cells in values.sums.items()}
            values = msgspec.structs.replace(values, sums=sums)
        return Part(
            self._worker,
            values,
            [Claim(one.group, one.partition, one.state) for one in engine.status()],
            [Position(topic, partition, offset) for (topic, partition), offset in engine.positions().items()],
        )

    async def now(self, window: str | None = None) -> FloorNow:
        """
        Return the floor as it is now, of one window or of all, whichever workers it is spread over.

        The ends of the logs are asked for after the values were read: `behind` 0 means that nothing was pending then.
        """
        as_of = self.clock.now_ms()
        own = self.own(as_of, window)
        parts, all_answered = await self._others.ask(as_of, window)
        taken = _disjoint([own, *parts])
        complete = all_answered and self._others.current and self._each_once([own, *parts])
        behind = await self._behind(taken)
        return FloorNow(combine(part.snapshot for part in taken), complete and behind is not None, behind)

    def expected(self) -> list[Place]:
        """List the partitions of all groups."""
        return [
            (group.name, partition) for group in self.engine.groups.values() for partition in range(group.partitions)
        ]

    def _each_once(self, parts: Iterable[Part]) -> bool:
        claims = [claim for part in parts for claim in part.claims]
        ready = Counter((claim.group, claim.partition) for claim in claims if claim.state == READY)
        coming = any(claim.state == RECOVERING for claim in claims)
        return not coming and all(ready[place] == 1 for place in self.expected())

    async def _behind(self, parts: Iterable[Part]) -> int | None:
        groups = self.engine.groups.values()
        applied = {(t, p): 0 for group in groups for t in group.topics for p in range(group.partitions)}
        applied |= {(at.topic, at.partition): at.offset for part in parts for at in part.positions}
        try:
            async with asyncio.timeout(BROKER_ANSWERS_WITHIN_S):
                return await self.engine.behind(applied)
        except (KafkaError, RingboardError, OSError, TimeoutError):
            return None


def _disjoint(parts: Iterable[Part]) -> list[Part]:
    """Leave out a part that has a partition which one before it has too: added up, it would count twice."""
    taken: list[Part] = []
    seen: set[Place] = set()
    for part in parts:
        ready = {(claim.group, claim.partition) for claim in part.claims if claim.state == READY}
        if seen.isdisjoint(ready):
            seen |= ready
            taken.append(part)
    return taken
