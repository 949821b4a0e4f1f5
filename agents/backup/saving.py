"""One run of a back-up: reads what is new of a floor's topics, and replaces the manifest when all of it is on disk."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from agents.backup.reader import reading
from agents.backup.states import StatesReader
from agents.preparation import changelogs
from stream.backup.appending import Appender
from stream.backup.manifest import (
    Manifest,
    PartitionLog,
    TopicLog,
    delete_unused,
    locked,
    read_manifest,
    write_manifest,
)
from stream.errors import RingboardError
from stream.journeys.compose import floor_of, groups_of
from stream.journeys.stamp import STAMP
from stream.kafka.authorised import need_rights
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import Control, compare_fingerprint
from stream.kafka.fitting import CONFIGS
from stream.kafka.inspecting import described
from stream.kafka.rights import rights_of
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from agents.backup.reader import Place, Reader
    from agents.backup.states import States
    from stream.clock import Clock
    from stream.kafka.inspecting import Described
    from stream.kafka.topics import Topics
    from stream.settings.model import Settings

_KEPT_CONFIGS: Final = ("retention.ms", "retention.bytes", "max.message.bytes")


@dataclass
class Saved:
    """
    What a run did: records `read`, those that the back-up has now with their bytes, and what there is to say.

    `states` are those it has, of which `of_before` are of an earlier run; `lost` how many offsets of events had left
    the topics before they were backed up.
    """

    read: int = 0
    records: int = 0
    bytes: int = 0
    states: int = 0
    of_before: int = 0
    lost: int = 0
    logs: dict[Place, PartitionLog] = field(default_factory=dict)


async def back_up(settings: Settings, folder: Path, clock: Clock, moved: Callable[[int], None]) -> Saved:
    """
    Bring the back-up in `folder` up to now; `moved` is called with how many records were read since the last time.

    Until its last moment, and if it is ended before, the back-up is what it was.

    Raises:
        RingboardError: the folder cannot be written, or is of another floor, key or broker; or the broker fails.

    """
    with locked(folder):
        before = read_manifest(folder)
        delete_unused(folder, before)
        run = _Run(settings, folder, before, clock, moved)
        return await run.run()


def log_topics(floor: Topics) -> tuple[str, ...]:
    """Return the topics of which everything is kept that they have, for as long as they have it."""
    kept = (
        floor.events,
        floor.events_history,
        floor.floor,
        floor.floor_history,
        floor.spend,
        floor.rejected,
        floor.legs,
    )
    return tuple(topic.name for topic in kept)


class _Run:
    def __init__(
        self, settings: Settings, folder: Path, before: Manifest | None, clock: Clock, moved: Callable[[int], None]
    ) -> None:
        self._settings = settings
        self._connection = connection_of(settings)
        self._floor = topics(settings)
        self._folder = folder
        self._before = before
        self._clock = clock
        self._now = clock.now_ms()
        self._moved = moved
        self._saved = Saved()

    async def run(self) -> Saved:
        identity = identity_of(self._settings)
        fingerprint = identity.fingerprint()
        self._need_same_floor(fingerprint)
        await need_rights(self._connection, rights_of("backup", self._floor), [topic.name for topic in self._floor])
        control = self._floor.control.name
        await compare_fingerprint(self._connection, control, identity)
        stamp = (await Control(self._connection, control, identity).read_all()).get(STAMP)
        groups = groups_of(self._settings, floor_of(self._settings), self._clock)
        tables = changelogs(self._settings, groups)
        names = {*log_topics(self._floor), self._floor.links.name, *(topic.name for topic in tables.values())}
        there = await described(self._connection, names, CONFIGS)
        if lacking := sorted(names - there.keys()):
            raise RingboardError(f"topic {lacking[0]}: not there; `ringboard worker` creates it when it starts")
        async with reading(self._connection) as reader:
            # The states first: then the events that they were made from are read at least as far.
            states = await StatesReader(reader, self._folder, self._before, self._moved).read(groups, tables, self._now)
            await self._read_logs(reader, there)
            await self._read_links(reader, states)
        self._saved.logs |= states.logs
        self._saved.read += states.read
        manifest = Manifest(
            app_id=self._settings.app_id,
            fingerprint=fingerprint,
            at=self._now,
            stamp=orjson.loads(stamp) if stamp is not None else {},
            topics=self._topics(there),
            cuts=states.cuts,
        )
        write_manifest(self._folder, manifest)
        self._saved.records, self._saved.bytes = manifest.records, manifest.size
        self._saved.states, self._saved.of_before = len(states.cuts), states.of_before
        return self._saved

    def _need_same_floor(self, fingerprint: str) -> None:
        before = self._before
        if before is not None and (before.app_id, before.fingerprint) != (self._settings.app_id, fingerprint):
            raise RingboardError(
                f"{self._folder}: the back-up of {before.app_id} under the key {before.fingerprint}, not of "
                f"{self._settings.app_id} under {fingerprint}; name another folder"
            )

    async def _read_logs(self, reader: Reader, there: Described) -> None:
        logs = {place: self._known(place) for name in log_topics(self._floor) for place in _places(name, there)}
        begins, ends = await reader.begins(logs), await reader.committed_ends(logs)
        spans, appenders = {}, {}
        for place, log in logs.items():
            if ends[place] < log.next:
                raise self._made_anew(place)
            last = log.last.offset if log.last is not None else log.next
            # The last record that is kept is read again, to see that it is the same topic.
            first = last if begins[place] <= last else max(log.next, begins[place])
            self._saved.lost += max(0, begins[place] - log.next) if log.next else 0
            spans[place] = (first, ends[place])
            appenders[place] = Appender(self._folder, place, log)
        unseen = {place: log.last for place, log in logs.items() if log.last is not None and spans[place][0] < log.next}
        async with aclosing(reader.read(spans)) as chunks:
            async for place, records in chunks:
                new = records
                if records and (last_kept := unseen.pop(place, None)) is not None:
                    first_read = records[0]
                    if (first_read.offset, first_read.at, first_read.checksum) != (
                        last_kept.offset,
                        last_kept.at,
                        last_kept.checksum,
                    ):
                        raise self._made_anew(place)
                    new = records[1:]
                appenders[place].add(new)
                self._saved.read += len(new)
                self._moved(len(new))
        if unseen:
            raise self._made_anew(next(iter(unseen)))
        for place, appender in appenders.items():
            self._saved.logs[place] = self._without_old(appender.finish(ends[place]), there[place[0]][1])

    async def _read_links(self, reader: Reader, states: States) -> None:
        """Read what was passed on and not folded yet: all else of the links is in the states."""
        name = self._floor.links.name
        begins = {(name, cut.partition): cut.next[name] for cut in states.cuts if name in cut.next}
        ends = await reader.committed_ends(begins)
        spans = {place: (first, ends[place]) for place, first in begins.items()}
        appenders = {place: Appender(self._folder, place, PartitionLog(first)) for place, first in begins.items()}
        async with aclosing(reader.read(spans)) as chunks:
            async for place, records in chunks:
                appenders[place].add(records)
                self._saved.read += len(records)
        for place, appender in appenders.items():
            self._saved.logs[place] = appender.finish(ends[place])

    def _known(self, place: Place) -> PartitionLog:
        topic = self._before.topics.get(place[0]) if self._before is not None else None
        return topic.partitions[place[1]] if topic is not None and place[1] < len(topic.partitions) else PartitionLog()

    def _without_old(self, log: PartitionLog, config: Mapping[str, str]) -> PartitionLog:
        """Leave out the files all of whose records are older than the topic would keep them."""
        retention = int(config.get("retention.ms", "-1"))
        if retention < 0:
            return log
        kept = [one for one in log.segments if one.latest >= self._now - retention]
        return PartitionLog(log.next, log.last, kept)

    def _topics(self, there: Described) -> dict[str, TopicLog]:
        found = {}
        for name, (count, config) in sorted(there.items()):
            logs = [self._saved.logs.get((name, number), PartitionLog()) for number in range(count)]
            found[name] = TopicLog(logs, {key: config[key] for key in _KEPT_CONFIGS if key in config})
        return found

    def _made_anew(self, place: Place) -> RingboardError:
        return RingboardError(
            f"topic {place[0]}: it was made anew, and is not the one that {self._folder} has; keep that, and back up "
            "to another folder"
        )


def _places(name: str, there: Described) -> list[Place]:
    return [(name, number) for number in range(there[name][0])]
