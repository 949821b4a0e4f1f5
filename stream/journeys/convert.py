"""From an event to the fact that a journey keeps of it, and whose journey that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from stream.events import reading as ev
from stream.events.reading import minor_units
from stream.journeys.batch import CUSTOMER, LEAD, NUMBER, QUEUE_CALL, REP, SEPARATOR
from stream.journeys.rep_hours import name_of
from stream.kpi import facts as f
from stream.kpi.rules import HOUR

if TYPE_CHECKING:
    from collections.abc import Callable

    Keyed = tuple[bytes, str, Any]
    """The kind of a journey, its key, and a fact for it."""

_MACHINES: Final = frozenset({"machine", "fax"})
_JUST_UNDER: Final = 1e-6  # a millisecond that a float has just missed


def _ms(seconds: float | None) -> int:
    """Convert seconds into whole ms, never up: 29.9996 s of talk are not 30."""
    return int(seconds * 1000 + _JUST_UNDER) if seconds else 0


def _ms_or_none(seconds: float | None) -> int | None:
    return None if seconds is None else _ms(seconds)


def _party(event: Any) -> tuple[bytes, str]:
    """Return whose journey a call belongs to: the lead's if it names one, else the number's."""
    return (LEAD, event.lead) if event.lead else (NUMBER, event.number)


def _requested(event: ev.LeadRequested) -> Keyed:
    fact = f.Request(event.at, event.id, event.campaign, event.number, event.channel, event.rep, event.team)
    return LEAD, event.lead, fact


def _assigned(event: ev.LeadAssigned) -> Keyed:
    return LEAD, event.lead, f.Assigned(event.at, event.id, event.rep, event.team)


def _ended(event: ev.CallEnded) -> Keyed:
    talk = _ms(event.talk_s)
    fact = f.Call(
        event.at,
        event.id,
        event.call,
        event.placed_at,
        event.direction == "outbound",
        event.answered_at is not None or bool(event.talk_s),
        talk,
        event.amd in _MACHINES,
        event.campaign,
        event.rep,
        event.team,
        event.disposition,
    )
    return (*_party(event), fact)


def _disposed(event: ev.CallDisposed) -> Keyed:
    return (*_party(event), f.Verdict(event.at, event.id, event.call, event.disposition))


def _qualified(event: ev.LeadQualified) -> Keyed:
    return LEAD, event.lead, f.Step(event.at, event.id, f.QUALIFIED_STEP, event.rep, event.campaign)


def _won(event: ev.LeadWon) -> Keyed:
    return LEAD, event.lead, f.Step(event.at, event.id, f.WON_STEP, event.rep)


def _lost(event: ev.LeadLost) -> Keyed:
    return LEAD, event.lead, f.Step(event.at, event.id, f.LOST_STEP, event.rep, None, event.reason)


def _consent(event: ev.LeadConsent) -> Keyed:
    return LEAD, event.lead, f.Consent(event.at, event.id, event.granted)


def _risk(kind: int) -> Callable[[Any], Keyed]:
    def convert(event: Any) -> Keyed:
        fact = f.Risk(event.at, event.id, kind, event.rep, event.campaign, event.reason)
        return CUSTOMER, event.customer, fact

    return convert


def _spend(event: ev.SpendRecorded) -> Keyed:
    amount = minor_units(event.amount, event.currency)
    fact = f.Spend(event.at, event.id, event.campaign, amount, event.currency, event.start, event.end, event.channel)
    return b"", event.campaign, fact


def _state(event: ev.RepState) -> Keyed:
    at = event.at
    fact = f.RepState(at, event.id, event.state, event.team, event.reason)
    return REP, name_of(event.rep, at // HOUR), fact


def _queue_key(call: str, queue: str) -> str:
    return f"{call}{SEPARATOR}{queue}"


def _joined(event: ev.QueueJoined) -> Keyed:
    return QUEUE_CALL, _queue_key(event.call, event.queue), f.QueueJoined(event.at, event.id)


def _left(event: ev.QueueLeft) -> Keyed:
    fact = f.QueueLeft(event.at, event.id, event.outcome, _ms_or_none(event.wait_s))
    return QUEUE_CALL, _queue_key(event.call, event.queue), fact


def queue_fact(event: ev.CallEnded) -> Keyed:
    """Return the fact that an inbound call that has ended makes of its place in its queue."""
    fact = f.QueueCall(
        event.at,
        event.id,
        event.placed_at,
        event.answered_at,
        event.answered_at is not None or bool(event.talk_s),
        _ms(event.talk_s) + _ms(event.hold_s) + _ms(event.wrap_s),
        _ms_or_none(event.wait_s),
        event.campaign,
        event.rep,
        event.team,
    )
    return QUEUE_CALL, _queue_key(event.call, event.queue or ""), fact


LIVE_ONLY: Final = frozenset({ev.CallStarted, ev.CallAnswered})
"""What feeds live views, and no journey."""

NUMBERED: Final = frozenset({ev.LeadRequested, ev.CallEnded, ev.CallDisposed})
"""What may have a number."""

OF_THE_EVENTS: Final[dict[type, Callable[[Any], Keyed]]] = {
    ev.LeadRequested: _requested,
    ev.LeadAssigned: _assigned,
    ev.CallEnded: _ended,
    ev.CallDisposed: _disposed,
    ev.LeadQualified: _qualified,
    ev.LeadWon: _won,
    ev.LeadLost: _lost,
    ev.LeadConsent: _consent,
    ev.CustomerAtRisk: _risk(f.AT_RISK),
    ev.CustomerKept: _risk(f.RISK_KEPT),
    ev.CustomerLost: _risk(f.RISK_LOST),
}
"""What the topic of events takes."""

OF_THE_FLOOR: Final[dict[type, Callable[[Any], Keyed]]] = {
    ev.RepState: _state,
    ev.QueueJoined: _joined,
    ev.QueueLeft: _left,
}
"""What the topic of the floor takes, beside inbound calls that have ended."""

OF_THE_SPEND: Final[dict[type, Callable[[Any], Keyed]]] = {ev.SpendRecorded: _spend}
"""What the topic of spend takes."""

EVENT_COUNTS: Final[dict[type, tuple[str, str]]] = {
    kind: ("events", str(kind.__struct_config__.tag)) for kind in get_args(ev.AnyEvent)
}
"""What an event of a type is counted under."""
