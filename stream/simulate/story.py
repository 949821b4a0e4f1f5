"""Scenes on a simulated floor while somebody looks on: a lead turns red and is saved, a deal is won, a caller waits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from stream.simulate.days import DAY, HOUR, MINUTE, Days
from stream.simulate.people import QUEUES, RECEPTION, TEAMS, name_campaigns
from stream.simulate.profile import CHANNELS, LOST_REASONS, RISK_REASONS, Profile
from stream.simulate.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.simulate.floor import Floor

SECOND: Final = 1000
EVERY: Final = 75 * SECOND  # from one scene to the next
DENSE: Final = 8  # scenes, and one before somebody looks on
LATER: Final = 12 * MINUTE  # from one scene to the next after these
AHEAD: Final = 4 * DAY  # the longest time before a scene at which something of it happens
LIMIT: Final = HOUR  # after which a lead is overdue, by Ringboard's default
WARNED: Final = 45 * MINUTE  # and after which it is warned of
FOLLOW_UP: Final = 72 * HOUR  # within which a lead is called again
CREW: Final = 4  # reps
RINGS: Final = 18 * SECOND  # a call that nobody answers
BEFORE_THE_DEAL: Final = (0, 130 * MINUTE + 30 * SECOND)  # calls that nobody answered, from the first on
ANSWERED: Final = 304 * MINUTE  # and then the one that was
PUNCTUAL: Final = Profile(loss=0, late=0, duplicates=0, crm_batches=0)  # records arrive within seconds


@dataclass(frozen=True, slots=True)
class Story:
    """
    Scenes on `floor` from shortly before `begins_ms` until `ends_ms` (ms since the epoch) or, with None, without end.

    They are close to each other at first, so that each kind of thing happens within any two minutes of the first
    eight, and later minutes apart. A crew of its own plays them: four reps more than the floor has. Iterating yields
    (arrival, event) in ascending order, the same each time, and no id that the floor has.
    """

    floor: Floor
    begins_ms: int
    ends_ms: int | None = None

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield all events; what a scene was preceded by (a request an hour ago) comes at its own time."""
        floor = self.floor
        tag = f"{crc32(repr((floor.seed, floor.zone.key, self.begins_ms)).encode()):08x}s"
        days = Days(floor.zone, floor.profile)
        world = World(f"{floor.seed}/{tag}", tag, self.begins_ms - AHEAD, days, PUNCTUAL)
        scene = _Scene(world, floor, self.begins_ms)
        for number in count():
            at = self._moment(number)
            if self.ends_ms is not None and at >= self.ends_ms:
                break
            yield from world.arrived(at - AHEAD)
            scene.play(number, at)
        yield from world.arrived(2**62)

    def _moment(self, number: int) -> int:
        """Return when the scene begins."""
        at = self.begins_ms + (min(number, DENSE) - 1) * EVERY
        return at + max(0, number - DENSE) * LATER


