"""Everything that is held of one person: journeys in the state, and records in the topics."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import orjson

from stream.intake.rejected import Rejected, read_rejected
from stream.journeys.base import JOURNEYS
from stream.journeys.erasing import ERASED, past_key
from stream.journeys.passing import read_message
from stream.journeys.store import facts_of
from stream.kafka.authorised import need_rights
from stream.kafka.connection import connection_of
from stream.kafka.inspecting import described
from stream.kafka.rights import rights_of
from stream.kafka.scan_topics import scanning
from stream.kafka.topics import topics
from stream.kpi.facts import Erased
from stream.persons.person import owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream.kafka.scan_topics import Place
    from stream.persons.person import Person
    from stream.settings.model import Settings

RETENTION: Final = ("retention.ms", "segment.ms")
_DAY_MS: Final = 86_400_000
_OF_EVENTS: Final = ("lead", "number", "customer")
_OF_ERASURES: Final = ("name",)


class Mention(NamedTuple):
    """A record in a topic that has `names` of the person; `at_ms` is when it came there."""

    topic: str
    partition: int
    offset: int
    at_ms: int
    what: str
    names: frozenset[str]
    id: str | None = None


@dataclass(slots=True)
class Holdings:
    """
    What is held of `person`: `journeys` by key, as the changelogs have them, and the `records` that name them.

    `until` says for each topic with such records until when (ms) they may be there.
    """

    person: Person
    journeys: dict[bytes, list[Any]] = field(default_factory=dict)
    records: list[Mention] = field(default_factory=list)
    until: dict[str, int] = field(default_factory=dict)

    def known(self) -> dict[bytes, list[Any]]:
        """Return the journeys that know anything but that they were erased."""
        return {key: facts for key, facts in self.journeys.items() if not all(type(fact) is Erased for fact in facts)}

    @property
    def latest_ms(self) -> int:
        """The moment of the latest thing that is known."""
        return max((fact.at for facts in self.journeys.values() for fact in facts), default=0)


async def holdings_of(settings: Settings, person: Person, moved: Callable[[int, int], None]) -> Holdings:
    """
    Return all that is held of `person`, and of whoever turns out to be the same person.

    `moved` is called with how many records have been read of how many. Raises RingboardError where the broker does not
    answer, the topics are not there, or it lets nobody read them.
    """
    names = topics(settings)
    rights = [right for right in rights_of("person", names) if right.operation != "Write"]
    read = [*names, names.changelog(JOURNEYS, names.events)]
    await need_rights(connection_of(settings), rights, [topic.name for topic in read])
    holdings = Holdings(person)
    known: set[str] = set()
    while known != (known := person.names()):
        holdings.journeys = await journeys_of(settings, person)
        for key, facts in holdings.journeys.items():
            person.learn(owner_of(key)[0], facts)
        if known == person.names():  # else there are more journeys to read first
            holdings.records = await _records(settings, person, moved)
            known = set() if known != person.names() else known
    there = {owner_of(key)[1] for key in holdings.journeys}.union(*(record.names for record in holdings.records))
    person.leads &= there
    person.numbers &= there
    holdings.until = await _until(settings, holdings.records)
    return holdings


async def journeys_of(settings: Settings, person: Person) -> dict[bytes, list[Any]]:
    """Return, by key, the facts of the person's journeys, as the changelog has them now."""
    wanted = {who.key: who for who in person.everyone()}
    changelog = topics(settings).changelog(JOURNEYS, topics(settings).events)
    places = {(changelog.name, who.partition(changelog.partitions)) for who in wanted.values()}
    found: dict[bytes, list[Any]] = {}
    async with scanning(connection_of(settings), places) as scan:
        while not scan.done:
            for record in (await scan.next())[0]:
                take_journey(record, wanted, found)
    return found


