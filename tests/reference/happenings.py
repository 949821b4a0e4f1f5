"""The single events of a generated history, one maker for each kind, in canonical form and without an id."""

from collections.abc import Sequence
from typing import Any

from tests.reference.config import DAY, HOUR, MINUTE, SECOND
from tests.reference.floors import AHEAD, Cast, Pick

Event = dict[str, Any]


def maybe(pick: Pick, **fields: Sequence[Any]) -> Event:
    """Each field with one of its values, or, every other time, without."""
    return {name: pick.of(values) for name, values in fields.items() if pick.below(2)}


def owner(pick: Pick, cast: Cast) -> Event:
    return maybe(pick, campaign=cast.campaigns, rep=cast.reps, team=cast.teams)


def requested(pick: Pick, cast: Cast) -> Event:
    lead = pick.of(cast.leads)
    return request_of(pick, cast, lead, cast.time(pick, lead))


def request_of(pick: Pick, cast: Cast, lead: str, at: int) -> Event:
    return {
        "type": "lead.requested",
        "lead": lead,
        "campaign": pick.of(cast.campaigns),
        "at": at,
        **maybe(pick, number=cast.numbers, channel=("web", "fair")),
        **(maybe(pick, rep=cast.reps, team=cast.teams) if pick.below(3) == 2 else {}),
    }


def assigned(pick: Pick, cast: Cast) -> Event:
    lead = pick.of(cast.leads)
    fields = {"lead": lead, "rep": pick.of(cast.reps), "at": cast.time(pick, lead)}
    return {"type": "lead.assigned", **fields, **maybe(pick, team=cast.teams)}


def call_of(pick: Pick, cast: Cast) -> tuple[str, str, Event]:
    """A call's id, whom it is with, and the field that names them; some ids are shared by a lead and a number."""
    party = pick.of(cast.parties)
    n = pick.below(cast.calls_each)
    shared = pick.below(10) == 9
    call = f"call-{n}" if shared else f"{party[-6:]}-{n}"
    return call, party, {"lead": party} if party in cast.leads else {"number": party}


def ended(pick: Pick, cast: Cast) -> Event:
    """The end of an outbound call; a few are revised to inbound."""
    call, party, names = call_of(pick, cast)
    if "lead" in names and pick.below(6) == 5:
        names = {**names, "number": pick.of(cast.numbers)}
    event = attempt(pick, cast, call, names, cast.time(pick, party))
    return event | {"direction": "inbound"} if pick.below(25) == 24 else event


def attempt(pick: Pick, cast: Cast, call: str, names: Event, placed_at: int) -> Event:
    """An outbound call placed at a moment; talk lasts as long as a threshold, or nearly; the record may come late."""
    lasted = pick.of((0, 30 * SECOND, MINUTE, 0, 30 * SECOND, 0, MINUTE, HOUR, 3 * DAY))
    # What has not ended by then would lie further ahead than a floor believes.
    at = min(placed_at + lasted, cast.as_of + AHEAD)
    fields: Event = {
        "type": "call.ended",
        "call": call,
        "direction": "outbound",
        **names,
        "placed_at": placed_at,
        "at": at,
        **owner(pick, cast),
    }
    if pick.below(2):
        fields["talk_s"] = pick.of((30, 0, 29.999, 30.0, 45, 44, 300))
    if pick.below(3) == 2:
        fields["answered_at"] = pick.of((placed_at, at))
    if pick.below(4) == 3:
        fields["amd"] = pick.of(("machine", "human", "fax", "unknown"))
    if pick.below(3) == 2:
        fields["disposition"] = pick.of(("refused", "conversation", "busy", "REFUS", "NRP", "X9"))
    return fields


def disposed(pick: Pick, cast: Cast) -> Event:
    call, party, names = call_of(pick, cast)
    said = pick.of(("refused", "interested", "callback", "voicemail", "wrong_number", "other", "A1", "RDV", "X9"))
    fields = {"call": call, **names, "disposition": said, "at": cast.time(pick, party)}
    return {"type": "call.disposed", **fields, **maybe(pick, rep=cast.reps)}


def live(pick: Pick, cast: Cast) -> Event:
    """What no KPI is made of: calls that start and are answered, and consent."""
    call, party, names = call_of(pick, cast)
    at = cast.time(pick, party)
    if "lead" in names and pick.below(3) == 2:
        return {"type": "lead.consent", **names, "granted": bool(pick.below(2)), "at": at}
    if pick.below(2):
        return {"type": "call.answered", "call": call, **names, "at": at}
    return {"type": "call.started", "call": call, "direction": "outbound", **names, "at": at}


