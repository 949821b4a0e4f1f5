"""Every journey, slice and KPI is that of one clean pass, in each worker and in the changelogs, after each fault."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.kafka.faults import faults as fault
from tests.kafka.faults.rounds import one_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.kafka.faults.conftest import MakeFloor
    from tests.kafka.faults.faults import Fault
    from tests.kafka.faults.kills import Kill

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = (
    fault.kill_at_random_moments,
    fault.kill_during_recovery,
    fault.poison_in_a_batch_that_is_killed,
    fault.kill_between_the_two_kinds_of_writes,
    fault.kill_before_the_commit,
)
JOINS = (
    fault.a_second_and_a_third_worker_join,
    fault.rolling_restarts,
    fault.a_rebalance_during_recovery,
)
FREEZES = (
    fault.frozen_past_its_session,
    fault.frozen_anywhere,
    fault.frozen_while_another_came_and_went,
    fault.frozen_just_before_it_fences,
)
LONG_TRANSACTIONS = (
    fault.frozen_past_its_transaction,
    fault.slower_than_its_transaction_may_be,
    fault.a_commit_heard_twice,
)
THE_BROKER = (
    fault.the_broker_is_killed,
    fault.a_slow_disk,
)


async def all_is_that_of_one_clean_pass_after(faults: Sequence[Fault], seed: int, real_floor: MakeFloor) -> list[Kill]:
    """Let one fault after the other happen to one floor; return its kills."""
    async with real_floor(seed, size=450) as floor:
        for each in faults:
            assert await one_round(floor, each) == [], each.__name__
        return floor.kills


# Two floors at once where neither touches the broker: most of a fault is waiting for a session to end.


async def test_workers_killed_or_too_slow_for_their_transactions_lose_and_double_nothing(real_floor: MakeFloor) -> None:
    async with asyncio.TaskGroup() as both:
        killed = both.create_task(all_is_that_of_one_clean_pass_after(KILLS, 1, real_floor))
        both.create_task(all_is_that_of_one_clean_pass_after(LONG_TRANSACTIONS, 2, real_floor))
    assert any(kill.in_transaction for kill in killed.result()), killed.result()


async def test_workers_that_come_go_or_freeze_lose_and_double_nothing(real_floor: MakeFloor) -> None:
    async with asyncio.TaskGroup() as both:
        both.create_task(all_is_that_of_one_clean_pass_after(JOINS, 3, real_floor))
        both.create_task(all_is_that_of_one_clean_pass_after(FREEZES, 4, real_floor))


async def test_nothing_is_lost_or_doubled_where_the_broker_is_killed_or_slow(real_floor: MakeFloor) -> None:
    await all_is_that_of_one_clean_pass_after(THE_BROKER, 5, real_floor)


def test_every_fault_is_tried() -> None:
    assert set(fault.FAULTS) == {*KILLS, *JOINS, *FREEZES, *LONG_TRANSACTIONS, *THE_BROKER}