def take_journey(record: Any, wanted: Mapping[bytes, object], found: dict[bytes, list[Any]]) -> None:
    """Take a record of the changelog into `found`, if it is of a journey that is `wanted`, or of its past."""
    key = record.key or b""
    if key.partition(past_key(b"", ""))[0] in wanted:
        if record.value is None:
            found.pop(key, None)
        else:
            with suppress(msgspec.MsgspecError, IndexError):
                found[key] = facts_of(record.value)


async def _records(settings: Settings, person: Person, moved: Callable[[int, int], None]) -> list[Mention]:
    names = topics(settings)
    read = (
        names.events,
        names.links,
        names.events_history,
        names.floor,
        names.floor_history,
        names.rejected,
        names.legs,
    )
    places: list[Place] = [(topic.name, number) for topic in read for number in range(topic.partitions)]
    readers = {
        names.links.name: _of_links,
        names.rejected.name: _of_rejected,
        names.legs.name: _of_parts,
    }
    found = []
    async with scanning(connection_of(settings), places) as scan:
        while not scan.done:
            records, passed = await scan.next()
            moved(passed, scan.total)
            needles = [name.encode() for name in person.names()]
            for record in records:
                value = record.value or b""
                if record.key not in needles and not any(needle in value for needle in needles):
                    continue
                mention = readers.get(record.topic, _of_events)(record, person)
                if mention is not None:
                    found.append(mention)
    return sorted(found, key=lambda one: one[:3])


def _of_events(record: Any, person: Person) -> Mention | None:
    try:
        event = orjson.loads(record.value)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(event, dict):
        return None
    fields = _OF_ERASURES if event.get("type") == ERASED else _OF_EVENTS
    names = {name for field in fields if isinstance(name := event.get(field), str)}
    if not names & person.names():
        return None
    lead, number = event.get("lead"), event.get("number")
    if isinstance(lead, str) and isinstance(number, str):  # it names one of the two, so the other is of the person too
        person.leads.add(lead)
        person.numbers.add(number)
    return _mention(record, str(event.get("type")), names, str(event.get("id")))


def _of_links(record: Any, person: Person) -> Mention | None:
    try:
        message = read_message(record.value)
    except (msgspec.MsgspecError, RecursionError):
        return _of_events(record, person)
    names = {getattr(fact, name, None) for fact in message.facts for name in ("id", "number")}
    names.add((record.key or b"").decode("utf-8", "replace"))
    return _mention(record, "what leads and numbers send each other", names & person.names())


def _of_rejected(record: Any, person: Person) -> Mention | None:
    read = read_rejected(record.value)
    if not isinstance(read, Rejected):
        return None
    return _mention(record, f"refused: {read.reason}", _named_in(read.content.decode("utf-8", "replace"), person))


def _of_parts(record: Any, person: Person) -> Mention | None:
    return _mention(record, "a part of a call", _named_in((record.value or b"").decode("utf-8", "replace"), person))


def _named_in(text: str, person: Person) -> set[str]:
    """Return which of the person's names stand in `text` by themselves, and not as a piece of another word."""
    return {name for name in person.names() if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)}


def _mention(record: Any, what: str, names: set[Any], id_: str | None = None) -> Mention | None:
    if not names:
        return None
    return Mention(record.topic, record.partition, record.offset, record.timestamp, what, frozenset(names), id_)


async def _until(settings: Settings, records: list[Mention]) -> dict[str, int]:
    """
    Return until when (ms) the topics have the records at the latest, by topic.

    A segment goes when its latest record is older than the retention, and takes records for `segment.ms`.
    """
    if not records:
        return {}
    there = await described(connection_of(settings), {record.topic for record in records}, RETENTION)
    until: dict[str, int] = {}
    for record in records:
        config = there.get(record.topic, (0, {}))[1]
        kept = int(config.get("retention.ms", -1))
        if kept >= 0:
            end = record.at_ms + kept + int(config.get("segment.ms", _DAY_MS))
            until[record.topic] = max(until.get(record.topic, 0), end)
    return until
