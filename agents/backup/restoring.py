"""Brings a back-up to a broker: the events as they were, and the states at the same place among them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)

from agents.backup.empty_topics import OF_THE_SENDER, STAMPED, configure, delete_topics, under_way
from agents.backup.reader import reading
from agents.backup.saving import log_topics
from agents.backup.translation import Offsets, rejected_again
from agents.backup.writer import writing
from agents.engine.reserved_records import POSITION_KEY, RESERVED, STATE_ID_KEY, position_value, state_id_value
from agents.preparation import changelogs
from stream.backup.segments import Kept, read_segment
from stream.errors import BrokerAwayError, RingboardError
from stream.journeys.compose import floor_of, groups_of
from stream.journeys.stamp import STAMP, content_of, stamp_of
from stream.kafka.client import LONGEST_WAIT_S
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import Control, check_fingerprint
from stream.kafka.create_topics import create_missing, in_sync
from stream.kafka.fitting import CONFIGS
from stream.kafka.inspecting import described, spans_of
from stream.kafka.producer import Record, sending
from stream.kafka.scan_topics import has_members
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from agents.backup.writer import LogWriter
    from stream.backup.manifest import Cut, Manifest
    from stream.clock import Clock
    from stream.kafka.topics import Topic
    from stream.settings.model import Settings

_RELIEVE_EVERY: Final = 1000
_LOOK_AGAIN_S: Final = 0.2
_SOON: Final = (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError, GroupLoadInProgressError)


@dataclass
class Restored:
    """What a restore did: records of events and states `written`, and how many `states` it brought."""

    written: int = 0
    states: int = 0


class Restore:
    """
    Brings the back-up `manifest` of `folder`, whose files were verified, to the broker of `settings`.

    `moved` is called with how many records were written since the last time.
    """

    def __init__(
        self, settings: Settings, folder: Path, manifest: Manifest, clock: Clock, moved: Callable[[int], None]
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._manifest = manifest
        self._clock = clock
        self._moved = moved
        self._connection = connection_of(settings)
        self._floor = topics(settings)
        self._identity = identity_of(settings)
        groups = groups_of(settings, floor_of(settings), clock)
        self._tables = changelogs(settings, groups)
        self._groups = {group.name: group for group in groups}
        self._offsets = Offsets(folder, manifest)
        by_name = {topic.name: topic for topic in (*self._floor, *self._tables.values())}
        self._logs = [self._as_it_was(by_name[name]) for name in log_topics(self._floor)]
        self._of_states = [self._floor.links, *self._tables.values()]
        self._done = Restored()

    async def to_empty(self, *, rebuild: bool) -> Restored:
        """
        Restore all of it; with `rebuild`, the events without the states: the workers then make the numbers anew.

        Raises:
            RingboardError: a worker runs, the broker has events already, or the key or the partitions are others.

        """
        self._need_same_floor()
        await self._need_empty()
        await delete_topics(self._connection, [topic.name for topic in self._of_states])
        every = [*self._logs, *self._of_states]
        replicas = self._settings.replication_factor
        await create_missing(self._connection, [under_way(topic) for topic in every], replicas)
        await configure(self._connection, [under_way(topic) for topic in self._logs], in_sync(replicas))
        await create_missing(self._connection, [self._floor.control], replicas)
        await check_fingerprint(self._connection, self._floor, self._identity)
        cuts = [] if rebuild else self._manifest.cuts
        starts = await self._starts(cuts)
        async with writing(self._connection, self._count) as writer:
            for place, end in starts.items():
                records = self._log(place, cuts)
                await writer.write(place, islice(records, end, None), end)
            for cut in cuts:
                await self._write_state(writer, cut)
        if stamp := stamp_of(self._settings) if rebuild else self._manifest.stamp:
            control = Control(self._connection, self._floor.control.name, self._identity)
            await control.write(STAMP, content_of(stamp))
        # From here on the worker takes it for a whole floor.
        await configure(self._connection, every, in_sync(replicas))
        self._done.states = len(cuts)
        return self._done

    async def merge(self) -> Restored:
        """
        Add the events of the back-up to those that the broker has; those that it has already count once.

        Workers may run. Refused records and the parts of calls stay out: they say nothing that is counted.
        """
        self._need_same_floor()
        replicas = self._settings.replication_factor
        every = [*self._logs, *self._of_states]
        await create_missing(self._connection, [*every, self._floor.control], replicas)
        await check_fingerprint(self._connection, self._floor, self._identity)
        there = await described(self._connection, {topic.name for topic in every}, CONFIGS)
        unfinished = [one for one in every if there.get(one.name, (0, {}))[1].get(STAMPED) == OF_THE_SENDER]
        left_out = {self._floor.rejected.name, self._floor.legs.name}
        names = [topic.name for topic in self._logs if topic.name not in left_out]
        async with sending(self._connection, self._clock) as sender:
            await sender.learn(*names)
            for number, record in enumerate(chain.from_iterable(map(self._every_record, names)), 1):
                sender.put(record)
                if number % _RELIEVE_EVERY == 0:
                    await sender.relieve()
                    self._count(_RELIEVE_EVERY)
            await sender.flush()
        if unfinished:
            await configure(self._connection, unfinished, in_sync(replicas))
        return self._done

    def _as_it_was(self, topic: Topic) -> Topic:
        kept = self._manifest.topics.get(topic.name)
        return topic if kept is None else replace(topic, config={**topic.config, **kept.config})

    def _count(self, written: int) -> None:
        self._done.written += written
        self._moved(written)

    def _need_same_floor(self) -> None:
        manifest, settings = self._manifest, self._settings
        if manifest.app_id != settings.app_id:
            raise RingboardError(
                f"app_id: the back-up is of {manifest.app_id}, the settings say {settings.app_id}; "
                f"set RINGBOARD_APP_ID to {manifest.app_id}"
            )
        own = self._identity.fingerprint()
        if manifest.fingerprint != own:
            raise RingboardError(
                f"pseudonym_key: this one has the fingerprint {own}, the back-up's numbers are under "
                f"{manifest.fingerprint}; set RINGBOARD_PSEUDONYM_KEY, or put that pseudonym.key into data_dir"
            )
        kept = manifest.topics.get(self._floor.events.name)
        partitions = len(kept.partitions) if kept is not None else settings.partitions
        if partitions != settings.partitions:
            raise RingboardError(
                f"partitions: the back-up has {partitions}, the settings say {settings.partitions}; "
                f"set RINGBOARD_PARTITIONS to {partitions}"
            )

    async def _need_empty(self) -> None:
        if await self._any_worker():
            raise RingboardError(f"workers of {self._settings.app_id} run; stop them all, then restore")
        there = await described(self._connection, {topic.name for topic in self._logs}, CONFIGS)
        places = [(name, number) for name, (count, config) in there.items() for number in range(count)]
        filled = sorted({place[0] for place, (_, end) in (await spans_of(self._connection, places)).items() if end})
        foreign = [name for name in filled if there[name][1].get(STAMPED) != OF_THE_SENDER]
        if foreign:
            raise RingboardError(
                f"topic {foreign[0]}: has records already; restore to an empty broker, or with --merge, which adds the "
                "events of the back-up to them"
            )

    async def _any_worker(self) -> bool:
        deadline = time.monotonic() + LONGEST_WAIT_S
        while True:
            try:
                return await has_members(self._connection, self._settings.app_id)
            except BrokerAwayError as error:
                # A new broker first has to make the topic of groups.
                if not isinstance(error.__cause__, _SOON) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _starts(self, cuts: Iterable[Cut]) -> dict[tuple[str, int], int]:
        """Return by log how many of its records an earlier run has written; those are of this back-up, or it raises."""
        places = [(topic.name, number) for topic in self._logs for number in range(topic.partitions)]
        spans = await spans_of(self._connection, places)
        starts = {place: spans[place][1] for place in places}
        last = {place: (end - 1, end) for place, end in starts.items() if end > spans[place][0]}
        if last:
            async with reading(self._connection) as reader:
                async for place, records in reader.read(last):
                    (found,) = records
                    own = next(islice(self._log(place, cuts), found.offset, None), None)
                    if own is None or (own.at, own.checksum) != (found.at, found.checksum):
                        raise RingboardError(
                            f"topic {place[0]}: a restore was begun there, of something else than this back-up; "
                            "restore to an empty broker, or with --merge"
                        )
        return starts

    def _log(self, place: tuple[str, int], cuts: Iterable[Cut]) -> Iterator[Kept]:
        """Yield the records of a log as they are to be restored."""
        records = self._kept(place)
        if place[0] == self._floor.rejected.name:
            folded = {(topic, cut.partition): offset for cut in cuts for topic, offset in cut.next.items()}
            return rejected_again(records, self._offsets, folded)
        return records

    def _kept(self, place: tuple[str, int]) -> Iterator[Kept]:
        topic, partition = place
        kept = self._manifest.topics.get(topic)
        for segment in kept.partitions[partition].segments if kept is not None else ():
            yield from read_segment(self._folder, segment)

    def _every_record(self, topic: str) -> Iterator[Record]:
        for partition in range(len(self._manifest.topics[topic].partitions)):
            for one in self._kept((topic, partition)):
                if one.value is not None:
                    yield Record(topic, one.key, one.value)

    async def _write_state(self, writer: LogWriter, cut: Cut) -> None:
        """Write the tables and the links of a state, and how far events were folded into it in the offsets of now."""
        links = (self._floor.links.name, cut.partition)
        if links[0] in cut.next:
            await writer.write(links, self._kept(links), 0)
        now = self._clock.now_ms()
        position = {topic: self._offsets.new(topic, cut.partition, offset) for topic, offset in cut.next.items()}
        for number, table in enumerate(self._groups[cut.group].tables):
            place = (self._tables[table].name, cut.partition)
            own = {STATE_ID_KEY: state_id_value(cut.state_id)}
            if number == 0:
                own[POSITION_KEY] = position_value(cut.state_id, position)
            await writer.write(place, chain(self._latest(place), _reserved(own, now)), 0)

    def _latest(self, place: tuple[str, int]) -> Iterator[Kept]:
        """Yield the last record of every key of a table, as compaction would leave them."""
        latest: dict[bytes | None, Kept] = {}
        for one in self._kept(place):
            if one.key is not None and one.key[:1] == RESERVED:
                continue
            if one.value is None:
                latest.pop(one.key, None)
            else:
                latest[one.key] = one
        yield from latest.values()


def _reserved(records: Mapping[bytes, bytes], now_ms: int) -> Iterator[Kept]:
    for key, value in records.items():
        yield Kept(0, now_ms, key, value)
