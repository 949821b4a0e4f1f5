"""The requests of leads to be called, their assignment to reps, and the spend that brings them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from stream.simulate.days import DAY, HOUR, MINUTE
from stream.simulate.people import Prospect
from stream.simulate.profile import CHANNELS

if TYPE_CHECKING:
    from stream.simulate.people import Rep
    from stream.simulate.world import World


class Demand:
    """The requests and the spend of a floor's campaigns; times `t` in ms since the epoch."""

    def __init__(self, world: World, campaigns: tuple[str, ...], leads_per_day: float, reps: list[Rep]) -> None:
        self._world = world
        self._campaigns = campaigns
        # Campaigns differ in size: each has about four fifths of the one before it.
        self._weights = [0.8**i for i in range(len(campaigns))]
        self._leads_per_day = leads_per_day
        self._reps = {name: [r for r in reps if name in r.campaigns] or reps for name in campaigns}
        self._all = reps
        self._channels = tuple(CHANNELS)
        self._channel_weights = [share for share, _ in CHANNELS.values()]
        self._requests_total = sum(world.profile.requests_by_hour)
        self.called: deque[tuple[str, str]] = deque(maxlen=300)  # (number, campaign) called from lists lately
        self.numbers: deque[str] = deque(maxlen=300)  # of leads requested lately
        self._leads: deque[str] = deque(maxlen=300)  # whose these are

    def any_campaign(self) -> str:
        """Draw a campaign, by its size."""
        return self._world.rng.choices(self._campaigns, self._weights)[0]

    def any_channel(self) -> str:
        """Draw a channel, by its share of the requests."""
        return self._world.rng.choices(self._channels, self._channel_weights)[0]

    def hour(self, t: int) -> None:
        """Schedule the requests of the hour from `t` on."""
        world = self._world
        per_day = self._leads_per_day * (world.profile.requests_at_weekends if world.day.weekend else 1.0)
        expected = per_day * world.profile.requests_by_hour[world.day.hour(t)] / self._requests_total
        if expected <= 0:
            return
        at = t + int(world.rng.expovariate(expected / HOUR))
        while at < t + HOUR:
            world.schedule(at, self._request)
            at += int(world.rng.expovariate(expected / HOUR)) + 1

    def spend(self, t: int) -> None:
        """Record the day's spend of each campaign and channel, two minutes after midnight `t`."""
        world = self._world
        day = world.day
        per_day = self._leads_per_day * (world.profile.requests_at_weekends if day.weekend else 1.0)
        total_weight = sum(self._weights)
        for campaign, weight in zip(self._campaigns, self._weights, strict=True):
            for channel, (share, cost) in CHANNELS.items():
                cents = round(100 * per_day * weight / total_weight * share * cost * world.rng.uniform(0.85, 1.15))
                world.crm(
                    "spend.recorded",
                    t + 2 * MINUTE,
                    campaign=campaign,
                    channel=channel,
                    amount=f"{cents // 100}.{cents % 100:02d}",
                    currency="EUR",
                    **{"from": day.midnight, "to": day.ends},
                )

    def _request(self, t: int, _: None) -> None:
        world = self._world
        profile, rng = world.profile, world.rng
        campaign = self.any_campaign()
        number: str | None
        same: str | None = None  # the lead that has this number already
        draw = rng.random()
        if draw < profile.request_without_number:
            number = None
        elif draw - profile.request_without_number < profile.request_on_called_number and self.called:
            # Called from a list, they request a call later: the number is linked to the lead after its calls.
            number, campaign = rng.choice(self.called)
        elif rng.random() < profile.request_on_other_leads_number and self.numbers:
            place = rng.randrange(len(self.numbers))
            number, same = self.numbers[place], self._leads[place]
        else:
            number = world.numbers.next()
        lead = world.new_id("L")
        channel = self.any_channel()
        world.crm("lead.requested", t, lead=lead, campaign=campaign, number=number, channel=channel)
        if number is not None:
            self.numbers.append(number)
            self._leads.append(lead)
        if rng.random() < profile.request_repeated:
            again = t + int(rng.uniform(1, 600)) * MINUTE
            world.crm("lead.requested", again, lead=lead, campaign=campaign, number=number, channel=channel)
        prospect = Prospect(campaign, number, lead, t, profile.interest_of_requested)
        if same is not None and rng.random() < profile.other_lead_merged:
            world.schedule(t + int(rng.uniform(1, 300) * MINUTE), self._merge, (prospect, same))
        if rng.random() < profile.request_withdrawn:
            world.schedule(t + int(rng.uniform(*profile.withdrawn_min) * MINUTE), self._withdraw, prospect)
        if rng.random() < profile.request_left_lying:
            if rng.random() < profile.left_for_good:
                world.schedule(t + int(rng.uniform(1, 2) * DAY), self.expire, prospect)
            else:
                world.schedule(t + int(rng.uniform(*profile.left_lying_h) * HOUR), self.assign, prospect)
        else:
            world.schedule(t + int(rng.expovariate(1 / (4 * MINUTE))), self.assign, prospect)

    def _merge(self, t: int, found: tuple[Prospect, str]) -> None:
        """Merge a lead into the one that had its number before, unless it has been decided by now."""
        prospect, into = found
        if not prospect.closed:
            prospect.closed = True
            self._world.crm("lead.merged", t, lead=prospect.lead, into=into)

    def _withdraw(self, t: int, prospect: Prospect) -> None:
        """Take back a request that was a test, unless it has been decided by now."""
        if not prospect.closed:
            prospect.closed = True
            self._world.crm("lead.withdrawn", t, lead=prospect.lead)

    def expire(self, t: int, prospect: Prospect) -> None:
        """Close a request that nobody works on any more, as a CRM does automatically."""
        if prospect.closed:
            return
        prospect.closed = True
        self._world.crm("lead.lost", t, lead=prospect.lead, reason="expired")

    def assign(self, t: int, prospect: Prospect) -> None:
        """Assign a request to a rep at work, or after the next opening."""
        if prospect.closed:
            return
        world = self._world
        opens = world.days.open_from(t)
        if opens > t:
            # The floor is closed: it is assigned after the next opening.
            world.schedule(opens + int(world.rng.random() * 25 * MINUTE), self.assign, prospect)
            return
        reps = self._reps[prospect.campaign]
        present = [rep for rep in reps if rep.free_at <= t < rep.ends_at]
        present = present or [rep for rep in self._all if rep.free_at <= t < rep.ends_at]
        rep = world.rng.choice(present or [rep for rep in reps if rep.ends_at > t] or reps)
        prospect.limit = rep.persists
        world.crm("lead.assigned", t, lead=prospect.lead, rep=rep.name, team=rep.team)
        rep.fresh.append(prospect)
