"""What the pages read: the numbers of the floor at a moment, and whether they are all of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol, cast

import msgspec
from aiokafka.errors import KafkaError

from agents.peers.claims import RECOVERING, Claim, Held, Part, Place, Position, Recovery, judge
from stream.errors import RingboardError
from stream.journeys.over_time import OverTime, gather
from stream.journeys.reader import Snapshot, combine, snapshot, sums_of_reps
from stream.kpi.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import tzinfo

    from stream.clock import Clock
    from stream.journeys.base import JourneyState
    from stream.journeys.partition_state import Group, PartitionState
    from stream.journeys.spend import SpendState
    from stream.kpi.cells import Cell, Owner

BROKER_ANSWERS_WITHIN_S: Final = 4.0
LEAST_WINDOW: Final = "5m"  # whoever asks for something else than windows gets the one that is least


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

    def shares(self, group: str) -> Mapping[int, PartitionState]:
        """Return the ready shares of `group`, by partition."""

    def status(self) -> Sequence[Status]:
        """Return how every share of this worker stands."""

    def positions(self) -> Mapping[Place, int]:
        """Return the next offset to apply of each (topic, partition) that is ready here."""

    def lag(self) -> Mapping[Place, int]:
        """Return for each ready (topic, partition) how many records it is behind, as far as is known at once."""

    async def behind(self, applied: Mapping[Place, int] | None = None) -> int:
        """Return how many records lie between `applied` and the ends of the logs, which are asked for now."""


class FloorNow(msgspec.Struct, frozen=True):
    """
    The floor at `snapshot.as_of`.

    `recovering` is None if each partition is ready at exactly one worker, and all of these are in it; else what is
    missing. `behind`: records that the numbers do not have yet; None where the broker did not say.
    """

    snapshot: Snapshot
    behind: int | None
    recovering: Recovery | None = None

    @property
    def complete(self) -> bool:
        """Whether the numbers are of the whole floor, and it is known how far they go."""
        return self.recovering is None and self.behind is not None


class Others(Protocol):
    """The other workers of the floor, and the generation of the group that this one is in."""

    @property
    def current(self) -> bool:
        """Whether this worker is up to date on who the others are."""

    @property
    def generation(self) -> int:
        """The generation of the consumer group in which this worker was given its partitions."""

    async def ask(
        self, own: Part, window: str | None, *, waiting: bool, over_time: OverTime | None = None
    ) -> list[Held]:
        """Return what the others hold, and know at the `as_of` of `own`, of one window or all, or over time."""


class Alone:
    """There are no other workers."""

    current = True
    generation = 0

    async def ask(
        self, own: Part, window: str | None, *, waiting: bool, over_time: OverTime | None = None
    ) -> list[Held]:
        """Return nothing, from nobody."""
        del own, window, waiting, over_time
        return []


class FloorView:
    """Reads the floor for the pages of the worker named `worker`."""

    def __init__(self, worker: str, engine: EngineView, others: Others, clock: Clock, zone: tzinfo) -> None:
        self.engine = engine
        self.clock = clock
        self.zone = zone
        self._worker = worker
        self._others = others
        self._one_at_a_time = asyncio.Lock()

    def own(
        self,
        as_of: int,
        window: str | None = None,
        *,
        waiting: bool = True,
        by_rep: Collection[str] = WINDOWS,
    ) -> Part:
        """
        Return what this worker knows at `as_of` (ms), of one window or of all; the leads that wait if `waiting`.

        Reps need not be told apart but in the windows of `by_rep`.
        """
        engine = self.engine
        spend = cast("SpendState | None", next(iter(engine.shares("spend").values()), None))
        windows = WINDOWS if window is None else (window,)
        values = snapshot(
            as_of, self.zone, self._journey_shares(), spend, waiting=waiting, windows=windows, by_rep=by_rep
        )
        status = engine.status()
        recovering = [one for one in status if one.state == RECOVERING]
        return Part(
            self._worker,
            values,
            [Claim(one.group, one.partition, one.state) for one in status],
            [Position(topic, partition, offset) for (topic, partition), offset in engine.positions().items()],
            self._others.generation,
            sum(one.restored for one in recovering),
            sum(one.total for one in recovering),
        )

    def own_reps(self, as_of: int, windows: Collection[str], measures: Collection[int]) -> dict[str, dict[Owner, Cell]]:
        """Return what `measures` of this worker come to at `as_of` (ms) in `windows`, by owner."""
        return sums_of_reps(as_of, self.zone, self._journey_shares(), windows, measures)

    def _journey_shares(self) -> list[JourneyState]:
        engine = self.engine
        return cast("list[JourneyState]", [*engine.shares("events").values(), *engine.shares("floor").values()])

    async def own_over_time(self, as_of: int, asked: OverTime) -> Part:
        """Return what this worker knows at `as_of` (ms) of `asked`; adding it up stands in nobody's way."""
        own = self.own(as_of, LEAST_WINDOW, waiting=False)
        gathered = gather(asked, as_of, self.zone, self._journey_shares())
        async with self._one_at_a_time:
            steps = await asyncio.to_thread(gathered.add_up)
        return msgspec.structs.replace(own, snapshot=msgspec.structs.replace(own.snapshot, steps=steps))

    async def over_time(self, asked: OverTime) -> FloorNow:
        """Return the floor as it is now with the sums over time that are `asked` for, of all workers."""
        own = await self.own_over_time(self.clock.now_ms(), asked)
        others = await self._others.ask(own, LEAST_WINDOW, waiting=False, over_time=asked)
        return await self._whole(own, others)

    async def now(
        self, window: str | None = None, *, waiting: bool = True, by_rep: Collection[str] = WINDOWS
    ) -> FloorNow:
        """
        Return the floor as it is now, of one window or of all, whichever workers it is spread over.

        The leads that wait are left out unless they are asked for: they may be many, and no KPI is made of them. Nor
        need reps be told apart but in the windows of `by_rep`.
        The ends of the logs are asked for after the values were read: `behind` 0 means that nothing was pending then.
        """
        own = self.own(self.clock.now_ms(), window, waiting=waiting, by_rep=by_rep)
        return await self._whole(own, await self._others.ask(own, window, waiting=waiting))

    async def _whole(self, own: Part, others: list[Held]) -> FloorNow:
        judged = judge(self.expected(), [Held(own.generation, own.claims, own), *others], sure=self._others.current)
        behind = await self._behind(judged.parts)
        nothing = snapshot(own.snapshot.as_of, self.zone, [], None)
        return FloorNow(combine([nothing, *(part.snapshot for part in judged.parts)]), behind, judged.recovery)

    def expected(self) -> list[Place]:
        """List the partitions of all groups."""
        return [
            (group.name, partition) for group in self.engine.groups.values() for partition in range(group.partitions)
        ]

    async def _behind(self, parts: Iterable[Part]) -> int | None:
        groups = self.engine.groups.values()
        applied = {(t, p): 0 for group in groups for t in group.topics for p in range(group.partitions)}
        applied |= {(at.topic, at.partition): at.offset for part in parts for at in part.positions}
        try:
            async with asyncio.timeout(BROKER_ANSWERS_WITHIN_S):
                return await self.engine.behind(applied)
        except (KafkaError, RingboardError, OSError, TimeoutError):
            return None
