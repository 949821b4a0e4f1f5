"""Erasing a person: the records that ask for it, and whether the workers have done it."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any, Final

from stream.journeys.base import JOURNEYS
from stream.journeys.erasing import Erasure, encode_erasure, is_past
from stream.kafka.authorised import need_rights
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import check_fingerprint
from stream.kafka.producer import Record, sending
from stream.kafka.rights import rights_of
from stream.kafka.scan_topics import scanning
from stream.kafka.topics import topics
from stream.kpi.facts import Erased
from stream.persons.holdings import take_journey
from stream.persons.person import Who
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stream.clock import Clock
    from stream.kafka.scan_topics import Place
    from stream.persons.holdings import Holdings
    from stream.settings.model import Settings

_PAUSE_S: Final = 0.1


def erasures_of(settings: Settings, holdings: Holdings, now_ms: int) -> list[Erasure]:
    """Return the records that erase `holdings`, all that happened up to now and whatever lies ahead of it already."""
    names = topics(settings)
    person = holdings.person
    at = max(now_ms, holdings.latest_ms + 1)  # after an erasing that is under way, too
    one = f"erased-{uuid.uuid4().hex}"
    leads, numbers = tuple(sorted(person.leads)), tuple(sorted(person.numbers))
    customers = person.customers | {name for name in leads if Who("customer", name).key in holdings.journeys}
    written = (names.events.name, names.events_history.name)
    return [
        *(Erasure(id=one, at=at, kind="lead", name=name, others=numbers, topics=written) for name in leads),
        *(Erasure(id=one, at=at, kind="number", name=name, others=leads, topics=written) for name in numbers),
        *(Erasure(id=one, at=at, kind="customer", name=name, topics=written) for name in sorted(customers)),
    ]


async def ends_of(settings: Settings, erasures: Sequence[Erasure]) -> dict[Place, int]:
    """Return where the changelogs of what is to be erased end now."""
    async with scanning(connection_of(settings), _places(settings, erasures)) as scan:
        return dict(scan.ends)


async def send(settings: Settings, erasures: Sequence[Erasure], clock: Clock) -> None:
    """
    Write the records of one erasing; all of them, or an error that says that it is to be done again.

    Raises RingboardError where the key is not the floor's, or the broker does not take them.
    """
    names = topics(settings)
    rights = [right for right in rights_of("person", names) if right.operation == "Write"]
    await need_rights(connection_of(settings), rights, [topic.name for topic in names])
    await check_fingerprint(connection_of(settings), names, identity_of(settings))
    async with sending(connection_of(settings), clock) as sender:
        await sender.learn(names.events.name, names.events_history.name)
        for erasure in erasures:
            for topic in erasure.topics:
                sender.put(Record(topic, erasure.name.encode(), encode_erasure(erasure)))
        await sender.flush()


async def applied(
    settings: Settings, erasures: Sequence[Erasure], since: Mapping[Place, int], moved: Callable[[int], None]
) -> None:
    """Return when the workers have taken every journey out; `moved` is called with how many they have so far."""
    wanted = {one.key: one for one in erasures}
    found: dict[bytes, list[Any]] = {}
    async with scanning(connection_of(settings), _places(settings, erasures), since=since) as scan:
        while (done := sum(_done(one, found) for one in erasures)) < len(erasures):
            moved(done)
            records, _ = await scan.next()
            for record in records:
                take_journey(record, wanted, found)
            if not records:
                await asyncio.sleep(_PAUSE_S)
    moved(len(erasures))


def _done(erasure: Erasure, found: Mapping[bytes, list[Any]]) -> bool:
    """Return whether the journey has the mark that it was erased then, or later."""
    marks = [fact for fact in found.get(erasure.key, ()) if type(fact) is Erased]
    pasts = any(key.startswith(erasure.key) and is_past(key) for key in found)
    return not pasts and any(mark.done and mark.at >= erasure.at for mark in marks)


def _places(settings: Settings, erasures: Sequence[Erasure]) -> set[Place]:
    changelog = topics(settings).changelog(JOURNEYS, topics(settings).events)
    return {(changelog.name, Who(one.kind, one.name).partition(changelog.partitions)) for one in erasures}
