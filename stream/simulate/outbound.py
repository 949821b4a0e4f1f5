"""The outbound side of a simulated floor: the reps' shifts, whom they call next, and what they do afterwards."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from stream.simulate.calls import CONTACTS, FRESH_MS, answer_odds, draw_outcome
from stream.simulate.days import DAY, HOUR, MINUTE
from stream.simulate.people import Prospect, is_off
from stream.simulate.profile import LOST_REASONS

if TYPE_CHECKING:
    from stream.simulate.calls import Outcome
    from stream.simulate.deals import Deals
    from stream.simulate.demand import Demand
    from stream.simulate.people import Rep
    from stream.simulate.world import World


class Outbound:
    """The outbound reps and their calls; times `t` in ms since the epoch."""

    def __init__(self, world: World, reps: list[Rep], demand: Demand, deals: Deals) -> None:
        self._world = world
        self._reps = reps
        self._demand = demand
        self._deals = deals
        self._tasks = 0

    def day(self) -> None:
        """
        Schedule the shifts of a working day: some reps are absent, the others arrive within a quarter of an hour.

        The requests that an absent rep has not called yet are assigned to others.
        """
        world = self._world
        profile, rng, day = world.profile, world.rng, world.day
        for i, rep in enumerate(self._reps):
            if is_off(day, i, profile) or rng.random() < profile.absent:
                for prospect in rep.fresh:
                    world.schedule(day.opens + int(rng.random() * 25 * MINUTE), self._demand.assign, prospect)
                rep.fresh.clear()
                continue
            later = profile.late_shift_min * (i // 2 % 2)
            lunch = profile.lunch_from_min + later + rng.random() * profile.lunch_spread_min
            rep.lunch_at = day.midnight + int(lunch * MINUTE)
            rep.ends_at = day.closes + int((later - profile.late_shift_min + rng.uniform(-15, 5)) * MINUTE)
            rep.free_at = day.opens + int((later + rng.random() * 12) * MINUTE)
            world.schedule(rep.free_at, self._arrive, rep)

    def _arrive(self, t: int, rep: Rep) -> None:
        self._state(t, rep, "available")
        self._world.schedule(t + int(self._world.rng.random() * 2 * MINUTE), self._next_action, rep)

    def _next_action(self, t: int, rep: Rep) -> None:
        world = self._world
        if t >= rep.ends_at:
            self._state(t, rep, "offline")
            self._hand_over(t, rep)
        elif t >= rep.lunch_at > 0:
            rep.lunch_at = 0
            self._pause(t, rep, "lunch", world.profile.lunch_min)
        elif world.rng.random() < world.profile.break_after_call:
            self._pause(t, rep, "break", world.rng.uniform(*world.profile.break_min))
        else:
            free = self._call(t, rep, self._choose(t, rep))
            world.schedule(free + int(world.rng.expovariate(1 / rep.pace_s) * 1000) + 500, self._next_action, rep)

    def _pause(self, t: int, rep: Rep, reason: str, minutes: float) -> None:
        back = t + int(minutes * MINUTE)
        rep.free_at = back
        self._hand_over(t, rep)
        self._world.telephony("rep.state", t, rep=rep.name, state="paused", team=rep.team, reason=reason)
        self._state(back, rep, "available")
        self._world.schedule(back, self._next_action, rep)

    def _hand_over(self, t: int, rep: Rep) -> None:
        """Let others call the requests of a rep who is away, where the floor is so prompt."""
        if self._world.profile.prompt:
            for prospect in rep.fresh:
                self._world.schedule(t + int(self._world.rng.uniform(0.2, 2) * MINUTE), self._demand.assign, prospect)
            rep.fresh.clear()

    def _choose(self, t: int, rep: Rep) -> Prospect:
        """Choose whom to call next: a new request, an overdue one, a follow-up that is due, or a number of a list."""
        rng = self._world.rng
        while rep.fresh and (oldest := min(rep.fresh, key=lambda one: one.requested_at)):
            if not oldest.closed and not (self._world.profile.prompt and t - oldest.requested_at > FRESH_MS // 2):
                break
            rep.fresh.remove(oldest)
            if not oldest.closed:
                return oldest
        if rep.fresh and rng.random() < rep.quick:
            return rep.fresh.pop()
        if rng.random() < rep.diligent:
            if rep.fresh and t - rep.fresh[0].requested_at > FRESH_MS:
                return rep.fresh.pop(0)
            while rep.tasks and rep.tasks[0][0] <= t:
                prospect = heappop(rep.tasks)[2]
                if not prospect.closed:
                    return prospect
            if rep.fresh:
                return rep.fresh.pop(0)
        campaign = rng.choice(rep.campaigns)
        return Prospect(
            campaign, self._world.numbers.next(), None, 0, self._world.profile.interest_of_cold, limit=rng.randint(2, 4)
        )

    def _call(self, t: int, rep: Rep, prospect: Prospect) -> int:
        """Call, send the records, and return when the rep is free again, in ms since the epoch."""
        world = self._world
        profile, rng = world.profile, world.rng
        fresh = prospect.lead is not None and t - prospect.requested_at <= FRESH_MS
        human = answer_odds(rng, profile, hour=world.day.hour(t), attempts=prospect.attempts, fresh=fresh)
        interest = prospect.interest * rep.opens * (profile.interest_within_the_hour if fresh else 1.0)
        outcome = draw_outcome(rng, profile, human=human, interest=min(0.9, interest))
        prospect.attempts += 1
        answered = None if outcome.talk is None else t + outcome.ring
        ended = t + outcome.ring + (outcome.talk or 0)
        free = ended + outcome.wrap
        self._send_records((t, answered, ended), rep, prospect, outcome)
        self._state(t, rep, "ringing")
        if answered is not None:
            self._state(answered, rep, "talking")
            self._state(ended, rep, "wrap_up")
        self._state(free, rep, "available")
        self._follow(free, rep, prospect, outcome.kind)
        if prospect.lead is None and prospect.number is not None:
            self._demand.called.append((prospect.number, prospect.campaign))
        return free

    def _send_records(self, times: tuple[int, int | None, int], rep: Rep, prospect: Prospect, outcome: Outcome) -> None:
        world = self._world
        profile, rng = world.profile, world.rng
        placed, answered, ended = times
        call = world.new_id("C")
        whom: dict[str, Any] = {"call": call}
        if prospect.lead is None or (prospect.number is not None and rng.random() < profile.call_names_number_only):
            whom["number"] = prospect.number
        else:
            whom["lead"] = prospect.lead
        who = {"rep": rep.name, "team": rep.team}
        campaign = None if rng.random() < profile.call_without_campaign else prospect.campaign
        common: dict[str, Any] = {"direction": "outbound", "campaign": campaign, **who, **whom}
        world.telephony("call.started", placed, **common)
        if answered is not None:
            world.telephony("call.answered", answered, **whom, rep=rep.name, amd=outcome.amd)
        common["placed_at"] = placed
        if rng.random() < profile.redial_in_call and answered is not None:
            # The dialler tried twice within the call, as the first line was dead: the later record is the valid one.
            world.telephony("call.ended", placed + 900, **common, talk_s=0, ring_s=0.9, disposition="failed")
        record = world.telephony(
            "call.ended",
            ended,
            **common,
            answered_at=answered,
            talk_s=(outcome.talk or 0) / 1000,
            ring_s=outcome.ring / 1000,
            wrap_s=outcome.wrap / 1000,
            amd=outcome.amd,
            disposition=None if outcome.late else outcome.written,
            hangup_cause=outcome.cause,
        )
        if outcome.late:
            at = ended + int(rng.expovariate(1 / (25 * MINUTE))) + outcome.wrap
            world.telephony("call.disposed", at, **whom, disposition=outcome.written, rep=rep.name)
        if outcome.revised is not None:
            at = ended + int(rng.uniform(0.2, 20) * HOUR)
            if rng.random() < profile.record_revised:
                world.revise(record, at, disposition=outcome.revised)
            else:
                world.telephony("call.disposed", at, **whom, disposition=outcome.revised, rep=rep.name)

    def _follow(self, t: int, rep: Rep, prospect: Prospect, kind: str) -> None:
        """Do what follows from a call whose outcome was `kind`."""
        world = self._world
        profile, rng = world.profile, world.rng
        if kind in CONTACTS and prospect.lead is not None and rng.random() < profile.consent_asked:
            self._deals.ask_consent(t, rep, prospect)
        if prospect.closed:
            return
        if kind == "interested":
            self._interested(t, rep, prospect)
        elif kind == "wrong_number":
            self._give_up(t, rep, prospect, "wrong_number")
        elif kind == "refused":
            prospect.noes += 1
            final = profile.cold_refusal_is_final if prospect.lead is None else profile.refusal_is_final
            if rng.random() < final:
                self._give_up(t, rep, prospect, rng.choice(LOST_REASONS))
            else:
                self._plan_call(t + int(rng.uniform(20, 120) * HOUR), rep, prospect)
        elif kind == "callback":
            self._plan_call(t + int(rng.uniform(1, 50) * HOUR), rep, prospect)
        elif prospect.attempts >= prospect.limit:
            self._give_up(t, rep, prospect, "unreachable")
        elif kind == "conversation":
            self._plan_call(t + int(rng.uniform(18, 76) * HOUR), rep, prospect)
        elif rng.random() < profile.forgets:
            self._forget(t, prospect)
        else:
            presses = rng.random() < rep.presses
            hours = rng.uniform(0.3, 2.2) if presses else rng.triangular(3, 70, 22)
            self._plan_call(t + int(hours * HOUR), rep, prospect)

    def _forget(self, t: int, prospect: Prospect) -> None:
        world = self._world
        if prospect.lead is not None and world.rng.random() >= world.profile.forgotten_for_good:
            world.schedule(t + int(world.rng.uniform(2, 5) * DAY), self._demand.expire, prospect)

    def _interested(self, t: int, rep: Rep, prospect: Prospect) -> None:
        world = self._world
        draw = world.rng.random()
        if draw >= world.profile.qualifies_at_once:
            prospect.interest = 0.5
            self._plan_call(t + int(world.rng.uniform(2, 60) * HOUR), rep, prospect)
            return
        if prospect.lead is None:
            # A number of a list becomes a lead of the CRM once interested: it is linked to the lead after its calls.
            prospect.lead = world.new_id("L")
            prospect.requested_at = t
            world.crm(
                "lead.requested",
                t,
                lead=prospect.lead,
                campaign=prospect.campaign,
                number=prospect.number,
                channel="outbound",
                rep=rep.name,
                team=rep.team,
            )
        if draw < world.profile.wins_unqualified:
            self._deals.win(t + MINUTE, rep, prospect)
        else:
            self._deals.qualify(t + 1000, rep, prospect)

    def _give_up(self, t: int, rep: Rep, prospect: Prospect, reason: str) -> None:
        prospect.closed = True
        if prospect.lead is not None:
            self._deals.lose(t, rep, prospect, reason)

    def _plan_call(self, t: int, rep: Rep, prospect: Prospect) -> None:
        self._tasks += 1
        heappush(rep.tasks, (t, self._tasks, prospect))

    def _state(self, t: int, rep: Rep, state: str) -> None:
        self._world.telephony("rep.state", t, rep=rep.name, state=state, team=rep.team)
