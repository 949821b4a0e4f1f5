"""The later life of leads (qualified, won or lost) and of customers (at risk, kept or lost)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.simulate.days import DAY, HOUR, MINUTE
from stream.simulate.profile import LOST_REASONS, RISK_REASONS

if TYPE_CHECKING:
    from stream.simulate.people import Prospect, Rep
    from stream.simulate.world import World


class Deals:
    """The opportunities and customers of a floor; times `t` in ms since the epoch."""

    def __init__(self, world: World, reps: list[Rep], campaigns: tuple[str, ...]) -> None:
        self._world = world
        self._reps = reps
        count = world.profile.customers_per_rep * len(reps)
        self._customers = [(world.new_id("K"), world.rng.choice(campaigns)) for _ in range(count)]

    def qualify(self, t: int, rep: Rep, prospect: Prospect) -> None:
        """Make an opportunity of a lead, which is won or lost days later, or expires."""
        world = self._world
        profile, rng = world.profile, world.rng
        prospect.closed = True
        at = t + int(rng.random() * 3 * MINUTE)
        opportunity = world.new_id("O")
        world.crm(
            "lead.qualified", at, lead=prospect.lead, opportunity=opportunity, rep=rep.name, campaign=prospect.campaign
        )
        closer = rng.choice(self._reps) if rng.random() < profile.another_rep_closes else rep
        draw = rng.random()
        if draw < profile.never_decided:
            self.lose(at + int(rng.uniform(5, 12) * DAY), rep, prospect, "expired")
            return
        decided = world.days.open_from(at + int(rng.lognormvariate(*profile.deal_days) * DAY))
        if rng.random() < profile.wins * closer.closes:
            self.win(decided, closer, prospect, opportunity)
        else:
            self.lose(decided, closer, prospect, rng.choice(LOST_REASONS))

    def win(self, t: int, rep: Rep, prospect: Prospect, opportunity: str | None = None) -> None:
        """Make a customer of a lead."""
        world = self._world
        prospect.closed = True
        amount = f"{world.rng.lognormvariate(*world.profile.deal_amount):.2f}"
        world.crm(
            "lead.won", t, lead=prospect.lead, opportunity=opportunity, rep=rep.name, amount=amount, currency="EUR"
        )
        self._customers.append((world.new_id("K"), prospect.campaign))

    def lose(self, t: int, rep: Rep, prospect: Prospect, reason: str) -> None:
        """Close a lead as lost, for `reason`."""
        prospect.closed = True
        self._world.crm("lead.lost", t, lead=prospect.lead, reason=reason, rep=rep.name)

    def ask_consent(self, t: int, rep: Rep, prospect: Prospect) -> None:
        """Record whether a lead consents to be called again; without consent it is lost."""
        granted = self._world.rng.random() < self._world.profile.consent_given
        self._world.crm("lead.consent", t, lead=prospect.lead, granted=granted)
        if not granted:
            self.lose(t, rep, prospect, "do_not_call")

    def day(self) -> None:
        """Schedule the risks of a working day, and some losses without a risk before them."""
        world = self._world
        rng, day, profile = world.rng, world.day, world.profile
        expected = profile.risks_per_rep_day * len(self._reps)
        at = day.opens + int(rng.expovariate(expected / (day.closes - day.opens)))
        while at < day.closes and self._customers:
            self._risk(at)
            at += int(rng.expovariate(expected / (day.closes - day.opens))) + 1

    def _risk(self, at: int) -> None:
        world = self._world
        rng, profile = world.rng, world.profile
        i = rng.randrange(len(self._customers))
        # The last customer replaces the one at risk in the list, who returns to it only if kept.
        customer, campaign = self._customers[i]
        self._customers[i] = self._customers[-1]
        self._customers.pop()
        rep = rng.choice(self._reps).name
        reason = rng.choice(RISK_REASONS)
        if rng.random() < profile.lost_unannounced:
            world.crm("customer.lost", at, customer=customer, rep=rep, campaign=campaign, reason=reason)
            return
        world.crm("customer.at_risk", at, customer=customer, rep=rep, campaign=campaign, reason=reason)
        ends = world.days.open_from(at + int(rng.expovariate(1 / (4 * DAY))) + HOUR)
        draw = rng.random()
        if draw < profile.risk_kept:
            world.crm("customer.kept", ends, customer=customer, rep=rep, campaign=campaign)
            world.schedule(ends, self._return_to_list, (customer, campaign))
        elif draw - profile.risk_kept < profile.risk_lost:
            world.crm("customer.lost", ends, customer=customer, rep=rep, campaign=campaign, reason=reason)

    def _return_to_list(self, _: int, customer: tuple[str, str]) -> None:
        self._customers.append(customer)
