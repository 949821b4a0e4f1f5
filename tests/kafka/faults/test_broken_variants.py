"""The suite can fail: the same steps find the difference where a worker lacks what keeps the numbers right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kafka.faults.comparison import compare
from tests.kafka.faults.faults import (
    a_commit_heard_twice,
    frozen_past_its_session,
    frozen_while_another_came_and_went,
)
from tests.kafka.faults.rounds import one_round

if TYPE_CHECKING:
    from tests.kafka.faults.conftest import MakeFloor
    from tests.kafka.faults.floor import RealFloor

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]


ROUNDS = (
    3  # a worker that wakes up on a busy machine may give up its late writes before they are sent: none is found then
)


async def test_the_late_writes_of_a_frozen_worker_are_found_where_it_is_not_fenced(real_floor: MakeFloor) -> None:
    found: list[str] = []
    for seed in range(5, 5 + ROUNDS):
        async with real_floor(seed=seed, size=100, faults={"variant": "unfenced"}) as floor:
            found = await one_round(floor, frozen_past_its_session)
        if [wrong for wrong in found if "in the changelogs: ('events', " in wrong and "'slices'" in wrong]:
            return
    pytest.fail(f"in no round a late write was found: {found}")


async def test_what_another_has_done_meanwhile_is_done_again_where_a_worker_believes_its_memory(
    real_floor: MakeFloor,
) -> None:
    async with real_floor(seed=5, size=100, faults={"variant": "credulous"}) as floor:
        found = await one_round(floor, frozen_while_another_came_and_went)
        assert [wrong for wrong in found if wrong.startswith("put aside: ") and wrong.endswith("2 times, not 1")], found


async def test_a_transaction_is_torn_by_the_late_copy_of_a_commit_where_its_writer_stays_in_the_same_epoch(
    real_floor: MakeFloor,
) -> None:
    async with real_floor(seed=5, size=100, faults={"variant": "same-epoch"}) as floor:
        found = await one_round(floor, a_commit_heard_twice)
        assert [wrong for wrong in found if "in the changelogs: ('events', " in wrong and "'slices'" in wrong], found


async def test_a_batch_that_was_lost_on_its_way_is_found_where_the_next_offset_is_not_checked(
    real_floor: MakeFloor,
) -> None:
    async with real_floor(seed=6, size=300, faults={"variant": "unchecked", "drop": "first"}) as floor:
        await lose_the_first_batches(floor)
        found = await compare(floor)
        for place in ("in memory", "in the changelogs", "worker"):
            assert [wrong for wrong in found if wrong.startswith(place)], found


async def test_a_batch_that_was_lost_on_its_way_is_read_again_where_the_next_offset_is_checked(
    real_floor: MakeFloor,
) -> None:
    async with real_floor(seed=6, size=300, faults={"drop": "first"}) as floor:
        await lose_the_first_batches(floor)
        assert await compare(floor) == []
        assert (await floor.workers[0].ready())["counters"]["seeks"] == floor.partitions


async def lose_the_first_batches(floor: RealFloor) -> None:
    """Start a worker that loses the first batch of each partition of the events, which never committed yet."""
    await floor.feed(150)
    for partition in range(floor.partitions):
        await floor.poison(partition)
    worker = await floor.start()
    for partition in range(floor.partitions):
        await worker.said(f"dropped-{partition}")
    await floor.feed(50)
    for partition in range(floor.partitions):
        await floor.poison(partition)
