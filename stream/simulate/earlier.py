"""What happened before a floor's first day and is decided only after it: leads that go cold, and risks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from stream.simulate.days import DAY, MINUTE

if TYPE_CHECKING:
    from stream.simulate.days import Day
    from stream.simulate.deals import Deals
    from stream.simulate.demand import Demand
    from stream.simulate.people import Rep
    from stream.simulate.world import World

GIVEN_UP_BEFORE = 8  # days: an earlier lead that nobody called alarms nobody any more


class Earlier:
    """
    The days before the first one, `earlier_days` of the profile, without their calls.

    A lead is decided 30 days after the last thing done about it, and a silent risk as late: without these days, the
    first month of a floor would look better than any later one.
    """

    def __init__(self, world: World, reps: list[Rep], demand: Demand, deals: Deals) -> None:
        self._world = world
        self._reps = reps
        self._demand = demand
        self._deals = deals

    def play(self) -> None:
        """Send all of it; the world's day is the first one again afterwards."""
        world = self._world
        first = world.day
        for back in range(world.profile.earlier_days, 0, -1):
            day = world.day = world.days.on(first.date - dt.timedelta(days=back))
            if day.working:
                self._deals.day()
                self._leads(day, given_up=back > GIVEN_UP_BEFORE)
        world.day = first

    def _leads(self, day: Day, *, given_up: bool) -> None:
        world = self._world
        rng, expected = world.rng, world.profile.earlier_leads_per_day
        if expected <= 0:
            return
        at = day.opens + int(rng.expovariate(expected / (day.closes - day.opens)))
        while at < day.closes:
            self._lead(at, never_called=given_up and rng.random() < world.profile.earlier_never_called)
            at += int(rng.expovariate(expected / (day.closes - day.opens))) + 1

    def _lead(self, at: int, *, never_called: bool) -> None:
        """Send a lead that was called once, or not even that, and then forgotten."""
        world = self._world
        rng = world.rng
        rep = rng.choice(self._reps)
        lead, campaign = world.new_id("L"), self._demand.any_campaign()
        world.crm("lead.requested", at, lead=lead, campaign=campaign, channel=self._demand.any_channel())
        if never_called:
            return
        assigned = at + int(rng.uniform(1, 8) * MINUTE)
        placed = assigned + int(rng.uniform(1, 30) * MINUTE)
        ended = placed + int(rng.uniform(18, 30) * 1000)
        who = {"rep": rep.name, "team": rep.team}
        world.crm("lead.assigned", assigned, lead=lead, **who)
        world.telephony(
            "call.ended",
            ended,
            call=world.new_id("C"),
            direction="outbound",
            placed_at=placed,
            lead=lead,
            campaign=campaign,
            talk_s=0,
            disposition="no_answer",
            **who,
        )
        if rng.random() < world.profile.never_decided:
            qualified = placed + int(rng.uniform(0.1, 1) * DAY)
            opportunity = world.new_id("O")
            world.crm("lead.qualified", qualified, lead=lead, opportunity=opportunity, rep=rep.name, campaign=campaign)
