"""One round of a fault: it happens, the floor comes to rest, and all of it is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kafka.faults.comparison import compare

if TYPE_CHECKING:
    from tests.kafka.faults.faults import Fault
    from tests.kafka.faults.floor import RealFloor


async def one_round(floor: RealFloor, fault: Fault) -> list[str]:
    """Return what is not as it should be after `fault`."""
    floor.fault = fault.__name__
    await fault(floor)
    for worker in floor.workers:
        worker.orders.release()
    return await compare(floor)
