"""Nothing of the log is passed over or taken twice: at the first rebalance of all, and across gaps in the offsets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaProducer

from tests.kafka.faults.comparison import compare
from tests.kafka.faults.faults import shared_out
from tests.kafka.faults.floor import POISON

if TYPE_CHECKING:
    from tests.kafka.faults.conftest import MakeFloor

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]
AS_LARGE_AS_THE_TOPIC_TAKES = b"\xff" * 1_000_000


async def test_the_first_batch_of_partitions_that_never_committed_is_read_again_after_a_rebalance_dropped_it(
    real_floor: MakeFloor,
) -> None:
    async with real_floor(seed=8, size=150) as floor:
        await floor.feed(120)
        first = await floor.start(drop="at-rebalance")
        await first.said("holding")
        assert (await first.dump(brief=True))["counters"]["records"] == 0
        await floor.start()
        await first.said("held")
        await shared_out(floor)
        assert await compare(floor) == []


async def test_records_that_are_no_events_stop_nothing_though_they_come_first_and_the_changelogs_alone_make_all(
    real_floor: MakeFloor,
) -> None:
    async with real_floor(seed=7, size=150) as floor:
        for partition in range(floor.partitions):
            for value in (AS_LARGE_AS_THE_TOPIC_TAKES, *POISON):
                await floor.send(floor.topics.events.name, None, value, partition)
        await floor.feed(100)
        worker = await floor.start()
        assert await compare(floor) == []
        assert await floor.stop(worker) == 0
        again = await floor.start()
        assert await compare(floor) == []
        assert (await again.dump(brief=True))["counters"]["records"] == 0


async def test_events_of_transactional_producers_are_counted_and_the_gaps_of_their_offsets_accepted(
    real_floor: MakeFloor,
) -> None:
    async with real_floor(seed=9, size=300, poisoned=0) as floor:
        worker = await floor.start()
        await worker.ready()
        async with AIOKafkaProducer(
            bootstrap_servers=floor.broker.bootstrap, transactional_id=f"{floor.app_id}-source"
        ) as source:
            for number in range(12):
                events = floor.next(15)
                await source.begin_transaction()
                for event in events:
                    admitted = floor.memory.admission.admit(event)
                    if admitted is not None:
                        await source.send(admitted.topic, admitted.value, key=admitted.key)
                if number % 3 == 1:
                    await source.abort_transaction()
                else:
                    await source.commit_transaction()
                    floor.count(*events)
        assert await compare(floor) == []
        told = await worker.ask("/api/v1/kpis?window=30d")
        assert (told["complete"], told["behind"]) == (True, 0)
        counters = (await worker.dump(brief=True))["counters"]
        assert (counters["gaps_accepted"], counters["seeks"]) == (0, 0)

        await floor.kill(worker)  # what it goes on from lies behind markers
        await worker.ready()
        await floor.feed(60)
        assert await compare(floor) == []
