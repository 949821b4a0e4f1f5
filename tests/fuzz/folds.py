"""What a worker reads as a target: the control topic, the folds of each topic, and changelogs."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

import msgspec

from agents.peers.refusals import Refusals
from agents.peers.roster import Roster
from stream.clock import FixedClock
from stream.errors import RingboardError
from stream.journeys.stamp import _read as read_stamp
from stream.kafka.signed_record import RecordSigner
from stream.kpi.responses import response_of
from stream.privacy.identity import Identity
from tests.floor_in_memory import FloorInMemory
from tests.fuzz import seeds
from tests.fuzz.fuzzing import Target
from tests.fuzz.sending import ANEW, blame
from tests.unit.events.test_reading import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _control() -> Target:
    signer = RecordSigner("c", Identity(b"a key of the tests, and of nothing else", "FR"))

    def run(data: bytes) -> None:
        roster = Roster("me", signer, FixedClock(NOW), Refusals())
        for key in (b"worker/x", data[:20]):
            signed = signer.headers(key, data)
            for headers in ((), signed, [(signed[0][0], data[:64])]):
                roster.take(SimpleNamespace(key=key, value=data, headers=headers, timestamp=NOW, timestamp_type=1))
        roster.present()
        try:
            read_stamp(data)
        except RingboardError as error:
            assert "\n" not in str(error)  # noqa: PT017

    return Target(seeds.CONTROL, run)


def _fold(topic: str, data: list[bytes], keys: tuple[bytes | None, ...]) -> Target:
    """The fold of one topic; what earlier inputs left in the state is there, until it begins anew."""
    numbers = count()
    state: list[FloorInMemory] = []

    def run(data: bytes) -> None:
        number = next(numbers)
        if number % ANEW == 0:
            state[:] = [FloorInMemory(clock=FixedClock(NOW), partitions=1)]
            response_of.cache_clear()  # it holds the calendars of the floors before, and a process has one floor
        floor = state[0]
        names = floor.floor.topics
        name = {"history": next(iter(names.histories.values()))}.get(topic) or getattr(names, topic)
        floor.send(name.name, keys[number % len(keys)] or data[:9], data or None, 0)
        if number % 3 == 0:
            floor.drain()
        if number % 50 == 49:
            floor.clock.advance(2 * seeds.HOUR)
            floor.settle()
            floor.snapshot()
        if number % ANEW == ANEW - 1:
            floor.restart().snapshot()
        log = floor.logs[names.rejected.name, 0]
        for record in log[-5:]:
            blame(record.value or b"")

    return Target(data, run)


def _changelog() -> Target:
    """A changelog that somebody else wrote to: here a fault may be told, but none may end the worker."""
    by_group: defaultdict[str, list[bytes]] = defaultdict(list)
    for group, table, key, value in seeds.changelogs():
        by_group[group].append(seeds.packed([group, table, key, value]))
    every = [one for entries in by_group.values() for one in entries]
    numbers = count()
    floor = FloorInMemory(clock=FixedClock(NOW), partitions=1)

    def run(data: bytes) -> None:
        try:
            group, table, key, value = msgspec.msgpack.decode(data, type=tuple[str, str, bytes, bytes | None])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            group, table, key, value = "events", "journeys", data[:5], data
        for kept in (floor.changelogs, floor.logs, floor._read):
            kept.clear()
        if (group, 0) not in floor.states or table not in next(g for g in floor.groups if g.name == group).tables:
            group, table = "events", ("journeys", "slices")[next(numbers) % 2]
        floor.changelogs[group, 0].append((table, key, value))
        floor.restart()
        floor.clock.advance(1000)
        floor.settle()
        floor.feed([json.loads(seeds.EVENTS[next(numbers) % len(seeds.EVENTS)])])

    return Target(every, run)


FOLDS: Final[Mapping[str, Callable[[], Target]]] = {
    "control": _control,
    "fold events": partial(_fold, "events", seeds.EVENTS, (b"L1", b"n1", b"K1")),
    "fold history": partial(_fold, "history", seeds.EVENTS, (b"L1",)),
    "fold links": partial(_fold, "links", [*seeds.LINKS, *seeds.LINKS, *seeds.EVENTS], (b"L1", None, b"\xff")),
    "fold floor": partial(_fold, "floor", seeds.EVENTS, (b"r1",)),
    "fold spend": partial(_fold, "spend", seeds.EVENTS, (b"Spring",)),
    "changelog": _changelog,
}
