"""A lead with hindsight: when it was open, the attempts that count for it, its steps, and whom each belongs to."""

from dataclasses import dataclass
from typing import Any

from tests.reference.calls import Attempt, attempts_among
from tests.reference.config import DAY, Config
from tests.reference.facts import Event, Facts, earliest, latest

CLOSINGS = ("lead.qualified", "lead.won", "lead.lost")


@dataclass(frozen=True)
class Step:
    """A lead's qualification, win or loss."""

    at: int
    campaign: str | None
    team: str | None
    rep: str | None
    reason: str


@dataclass(frozen=True)
class Lead:
    """
    `attempts` are those that count for it, in order; `assigned` are the moments at which it was, in order.

    `requested` and `closed` are ms, None if that never was; `cold` is when it goes cold unless something happens.
    """

    id: str
    campaign: str | None
    team: str | None
    rep: str | None
    requested: int | None
    closed: int | None
    attempts: list[Attempt]
    qualified: Step | None = None
    won: Step | None = None
    lost: Step | None = None
    channel: str | None = None
    assigned: tuple[int, ...] = ()
    cold: int | None = None

    @property
    def contacts(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.contact]


def lead_named(lead: str, facts: Facts, config: Config) -> Lead:
    """The lead with this id, from what names it and from the calls to the numbers it was requested with."""
    request = facts.standing_request(lead)
    numbers = facts.numbers_linked_to(lead)
    ended = facts.of("call.ended", lead=lead)
    disposed = facts.of("call.disposed", lead=lead)
    for number in numbers:
        ended += facts.of_number("call.ended", number)
        disposed += facts.of_number("call.disposed", number)
    attempts = attempts_among(ended, disposed, facts, config)

    closings = [event["at"] for kind in CLOSINGS for event in facts.of(kind, lead=lead)]
    closed = min(closings, default=None)
    opened = request["at"] if request is not None else min((a.placed_at for a in attempts), default=None)
    counting = [
        attempt
        for attempt in attempts
        if opened is not None and opened <= attempt.placed_at and (closed is None or attempt.placed_at < closed)
    ]

    first = counting[0] if counting else None
    campaign, team, rep = belongs_to(request, latest(facts.of("lead.assigned", lead=lead)), first)
    steps = {
        kind: step_of(earliest(facts.of(kind, lead=lead)), campaign=campaign, team=team, rep=rep) for kind in CLOSINGS
    }
    return Lead(
        id=lead,
        campaign=campaign,
        team=team,
        rep=rep,
        requested=None if request is None else request["at"],
        closed=closed,
        attempts=counting,
        qualified=steps["lead.qualified"],
        won=steps["lead.won"],
        lost=steps["lead.lost"],
        channel=None if request is None else request.get("channel"),
        assigned=tuple(sorted(event["at"] for event in facts.of("lead.assigned", lead=lead))),
        cold=goes_cold(lead, request, counting, facts, config),
    )


def goes_cold(lead: str, request: Event | None, counting: list[Attempt], facts: Facts, config: Config) -> int | None:
    """Some days after the last thing done about it; None if it is won or lost, or was never requested nor qualified."""
    qualified = earliest(facts.of("lead.qualified", lead=lead))
    if facts.of("lead.won", lead=lead) or facts.of("lead.lost", lead=lead):
        return None
    if request is None and qualified is None:
        return None
    done = [event["at"] for event in (request, qualified) if event is not None]
    done += [event["at"] for event in facts.of("lead.assigned", lead=lead)]
    done += [attempt.placed_at for attempt in counting]
    return int(max(done) + config.lead_cold_days * DAY)


def belongs_to(
    request: Event | None,
    assigned: Event | None,
    first: Attempt | None,
) -> tuple[str | None, str | None, str | None]:
    """The campaign, team and rep of a lead."""
    campaign: Any = None
    if request is not None:
        campaign = request["campaign"]
    elif first is not None:
        campaign = first.campaign

    if assigned is not None:
        return campaign, assigned.get("team"), assigned["rep"]
    if request is not None and ("rep" in request or "team" in request):
        return campaign, request.get("team"), request.get("rep")
    if first is not None:
        return campaign, first.team, first.rep
    return campaign, None, None


def step_of(event: Event | None, *, campaign: str | None, team: str | None, rep: str | None) -> Step | None:
    """The step of a lead with this campaign, team and rep; only a qualification may name a campaign of its own."""
    if event is None:
        return None
    own_campaign = event.get("campaign") if event["type"] == "lead.qualified" else None
    return Step(
        at=event["at"],
        campaign=campaign if campaign is not None else own_campaign,
        team=team,
        rep=event.get("rep", rep),
        reason=event.get("reason", ""),
    )


def number_as_lead(number: str, facts: Facts, config: Config) -> Lead:
    """A number no lead was requested with: its own lead, open from its first attempt and never closed."""
    ended = facts.of_number("call.ended", number)
    disposed = facts.of_number("call.disposed", number)
    attempts = attempts_among(ended, disposed, facts, config)
    campaign, team, rep = belongs_to(None, None, attempts[0] if attempts else None)
    return Lead(id=number, campaign=campaign, team=team, rep=rep, requested=None, closed=None, attempts=attempts)


def all_leads(facts: Facts, config: Config) -> list[Lead]:
    """Every lead that a fact names, and every number that is its own lead."""
    named = sorted({event["lead"] for event in facts.all if "lead" in event} - facts.withdrawn)
    dialled = sorted({event["number"] for event in facts.of("call.ended") if "lead" not in event})
    own = [number for number in dialled if not facts.leads_linked_to(number)]
    return [lead_named(lead, facts, config) for lead in named] + [number_as_lead(n, facts, config) for n in own]
