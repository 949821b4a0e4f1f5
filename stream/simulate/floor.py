"""A simulated floor: from a seed and a few sizes the same events every time, to the byte."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zlib import crc32
from zoneinfo import ZoneInfo

from stream.simulate.days import Days
from stream.simulate.deals import Deals
from stream.simulate.demand import Demand
from stream.simulate.earlier import Earlier
from stream.simulate.inbound import Inbound
from stream.simulate.outbound import Outbound
from stream.simulate.people import hire, name_campaigns
from stream.simulate.profile import Profile
from stream.simulate.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.simulate.days import Day

FIRST_DAY = dt.date(2026, 1, 5)


@dataclass(frozen=True, slots=True)
class Floor:
    """
    A floor of `reps` reps from the local midnight of `start` on, for `days` days or (None) without end.

    Every iteration yields the same events: equal floors give equal bytes, and a floor with more days begins with the
    days of one with fewer. Every id carries a fingerprint of all of the floor's fields but `days`. Everything is
    invented and marked so (`source` is `simulated`), and only numbers set aside for fiction are called.

    Iterating yields (arrival, event): when the record reaches Ringboard in ms since the epoch, in ascending order, and
    the event as the sources send it: times in ms since the epoch, `number` not yet pseudonymised.
    """

    seed: int = 1
    reps: int = 12
    campaigns: int = 4
    leads_per_day: float = 150.0
    start: dt.date = FIRST_DAY
    days: int | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Paris"))
    profile: Profile = field(default_factory=Profile)

    @property
    def began_ms(self) -> int:
        """The first day's midnight, in ms since the epoch."""
        return Days(self.zone, self.profile).on(self.start).midnight

    @property
    def ends_ms(self) -> int:
        """The midnight after the last day, in ms since the epoch; raises ValueError for a floor without end."""
        if self.days is None:
            raise ValueError("this floor goes on without end")
        return Days(self.zone, self.profile).on(self.start + dt.timedelta(days=self.days)).midnight

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        identity = (self.seed, self.reps, self.campaigns, self.leads_per_day, self.start.isoformat())
        tag = f"{crc32(repr((*identity, self.zone.key, self.profile)).encode()):08x}"
        calendar = Days(self.zone, self.profile)
        first = calendar.on(self.start)
        world = World(f"{self.seed}/{tag}", tag, first.midnight, calendar, self.profile)
        _DailyRoutine(world, self).midnight(first.midnight, None)
        if self.days is None:
            yield from world.run()
            return
        end = self.ends_ms
        for arrival, event in world.run():
            if arrival >= end:
                return
            yield arrival, event


class _DailyRoutine:
    """Runs the parts of a floor day by day and hour by hour."""

    def __init__(self, world: World, floor: Floor) -> None:
        self._world = world
        campaigns = name_campaigns(floor.campaigns)
        outbound, inbound = hire(world.rng, floor.reps, campaigns, floor.profile.inbound_share_of_reps)
        self._demand = Demand(world, campaigns, floor.leads_per_day, outbound)
        self._deals = Deals(world, outbound, campaigns)
        self._outbound = Outbound(world, outbound, self._demand, self._deals)
        self._inbound = Inbound(world, inbound, self._demand)
        Earlier(world, outbound, self._demand, self._deals).play()

    def midnight(self, t: int, _: None) -> None:
        world = self._world
        world.day = world.days.of(t)
        self._demand.spend(t)
        if world.day.working:
            self._deals.day()
            self._outbound.day()
            self._inbound.day()
        world.schedule(world.day.ends, self.midnight)
        self._hour(t, world.day)

    def _hour(self, t: int, day: Day) -> None:
        self._demand.hour(t)
        self._inbound.hour(t)
        if t + 3_600_000 < day.ends:
            self._world.schedule(t + 3_600_000, self._hour, day)
