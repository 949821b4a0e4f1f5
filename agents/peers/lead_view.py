"""What the alerts for late leads read of a worker: its partitions of leads, and who waits in each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from aiokafka.errors import KafkaError

from stream.errors import RingboardError
from stream.journeys.compose import EVENTS_GROUP
from stream.journeys.events import WaitingLead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from agents.peers.floor_view import EngineView
    from stream.journeys.events import EventsState

BROKER_ANSWERS_WITHIN_S: Final = 4.0


class LeadView:
    """Reads the leads that wait in the partitions that are ready at `engine`."""

    def __init__(self, engine: EngineView) -> None:
        self._engine = engine

    @property
    def partitions(self) -> int:
        """How many partitions of leads the floor has, on all workers together."""
        return self._engine.groups[EVENTS_GROUP].partitions

    def ready(self) -> AbstractSet[int]:
        """Return the partitions of leads that are ready at this worker."""
        return self._engine.states(EVENTS_GROUP).keys()

    def waiting(self, partition: int, now: int) -> Iterator[WaitingLead]:
        """Yield the leads of `partition` that wait at `now` (ms); none where it is not ready here."""
        state = cast("EventsState | None", self._engine.states(EVENTS_GROUP).get(partition))
        if state is not None:
            _, views = state.ahead(now)
            yield from (view for view in views.values() if type(view) is WaitingLead)

    async def behind(self) -> int | None:
        """Return how many records of this worker's partitions are not applied yet; None if the broker does not say."""
        try:
            async with asyncio.timeout(BROKER_ANSWERS_WITHIN_S):
                return await self._engine.behind(self._engine.positions())
        except (KafkaError, RingboardError, OSError, TimeoutError):
            return None
