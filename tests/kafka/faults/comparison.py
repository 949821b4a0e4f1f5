"""Everything that a floor of real workers holds and shows, held to one clean pass over the same events, key by key."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.engine.reserved_records import RESERVED
from agents.preparation import changelogs
from stream.clock import SystemClock
from stream.kafka.connection import Connection
from stream.kafka.read_topic import records_of
from tests.kafka.faults.contents import contents, differences, dump, packed_state, undump
from tests.kafka.faults.floor import FLOOR
from tests.kafka.worker_process import DEADLINE_S
from tests.reference.kpis import WINDOWS, Reading, same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.journeys.partition_state import Group, PartitionState
    from tests.kafka.faults.floor import FaultyWorker, RealFloor

Place = tuple[str, int]
FILTERS: tuple[Mapping[str, str], ...] = ({"campaign": "solar"}, {"team": "north"}, {"rep": "ana"})


async def compare(floor: RealFloor) -> list[str]:
    """Name everything that is not what the clean pass has: in the workers, in the changelogs, in what they show."""
    held = await settled(floor)
    floor.memory.clock.advance(SystemClock().now_ms() - floor.memory.clock.now_ms())
    floor.memory.drain().settle()
    now = floor.memory.clock.now_ms()
    right = contents({place: _as_read(state) for place, state in floor.memory.states.items()}, now)
    found = [f"in memory: {wrong}" for wrong in differences(contents(held, now), right)]
    logged = {place: _as_read(state) for place, state in (await from_changelogs(floor)).items()}
    found += [f"in the changelogs: {wrong}" for wrong in differences(contents(logged, now), right)]
    found += await _rejected(floor)
    for worker in floor.workers:
        found += [f"worker {worker.port}: {wrong}" for wrong in await _shown(floor, worker)]
    return found


async def settled(floor: RealFloor) -> dict[Place, Any]:
    """
    Return what the workers hold once every partition is at exactly one of them and nothing is pending.

    The ends of the topics are asked for after the workers were: if their positions are those ends, they had read all.
    """
    places = {(topic, p) for group in floor.memory.groups for topic in group.topics for p in range(group.partitions)}
    consumer = AIOKafkaConsumer(bootstrap_servers=floor.broker.bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                told = [await worker.dump() for worker in floor.workers]
                for worker in floor.workers:
                    assert worker.process.returncode is None, worker.log.read_text()
                owners = Counter((group, p) for each in told for group, p, _ in each.get("states", ()))
                read = {(topic, p): offset for each in told for topic, p, offset in each.get("positions", ())}
                once = owners == Counter(floor.memory.states.keys()) and read.keys() == places
                if once and all(each.get("complete") for each in told):
                    ends = await consumer.end_offsets([TopicPartition(*place) for place in places])
                    if all(read[place] >= ends[TopicPartition(*place)] for place in places):
                        return {(group, p): held for each in told for group, p, held in each["states"]}
                await asyncio.sleep(0.05)
    finally:
        await consumer.stop()


async def from_changelogs(floor: RealFloor) -> dict[Place, PartitionState]:
    """Make states of the last committed value of each key of the changelogs, the engine's own records left out."""
    found = {}
    for group in floor.memory.groups:
        tables = await last_values(floor, group)
        for partition in range(group.partitions):
            state = found[group.name, partition] = group.new_state(partition)
            for table in group.tables:
                state.restore(table, tables[table, partition].items())
            state.ready()
    return found


async def last_values(floor: RealFloor, group: Group) -> dict[Place, dict[bytes, bytes]]:
    """Read the changelogs of a group to their end, read_committed; a tombstone takes its key away."""
    names = {topic.name: table for table, topic in changelogs(floor.settings, [group]).items()}
    places = [TopicPartition(name, p) for name in names for p in range(group.partitions)]
    last: dict[Place, dict[bytes, bytes]] = {(names[tp.topic], tp.partition): {} for tp in places}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=floor.broker.bootstrap, isolation_level="read_committed", enable_auto_commit=False
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        async with asyncio.timeout(DEADLINE_S):
            while any([await consumer.position(tp) < ends[tp] for tp in places]):
                for tp, records in (await consumer.getmany(timeout_ms=100)).items():
                    table = last[names[tp.topic], tp.partition]
                    for record in records:
                        key, value = record.key or b"", record.value
                        if value is None:
                            table.pop(key, None)
                        elif key[:1] != RESERVED:
                            table[key] = value
    finally:
        await consumer.stop()
    return last


def _as_read(state: PartitionState) -> dict[str, Any]:
    return undump(packed_state(dump(state)))


async def _rejected(floor: RealFloor) -> list[str]:
    """
    Compare what was put aside: each record once, with where it was and why.

    Where in the floor's own topic is left out: what workers pass on to it, and the marks of their transactions, take
    offsets there that the clean pass knows nothing of.
    """
    topic, shifted = floor.topics.rejected.name, floor.topics.floor.name
    values = [record.value async for record in records_of(Connection(floor.broker.bootstrap), topic)]
    right = Counter(_refusal(record.value, shifted) for record in floor.memory.logs[topic, 0])
    found = Counter(_refusal(value, shifted) for value in values)
    wrong = [f"put aside: {one} {found[one]} times, not {right[one]}" for one in found.keys() | right.keys()
             if found[one] != right[one]]  # fmt: skip
    places = Counter(_refusal(value)[:3] for value in values)
    return wrong + [f"put aside: {place} {times} times, not 1" for place, times in places.items() if times > 1]


def _refusal(value: bytes | None, shifted: str | None = None) -> tuple[str, int, int | None, str]:
    told = orjson.loads(value or b"{}")
    offset = None if told["topic"] == shifted else told["offset"]
    return told["topic"], told["partition"], offset, told["reason"]


async def _shown(floor: RealFloor, worker: FaultyWorker) -> list[str]:
    """Compare every KPI that a worker shows, in each window and under some filters, with both references."""
    questions: list[tuple[str, Mapping[str, str]]] = [(window, {}) for window in WINDOWS]
    questions += [(floor.chance.choice(WINDOWS), by) for by in FILTERS]
    wrong = []
    for window, by in questions:
        query = "&".join(f"{name}={value}" for name, value in {"window": window, **by}.items())
        told = await worker.wait_for(f"/api/v1/kpis?{query}", lambda told: told.get("complete") and told["behind"] == 0)
        as_of = round(datetime.fromisoformat(told["as_of"]).timestamp() * 1000)
        floor.memory.clock.advance(max(0, as_of - floor.memory.clock.now_ms()))
        rights = {
            "the reference": Reading(floor.told, as_of=as_of, config=FLOOR).kpis(window, **by),
            "the clean pass": floor.memory.kpis(window, as_of, **by),
        }
        wrong += [
            f"{kpi} {part} ({window}, {dict(by)}) is {told['kpis'][kpi].get(part)}, and {value} in {name}"
            for name, right in rights.items()
            for kpi, parts in right.items()
            for part, value in parts.items()
            if not same(told["kpis"][kpi].get(part), value)
        ]
    return wrong
