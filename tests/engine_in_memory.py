"""A floor in memory as the pages see it: what they ask of the engine, and the worker's web application around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from agents.engine.counters import EngineCounters, PartitionStatus
from agents.pages import add_pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.peers.tokens import Tokens
    from stream.journeys.partition_state import Group, PartitionState
    from tests.floor_in_memory import FloorInMemory

Place = tuple[str, int]


class EngineInMemory:
    """The engine of a worker with the `owned` partitions of `floor`, by default all; `state_of` may be changed."""

    def __init__(self, floor: FloorInMemory, owned: set[Place] | None = None) -> None:
        self.floor = floor
        self.groups: Mapping[str, Group] = {group.name: group for group in floor.groups}
        self.counters = EngineCounters()
        self.state_of = dict.fromkeys(sorted(floor.states if owned is None else owned), "ready")
        self.more_at_the_broker = 0

    def states(self, group: str) -> dict[int, PartitionState]:
        return {
            p: self.floor.states[g, p] for (g, p), state in self.state_of.items() if g == group and state == "ready"
        }

    def status(self) -> list[PartitionStatus]:
        return [PartitionStatus(g, p, state, 3, 12) for (g, p), state in self.state_of.items()]

    def positions(self) -> dict[Place, int]:
        return {
            (topic, p): self.floor._read[topic, p]
            for (g, p), state in self.state_of.items()
            if state == "ready"
            for topic in self.groups[g].topics
        }

    def lag(self) -> dict[Place, int]:
        return {place: self._end(place) - applied for place, applied in self.positions().items()}

    async def behind(self, applied: Mapping[Place, int] | None = None) -> int:
        places = self.positions() if applied is None else applied
        return sum(self._end(place) - offset for place, offset in places.items()) + self.more_at_the_broker

    def _end(self, place: Place) -> int:
        return len(self.floor.logs[place])


def pages_of(
    floor: FloorInMemory, engine: EngineInMemory | None = None, tokens: Tokens | None = None
) -> web.Application:
    app = web.Application()
    add_pages(app, floor.settings, engine or EngineInMemory(floor), floor.clock, floor=floor.floor, tokens=tokens)
    return app