def closing(pick: Pick, cast: Cast) -> Event:
    lead = pick.of(cast.leads)
    return closing_of(pick, cast, lead, cast.time(pick, lead))


def closing_of(pick: Pick, cast: Cast, lead: str, at: int) -> Event:
    kind = pick.of(("lead.qualified", "lead.won", "lead.lost"))
    event = {"type": kind, "lead": lead, "at": at, **maybe(pick, rep=cast.reps)}
    if kind == "lead.qualified":
        return event | maybe(pick, campaign=cast.campaigns, opportunity=("o-1", "o-2"))
    if kind == "lead.won":
        return event | ({"amount": "1200.50", "currency": "EUR"} if pick.below(2) else {})
    return event | maybe(pick, reason=("price", "silence"))


def related(pick: Pick, cast: Cast) -> Event:
    """What makes a lead another one, or none."""
    lead = pick.of(cast.leads)
    at = cast.time(pick, lead)
    if pick.below(3) == 2:
        return {"type": "lead.withdrawn", "lead": lead, "at": at}
    into = pick.of([other for other in cast.leads if other != lead])
    return {"type": "lead.merged", "lead": lead, "into": into, "at": at}


def risk(pick: Pick, cast: Cast) -> Event:
    customer = pick.of(cast.customers)
    kind = pick.of(("customer.at_risk", "customer.lost", "customer.kept"))
    fields = {"type": kind, "customer": customer, "at": cast.time(pick, customer)}
    return fields | maybe(pick, campaign=cast.campaigns, rep=cast.reps, reason=("price",))


def spend(pick: Pick, cast: Cast) -> Event:
    begin = cast.time(pick, "floor")
    return {
        "type": "spend.recorded",
        "campaign": pick.of(cast.campaigns),
        "amount": pick.of(("1000.00", "0.01", "0", "12.34", "99999.99", "7")),
        "currency": pick.of(("EUR", "EUR", "EUR", "EUR", "USD")),
        "from": begin,
        "to": begin + pick.of((DAY, 1, 90 * SECOND, HOUR, 7 * DAY, 30 * DAY, 12_345_678)),
        "at": begin + pick.of((0, -DAY, HOUR)),
        **maybe(pick, channel=("ads", "fair")),
    }


def rep_state(pick: Pick, cast: Cast) -> Event:
    states = ("available", "talking", "wrap_up", "ringing", "paused", "offline")
    rep, state, at = pick.of(cast.reps), pick.of(states), cast.recent(pick)
    lasts = ({}, {"lasts_s": 60}, {"lasts_s": 300}, {"lasts_s": 86_400})[at // 1000 % 4]
    return {"type": "rep.state", "rep": rep, "state": state, "at": at, **lasts, **maybe(pick, team=cast.teams)}


def queue_event(pick: Pick, cast: Cast) -> Event:
    """What tells of an inbound call: it joined, it left, or it ended."""
    n = pick.below(4 * cast.calls_each)
    call, queue, at = f"in-{n}", pick.of(cast.queues), cast.time(pick, "floor")
    wait = {"wait_s": pick.of((20, 0, 20.001, 5, 61.5))} if pick.below(2) else {}
    waits = ({}, {}, {"queued_as": f"in-{n + 1}"}, {"queued_as": f"in-{n + 2}"})[at // 1000 % 4]
    kind = pick.below(3)
    if kind == 0:
        return {"type": "queue.joined", "call": call, "queue": queue, "at": at, **waits}
    if kind == 1:
        outcome = maybe(pick, outcome=("answered", "abandoned", "timeout"))
        return {"type": "queue.left", "call": call, "queue": queue, "at": at, **outcome, **wait, **waits}
    # One call is with one party: what ends it is always on one key.
    party = cast.parties[n % len(cast.parties)]
    lasted = pick.of((0, 30 * SECOND, 5 * MINUTE))
    event: Event = {
        "type": "call.ended",
        "call": call,
        "direction": "inbound",
        **({"lead": party} if party in cast.leads else {"number": party}),
        "placed_at": at - lasted,
        "at": at,
        **owner(pick, cast),
        **wait,
        **waits,
        **maybe(pick, queue=cast.queues, talk_s=(120, 0, 12.5), hold_s=(3, 4.25), wrap_s=(30,)),
    }
    if pick.below(2):
        event["answered_at"] = at - pick.of((0, lasted))
    return event
