"""One round of a fault: it happens, the floor comes to rest, and all of it is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kafka.faults.comparison import compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.kafka.faults.faults import Fault
    from tests.kafka.faults.floor import Kill, RealFloor


async def one_round(floor: RealFloor, fault: Fault) -> list[str]:
    """Return what is not as it should be after `fault`."""
    floor.fault = fault.__name__
    await fault(floor)
    for worker in floor.workers:
        worker.orders.release()
    return await compare(floor)


def told_of(kills: Sequence[Kill]) -> str:
    """Say how many kills there were, and how many of them fell inside a transaction."""
    inside = [kill for kill in kills if kill.in_transaction]
    between = sum(kill.phase == "between" for kill in inside)
    return (
        f"{len(kills)} kills, {len(inside)} of them between a transaction's beginning and its end, "
        f"{between} of these between the two kinds of writes"
    )
