"""The ceiling of the simple job: a bare aiokafka consumer and two dicts, with no durability at all."""

from __future__ import annotations

import asyncio
from bisect import bisect_left

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.marks import mark
from benchmarks.peers.job_settings import JobSettings
from benchmarks.simple.events import BOUNDS, BUCKETS, CALLS, CELL, CONTACT_S, CONTACTS, TALK, Totals


class Call(msgspec.Struct, gc=False):
    """The fields of an event that the two tables need."""

    at: int
    campaign: str
    rep: str
    amd: str
    talk_s: int
    delay_s: int


async def run(settings: JobSettings) -> dict[str, Totals]:
    """Fold the events of the topic, and return both tables."""
    size = settings.size_ms
    read = msgspec.json.Decoder(Call).decode
    campaigns: Totals = {}
    reps: Totals = {}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 * 1024 * 1024,
        fetch_max_bytes=48 * 1024 * 1024,
    )
    async with consumer:
        mark("ready")
        consumer.assign([TopicPartition(settings.topic, number) for number in range(settings.partitions)])
        seen = 0
        while seen < settings.expected:
            for records in (await consumer.getmany(timeout_ms=1000, max_records=10_000)).values():
                seen += len(records)
                for record in records:
                    event = read(record.value or b"")
                    window = event.at // size
                    bucket = BUCKETS + bisect_left(BOUNDS, event.delay_s)
                    talk = event.talk_s
                    key = event.campaign, window
                    cell = campaigns.get(key)
                    if cell is None:
                        cell = campaigns[key] = [0] * CELL
                    key = event.rep, window
                    other = reps.get(key)
                    if other is None:
                        other = reps[key] = [0] * CELL
                    cell[CALLS] += 1
                    other[CALLS] += 1
                    cell[bucket] += 1
                    other[bucket] += 1
                    if talk:
                        cell[TALK] += talk
                        other[TALK] += talk
                        if talk >= CONTACT_S and event.amd == "human":
                            cell[CONTACTS] += 1
                            other[CONTACTS] += 1
        mark("done")
    return {
        table: {(owner, window * size): cell for (owner, window), cell in cells.items()}
        for table, cells in (("campaigns", campaigns), ("reps", reps))
    }


if __name__ == "__main__":
    task = JobSettings.read()
    task.write_totals(asyncio.run(run(task)))