class _Scene:
    """What happens in each scene; times in ms, `at` the scene's beginning."""

    def __init__(self, world: World, floor: Floor, looked_at: int) -> None:
        width = max(2, len(str(floor.reps)))
        names = [f"rep-{floor.reps + i + 1:0{width}d}" for i in range(CREW)]
        teams = (*(TEAMS[i % len(TEAMS)] for i in range(CREW - 1)), RECEPTION)
        self._crew = [{"rep": name, "team": team} for name, team in zip(names, teams, strict=True)]
        self._world = world
        self._campaigns = name_campaigns(floor.campaigns)
        for who in self._crew:
            world.telephony("rep.state", looked_at - HOUR, state="available", **who)

    def play(self, number: int, at: int) -> None:
        """Send the events of scene `number`."""
        self._late_lead(number, at)
        self._lead_in_time(number, at)
        self._follow_up(number, at)
        self._deal(number, at)
        self._risk(number, at)
        self._caller(number, at)

    def _late_lead(self, number: int, at: int) -> None:
        """Let a lead turn red, be called within half a minute, and be decided by a second call minutes later."""
        first, _, second, _ = self._crew
        lead = self._request(at + 5 * SECOND - LIMIT, self._campaign(number))
        self._assign(at + 5 * SECOND - LIMIT + 2 * MINUTE, lead, first)
        soon, later = at + 20 * SECOND, at + 4 * EVERY + 20 * SECOND
        if number % 3 == 0:
            self._call(soon, lead, first, talk_s=14, disposition="callback")
            ended = self._call(later, lead, second, talk_s=41, disposition="interested")
            self._qualify(ended + 2 * SECOND, lead, second)
            return
        self._unanswered(soon, lead, first)
        if number % 3 == 1:
            ended = self._call(later, lead, second, talk_s=36, disposition="refused")
        else:
            ended = self._unanswered(later, lead, second)
        self._lose(ended + 2 * SECOND, number, lead, second)

    def _lead_in_time(self, number: int, at: int) -> None:
        """Let a lead turn amber, and be called before it is late."""
        who = self._crew[1]
        lead = self._request(at + 30 * SECOND - WARNED, self._campaign(number + 1))
        self._assign(at + 30 * SECOND - WARNED + MINUTE, lead, who)
        soon = at + 38 * SECOND
        if number % 2:
            self._unanswered(soon, lead, who)
            ended = self._unanswered(at + 3 * EVERY + 15 * SECOND, lead, who)
        else:
            ended = self._call(soon, lead, who, talk_s=33, disposition="refused")
        self._lose(ended + 2 * SECOND, number, lead, who)

    def _follow_up(self, number: int, at: int) -> None:
        """Let the time of a follow-up run out: it was made the day before, or comes half a minute late."""
        late, who = self._crew[0], self._crew[2]
        called = at + 20 * SECOND - FOLLOW_UP
        lead = self._request(called - 6 * MINUTE, self._campaign(number + 3))
        self._assign(called - 4 * MINUTE, lead, who)
        if number % 4:
            self._unanswered(called, lead, who, states=False)
        else:
            self._call(called, lead, who, talk_s=11, disposition="callback", states=False)
        if number % 2:
            self._call(at - 20 * HOUR, lead, who, talk_s=26, disposition="callback", states=False)
            self._lose(at + 10 * MINUTE, number, lead, who)
        else:
            ended = self._call(at + 54 * SECOND, lead, late, talk_s=9, disposition="refused")
            self._lose(ended + 2 * SECOND, number, lead, late)

    def _deal(self, number: int, at: int) -> None:
        """Win an opportunity of three days ago, that came of a third call, in every other scene."""
        if number % 2:
            return
        who = self._crew[number // 2 % 3]
        lead = self._request(at - 3 * DAY - 9 * MINUTE, self._campaign(number + 2))
        called = at - 3 * DAY - 3 * MINUTE
        self._assign(called - MINUTE, lead, who)
        for again in BEFORE_THE_DEAL:
            self._unanswered(called + again, lead, who, states=False)
        ended = self._call(called + ANSWERED, lead, who, talk_s=96, disposition="interested", states=False)
        opportunity = self._qualify(ended + SECOND, lead, who)
        amount = f"{self._world.rng.lognormvariate(*self._world.profile.deal_amount):.2f}"
        closed = {"opportunity": opportunity, "rep": who["rep"], "amount": amount, "currency": "EUR"}
        self._world.crm("lead.won", at + 60 * SECOND, lead=lead[0], **closed)

    def _risk(self, number: int, at: int) -> None:
        """Keep or lose a customer who has been at risk for a day or two."""
        world = self._world
        about = {"customer": world.new_id("K"), "rep": self._crew[0]["rep"], "campaign": self._campaign(number)}
        reason = RISK_REASONS[number % len(RISK_REASONS)]
        world.crm("customer.at_risk", at - int(world.rng.uniform(1, 2.5) * DAY), reason=reason, **about)
        if number % 3 == 1:
            world.crm("customer.lost", at + 55 * SECOND, reason=reason, **about)
        else:
            world.crm("customer.kept", at + 55 * SECOND, **about)

    def _caller(self, number: int, at: int) -> None:
        """Let a caller wait in a queue, who is answered or gives up."""
        world, who = self._world, self._crew[-1]
        joined, left = at + 10 * SECOND, at + 48 * SECOND
        base = {"call": world.new_id("C"), "queue": QUEUES[number % len(QUEUES)]}
        ended = {"direction": "inbound", "placed_at": joined, "number": world.numbers.next()}
        wait_s = (left - joined) / SECOND
        world.telephony("queue.joined", joined, **base)
        if number % 4 == 0:
            world.telephony("queue.left", left, outcome="abandoned", wait_s=wait_s, **base)
            world.telephony("call.ended", left, wait_s=wait_s, talk_s=0, disposition="abandoned", **base, **ended)
            return
        over = left + 19 * SECOND
        world.telephony("queue.left", left, outcome="answered", wait_s=wait_s, **base)
        self._states(who, (left - 3 * SECOND, left, over, over + 5 * SECOND))
        heard = {"answered_at": left, "talk_s": 19.0, "wait_s": wait_s, "wrap_s": 5.0}
        world.telephony("call.ended", over, **heard, **base, **ended, **who)

    # the steps of a scene

    def _campaign(self, number: int) -> str:
        return self._campaigns[number % len(self._campaigns)]

    def _request(self, at: int, campaign: str) -> tuple[str, str]:
        """Send a request without a number: no list of the floor can have it."""
        lead = self._world.new_id("L")
        channel = self._world.rng.choice(tuple(CHANNELS))
        self._world.crm("lead.requested", at, lead=lead, campaign=campaign, channel=channel)
        return lead, campaign

    def _assign(self, at: int, lead: tuple[str, str], who: dict[str, str]) -> None:
        self._world.crm("lead.assigned", at, lead=lead[0], **who)

    def _call(
        self, at: int, lead: tuple[str, str], who: dict[str, str], *, talk_s: int, disposition: str, states: bool = True
    ) -> int:
        """Send a call that is answered after 5 s; return when it ends."""
        world = self._world
        answered = at + 5 * SECOND
        ended = answered + talk_s * SECOND
        whom = {"call": world.new_id("C"), "lead": lead[0]}
        common = {"direction": "outbound", "campaign": lead[1], **whom, **who}
        world.telephony("call.started", at, **common)
        world.telephony("call.answered", answered, **whom, rep=who["rep"], amd="human")
        heard = {"answered_at": answered, "talk_s": float(talk_s), "ring_s": 5.0, "wrap_s": 12.0, "amd": "human"}
        verdict = {"disposition": disposition, "hangup_cause": "NORMAL_CLEARING"}
        world.telephony("call.ended", ended, placed_at=at, **heard, **verdict, **common)
        if states:
            self._states(who, (at, answered, ended, ended + 12 * SECOND))
        return ended

    def _unanswered(self, at: int, lead: tuple[str, str], who: dict[str, str], *, states: bool = True) -> int:
        """Send a call that nobody answers; return when it ends."""
        world = self._world
        ended = at + RINGS
        whom = {"call": world.new_id("C"), "lead": lead[0]}
        common = {"direction": "outbound", "campaign": lead[1], **whom, **who}
        world.telephony("call.started", at, **common)
        verdict = {"disposition": "no_answer", "hangup_cause": "NO_ANSWER"}
        world.telephony("call.ended", ended, placed_at=at, talk_s=0, ring_s=RINGS / SECOND, **verdict, **common)
        if states:
            world.telephony("rep.state", at, state="ringing", **who)
            world.telephony("rep.state", ended, state="available", **who)
        return ended

    def _states(self, who: dict[str, str], times: tuple[int, int, int, int]) -> None:
        for at, state in zip(times, ("ringing", "talking", "wrap_up", "available"), strict=True):
            self._world.telephony("rep.state", at, state=state, **who)

    def _qualify(self, at: int, lead: tuple[str, str], who: dict[str, str]) -> str:
        opportunity = self._world.new_id("O")
        about = {"lead": lead[0], "opportunity": opportunity, "rep": who["rep"], "campaign": lead[1]}
        self._world.crm("lead.qualified", at, **about)
        return opportunity

    def _lose(self, at: int, number: int, lead: tuple[str, str], who: dict[str, str]) -> None:
        reason = LOST_REASONS[number % len(LOST_REASONS)]
        self._world.crm("lead.lost", at, lead=lead[0], reason=reason, rep=who["rep"])
