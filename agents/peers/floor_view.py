"""Reads the numbers of the whole floor at one moment, for the pages, and whether they are complete."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol, cast

import msgspec
from aiokafka.errors import KafkaError

from agents.peers.claims import RECOVERING, Claim, Holder, Part, Place, Position, Recovery, judge
from stream.errors import RingboardError
from stream.journeys.over_time import OverTime, gather
from stream.journeys.reader import Snapshot, combine, snapshot, sums_of_reps
from stream.journeys.week import hours_of_the_week
from stream.kpi.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import tzinfo

    from stream.clock import Clock
    from stream.journeys.base import JourneyState
    from stream.journeys.due import ToDo
    from stream.journeys.partition_state import Group, PartitionState
    from stream.journeys.spend import SpendState
    from stream.kpi.cells import Cell, Owner
    from stream.kpi.hours import WeekHour

BROKER_ANSWERS_WITHIN_S: Final = 4.0
LEAST_WINDOW: Final = "5m"  # the cheapest window, for requests that need none


class Status(Protocol):
    """The status of one partition of this worker."""

    group: str
    partition: int
    state: str
    restored: int
    total: int


class EngineView(Protocol):
    """What the pages read of the engine; all but `behind` returns at once, and is consistent until the next await."""

    @property
    def groups(self) -> Mapping[str, Group]:
        """All groups of the floor, by name."""

    def states(self, group: str) -> Mapping[int, PartitionState]:
        """Return the states of the ready partitions of `group`."""

    def status(self) -> Sequence[Status]:
        """Return the status of every partition of this worker."""

    def positions(self) -> Mapping[Place, int]:
        """Return the next offset to apply of each (topic, partition) that is ready here."""

    def lag(self) -> Mapping[Place, int]:
        """Return for each ready (topic, partition) how many records it is behind, as of the last read."""

    async def behind(self, applied: Mapping[Place, int] | None = None) -> int:
        """Return how many records lie between `applied` and the ends of the logs, which are read now."""


class FloorNow(msgspec.Struct, frozen=True):
    """
    The floor at `snapshot.as_of`.

    `recovering` is None if each partition is ready at exactly one worker and the snapshot contains all of them; else it
    says what is missing. `behind`: records not in the numbers yet; None if the broker did not answer.
    """

    snapshot: Snapshot
    behind: int | None
    recovering: Recovery | None = None

    @property
    def complete(self) -> bool:
        """Whether the numbers are of the whole floor, and how far behind they are is known."""
        return self.recovering is None and self.behind is not None


class Others(Protocol):
    """The other workers of the floor, and the generation of this one."""

    @property
    def current(self) -> bool:
        """Whether this worker's list of the others is up to date."""

    @property
    def generation(self) -> int:
        """The generation of the consumer group in which this worker was assigned its partitions."""

    async def ask(
        self,
        own: Part,
        window: str | None,
        *,
        waiting: bool,
        due: ToDo | None = None,
        over_time: OverTime | None = None,
    ) -> list[Holder]:
        """Return the others with their parts at the `as_of` of `own`: of one window or all, or over time."""


class Alone:
    """Stands for the others where there are none."""

    current = True
    generation = 0

    async def ask(
        self,
        own: Part,
        window: str | None,
        *,
        waiting: bool,
        due: ToDo | None = None,
        over_time: OverTime | None = None,
    ) -> list[Holder]:
        """Return an empty list."""
        del own, window, waiting, due, over_time
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
        due: ToDo | None = None,
    ) -> Part:
        """
        Return this worker's part at `as_of` (ms), of one window or of all; with the leads that wait if `waiting`.

        With `due`, the follow-ups that are to be made are in it, and the customers at risk. Only in the windows of
        `by_rep` are the numbers split by rep.
        """
        engine = self.engine
        spend = cast("SpendState | None", next(iter(engine.states("spend").values()), None))
        windows = WINDOWS if window is None else (window,)
        values = snapshot(
            as_of, self.zone, self._journey_states(), spend, waiting=waiting, windows=windows, by_rep=by_rep, due=due
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
        """Return the sums of `measures` of this worker at `as_of` (ms) in `windows`, by owner."""
        return sums_of_reps(as_of, self.zone, self._journey_states(), windows, measures)

    def own_hours(self, as_of: int, measures: frozenset[int]) -> dict[tuple[WeekHour, str | None], Cell]:
        """Return the sums of `measures` of this worker in 30 days, by hour of the week and campaign."""
        return hours_of_the_week(as_of, self.zone, self._journey_states(), measures)

    def _journey_states(self) -> list[JourneyState]:
        engine = self.engine
        return cast("list[JourneyState]", [*engine.states("events").values(), *engine.states("floor").values()])

    async def own_over_time(self, as_of: int, query: OverTime) -> Part:
        """Return this worker's part of `query` at `as_of` (ms); the adding up runs in a thread."""
        own = self.own(as_of, LEAST_WINDOW, waiting=False)
        gathered = gather(query, as_of, self.zone, self._journey_states())
        async with self._one_at_a_time:
            steps = await asyncio.to_thread(gathered.add_up)
        return msgspec.structs.replace(own, snapshot=msgspec.structs.replace(own.snapshot, steps=steps))

    async def over_time(self, query: OverTime) -> FloorNow:
        """Return the floor as it is now, with the sums over time of `query`, from all workers."""
        own = await self.own_over_time(self.clock.now_ms(), query)
        others = await self._others.ask(own, LEAST_WINDOW, waiting=False, over_time=query)
        return await self._whole(own, others)

    async def now(
        self,
        window: str | None = None,
        *,
        waiting: bool = True,
        by_rep: Collection[str] = WINDOWS,
        due: ToDo | None = None,
    ) -> FloorNow:
        """
        Return the floor as it is now, of one window or of all, from all workers.

        The leads that wait are in it only if `waiting`, and what is to be done only as `due` says: it may be much, and
        no KPI is made of it. Only in the windows of `by_rep` are the numbers split by rep.
        The ends of the logs are read after the values: `behind` 0 means that nothing was pending then.
        """
        own = self.own(self.clock.now_ms(), window, waiting=waiting, by_rep=by_rep, due=due)
        return await self._whole(own, await self._others.ask(own, window, waiting=waiting, due=due))

    async def _whole(self, own: Part, others: list[Holder]) -> FloorNow:
        judged = judge(self.expected(), [Holder(own.generation, own.claims, own), *others], sure=self._others.current)
        behind = await self._behind(judged.parts)
        nothing = snapshot(own.snapshot.as_of, self.zone, [], None)
        return FloorNow(combine([nothing, *(part.snapshot for part in judged.parts)]), behind, judged.recovery)

    def expected(self) -> list[Place]:
        """Return the partitions of all groups."""
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
