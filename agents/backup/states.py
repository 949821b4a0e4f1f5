"""Reads the states of all partitions from their changelogs while workers write them, each as of one moment."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from agents.engine.reserved_records import RESERVED, ReservedRecords
from stream.backup.appending import Appender
from stream.backup.manifest import Cut, PartitionLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from agents.backup.reader import Place, Reader
    from stream.backup.manifest import Manifest
    from stream.journeys.partition_state import Group
    from stream.kafka.topics import Topic

# Within a day a broker deletes nothing of a compacted topic that says of a key that it is gone (`delete.retention.ms`);
# and what was erased is gone from here as soon as from there.
WHOLE_AGAIN_MS: Final = 20 * 3_600_000
_QUIET_WITHIN_S: Final = 90.0  # longer than the transaction of a dead worker stays open
_LOOK_AGAIN_S: Final = 0.02


@dataclass
class _Unit:
    """The tables of one partition of a group, while they are read; `before` is what an earlier run has of them."""

    group: Group
    partition: int
    tables: dict[Place, str]
    before: Cut | None
    appenders: dict[Place, Appender] = field(default_factory=dict)
    next: dict[Place, int] = field(default_factory=dict)
    found: ReservedRecords = field(default_factory=ReservedRecords)

    def begin(self, logs: Mapping[Place, PartitionLog], folder: Path) -> None:
        """Read on after `logs`."""
        self.found = ReservedRecords()
        self.next = {place: logs[place].next for place in self.tables}
        self.appenders = {place: Appender(folder, place, logs[place]) for place in self.tables}

    @property
    def another(self) -> bool:
        """Whether the tables were made anew since an earlier run read them."""
        ids = {*self.found.state_ids.values(), self.found.position_state_id} - {None}
        return self.before is not None and bool(ids - {self.before.state_id})

    def cut(self, now_ms: int) -> Cut | None:
        """Return the state that was read; None where nothing was folded yet, or a table of it was deleted."""
        found, before = self.found, self.before
        if before is None and not found.complete(self.group.tables):
            return None
        if found.position is None:
            return before
        since = now_ms if before is None else before.since
        return Cut(self.group.name, self.partition, found.position_state_id or "", found.position, since)


@dataclass
class States:
    """What was read: the `logs` of changelogs, the `cuts`, and how many of them are those of an earlier run."""

    logs: dict[Place, PartitionLog] = field(default_factory=dict)
    cuts: list[Cut] = field(default_factory=list)
    of_before: int = 0
    read: int = 0


class StatesReader:
    """Reads with `reader` the changelogs of `groups` into `folder`, on from what the manifest `before` has of them."""

    def __init__(self, reader: Reader, folder: Path, before: Manifest | None, moved: Callable[[int], None]) -> None:
        self._reader = reader
        self._folder = folder
        self._moved = moved
        self._cuts = {(one.group, one.partition): one for one in before.cuts} if before is not None else {}
        self._logs: dict[Place, PartitionLog] = {
            (name, number): log
            for name, topic in (before.topics if before is not None else {}).items()
            for number, log in enumerate(topic.partitions)
        }
        self._states = States()

    async def read(self, groups: Sequence[Group], changelogs: Mapping[str, Topic], now_ms: int) -> States:
        """Return the state of every partition, or that of an earlier run where workers do not pause between two."""
        units = [
            _Unit(group, number, {(changelogs[table].name, number): table for table in group.tables}, None)
            for group in groups
            for number in range(group.partitions)
        ]
        places = [place for unit in units for place in unit.tables]
        begins, ends = await self._reader.begins(places), await self._reader.committed_ends(places)
        for unit in units:
            cut = self._cuts.get((unit.group.name, unit.partition))
            if cut is not None and now_ms - cut.since < WHOLE_AGAIN_MS and self._go_on(unit, ends):
                unit.before = cut
        await self._read(units, begins, ends, now_ms)
        if another := [unit for unit in units if unit.another]:
            for unit in another:
                unit.before = None
            await self._read(another, begins, await self._reader.committed_ends(places), now_ms)
        return self._states

    def _go_on(self, unit: _Unit, ends: Mapping[Place, int]) -> bool:
        return all(place in self._logs and self._logs[place].next <= ends[place] for place in unit.tables)

    async def _read(
        self, units: Sequence[_Unit], begins: Mapping[Place, int], ends: Mapping[Place, int], now_ms: int
    ) -> None:
        for unit in units:
            fresh = {place: PartitionLog(begins[place]) for place in unit.tables}
            unit.begin(self._logs if unit.before is not None else fresh, self._folder)
        # First the bulk: a broker may compact it meanwhile, and leave newer records of the same keys. Those lie before
        # the cut that is looked for afterwards, from which hardly anything is left to read.
        await self._read_to(units, ends)
        deadline = time.monotonic() + _QUIET_WITHIN_S
        left = [unit for unit in units if not unit.another]
        while left:
            quiet = await self._reader.quiet_ends([place for unit in left for place in unit.tables])
            whole = [unit for unit in left if unit.tables.keys() <= quiet.keys()]
            await self._read_to(whole, quiet)
            self._take(whole, quiet, now_ms)
            left = [unit for unit in left if unit not in whole]
            if left and time.monotonic() > deadline:
                self._leave(left)
                return
            if left:
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def _read_to(self, units: Iterable[_Unit], ends: Mapping[Place, int]) -> None:
        unit_of = {place: unit for unit in units for place in unit.tables}
        spans = {place: (unit.next[place], ends[place]) for place, unit in unit_of.items()}
        async with aclosing(self._reader.read(spans)) as chunks:
            async for place, records in chunks:
                unit = unit_of[place]
                for one in records:
                    if one.key is not None and one.key[:1] == RESERVED:
                        unit.found.take(unit.tables[place], one.key, one.value)
                unit.appenders[place].add(records)
                self._states.read += len(records)
                self._moved(len(records))
        for place, (_, end) in spans.items():
            unit_of[place].next[place] = end

    def _take(self, units: Iterable[_Unit], ends: Mapping[Place, int], now_ms: int) -> None:
        for unit in units:
            if unit.another or (cut := unit.cut(now_ms)) is None:
                continue
            self._states.cuts.append(cut)
            for place, appender in unit.appenders.items():
                self._states.logs[place] = appender.finish(ends[place])

    def _leave(self, units: Iterable[_Unit]) -> None:
        """Keep what an earlier run has: what came since is in the events."""
        for unit in units:
            cut = self._cuts.get((unit.group.name, unit.partition))
            if cut is not None:
                self._states.cuts.append(cut)
                self._states.logs |= {place: self._logs[place] for place in unit.tables if place in self._logs}
            self._states.of_before += 1
