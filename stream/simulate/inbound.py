"""The inbound side of a simulated floor: callers who queue, wait, and are answered or give up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.simulate.days import HOUR, MINUTE
from stream.simulate.people import QUEUES, is_off

if TYPE_CHECKING:
    from stream.simulate.demand import Demand
    from stream.simulate.people import Rep
    from stream.simulate.world import World


class Inbound:
    """The inbound calls of two queues, taken by one group of reps; times `t` in ms since the epoch."""

    def __init__(self, world: World, reps: list[Rep], demand: Demand) -> None:
        self._world = world
        self._reps = reps
        self._demand = demand
        self._present: list[Rep] = []

    def day(self) -> None:
        """Schedule the shifts of a working day."""
        world = self._world
        planned = [rep for i, rep in enumerate(self._reps) if not is_off(world.day, i, world.profile)]
        self._present = [rep for rep in planned if world.rng.random() >= world.profile.absent] or self._reps[:1]
        for i, rep in enumerate(self._present):
            rep.free_at = world.day.opens
            lunch = world.profile.lunch_from_min + i * world.profile.lunch_min
            world.schedule(world.day.opens, self._arrive, rep)
            world.schedule(world.day.midnight + lunch * MINUTE, self._lunch, rep)
            world.schedule(world.day.closes, self._leave, rep)

    def hour(self, t: int) -> None:
        """Schedule the calls of the hour from `t` on."""
        world = self._world
        if not self._present or not world.day.working or not world.day.opens <= t < world.day.closes:
            return
        profile = world.profile
        expected = profile.inbound_per_rep_hour * len(self._reps) * profile.inbound_by_hour[world.day.hour(t)]
        if expected <= 0:  # the last hour of a day on which the clocks go back
            return
        at = t + int(world.rng.expovariate(expected / HOUR))
        while at < t + HOUR:
            world.schedule(at, self._call)
            at += int(world.rng.expovariate(expected / HOUR)) + 1

    def _arrive(self, t: int, rep: Rep) -> None:
        self._world.telephony("rep.state", t, rep=rep.name, state="available", team=rep.team)

    def _lunch(self, t: int, rep: Rep) -> None:
        world = self._world
        begins = max(t, rep.free_at)
        rep.free_at = begins + world.profile.lunch_min * MINUTE
        world.telephony("rep.state", begins, rep=rep.name, state="paused", team=rep.team, reason="lunch")
        world.telephony("rep.state", rep.free_at, rep=rep.name, state="available", team=rep.team)

    def _leave(self, t: int, rep: Rep) -> None:
        if rep in self._present:
            self._present.remove(rep)
        self._world.telephony("rep.state", max(t, rep.free_at), rep=rep.name, state="offline", team=rep.team)

    def _call(self, t: int, _: None) -> None:
        if not self._present:
            return
        world = self._world
        profile, rng = world.profile, world.rng
        random = rng.random
        call = world.new_id("C")
        queue = QUEUES[0] if random() < profile.inbound_sales else QUEUES[1]
        known = self._demand.numbers
        number = rng.choice(known) if known and random() < profile.inbound_known else world.numbers.next()
        rep = min(self._present, key=lambda one: one.free_at)
        rings = 2000 + int(random() * 5000)
        answered = max(t, rep.free_at) + rings
        patience = int(rng.expovariate(1 / profile.patience_s) * 1000) + 2000
        limit = int(profile.queue_limit_s * 1000)
        base: dict[str, Any] = {"call": call, "queue": queue}
        ended = {"direction": "inbound", "placed_at": t, "number": number}
        world.telephony("queue.joined", t, **base)
        waits = min(answered - t, patience, limit)
        if waits < answered - t:
            outcome = "abandoned" if waits == patience else "timeout"
            at = t + waits
            world.telephony("queue.left", at, **base, outcome=outcome, wait_s=waits / 1000)
            world.telephony("call.ended", at, **base, **ended, wait_s=waits / 1000, talk_s=0, disposition="abandoned")
            return
        talk = int(rng.lognormvariate(11.9, 0.6)) + 15_000
        held = min(int(random() * 40_000), talk // 2) if random() < profile.inbound_held else 0
        wrap = 10_000 + int(random() * 35_000)
        at = answered + talk
        rep.free_at = at + wrap
        world.telephony("queue.left", answered, **base, outcome="answered", wait_s=waits / 1000)
        who = {"rep": rep.name, "team": rep.team}
        world.telephony("rep.state", answered - rings, state="ringing", **who)
        world.telephony("rep.state", answered, state="talking", **who)
        world.telephony("rep.state", at, state="wrap_up", **who)
        world.telephony("rep.state", rep.free_at, state="available", **who)
        world.telephony(
            "call.ended",
            at,
            **base,
            **ended,
            **who,
            answered_at=answered,
            talk_s=(talk - held) / 1000,
            hold_s=held / 1000,
            wait_s=waits / 1000,
            wrap_s=wrap / 1000,
        )
