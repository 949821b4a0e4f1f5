"""Every journey, slice and KPI is that of one clean pass, in each worker and in the changelogs, after each fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kafka.faults import faults as fault
from tests.kafka.faults.rounds import one_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.kafka.faults.conftest import MakeFloor
    from tests.kafka.faults.faults import Fault

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
    fault.frozen_just_before_it_fences,
)
LONG_TRANSACTIONS = (
    fault.frozen_past_its_transaction,
    fault.slower_than_its_transaction_may_be,
)
THE_BROKER = (
    fault.the_broker_is_killed,
    fault.a_slow_disk,
)


@pytest.mark.parametrize(
    "sequence",
    [KILLS, JOINS, FREEZES, LONG_TRANSACTIONS, THE_BROKER],
    ids=["kills", "joins", "freezes", "long transactions", "the broker"],
)
async def test_all_is_that_of_one_clean_pass_after(sequence: Sequence[Fault], real_floor: MakeFloor) -> None:
    async with real_floor(seed=len(sequence), size=450) as floor:
        for each in sequence:
            assert await one_round(floor, each) == [], each.__name__
        if sequence is KILLS:
            assert any(kill.in_transaction for kill in floor.kills), floor.kills


def test_every_fault_is_tried() -> None:
    assert set(fault.FAULTS) == {*KILLS, *JOINS, *FREEZES, *LONG_TRANSACTIONS, *THE_BROKER}
