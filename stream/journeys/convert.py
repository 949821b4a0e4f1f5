"""From an event to the fact that a journey keeps of it, with its labels masked, and whose journey that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from stream.events import reading as ev
from stream.events.reading import minor_units
from stream.journeys.batch import CUSTOMER, LEAD, NUMBER, QUEUE_CALL, REP, SEPARATOR
from stream.journeys.rep_hours import name_of
from stream.kpi import facts as f
from stream.kpi.rules import HOUR, REP_STATE_LASTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.privacy.labels import Labels

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


def _requested(event: ev.LeadRequested, labels: Labels) -> Keyed:
    fact = f.Request(
        event.at,
        event.id,
        labels.campaign[event.campaign],
        event.number,
        labels.channel[event.channel],
        labels.rep[event.rep],
        labels.team[event.team],
        event.revision,
    )
    return LEAD, event.lead, fact


def _assigned(event: ev.LeadAssigned, labels: Labels) -> Keyed:
    rep, team = labels.rep[event.rep], labels.team[event.team]
    return LEAD, event.lead, f.Assigned(event.at, event.id, rep, team, event.revision)


def _ended(event: ev.CallEnded, labels: Labels) -> Keyed:
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
        labels.campaign[event.campaign],
        labels.rep[event.rep],
        labels.team[event.team],
        labels.disposition[event.disposition],
        None,
        event.revision,
    )
    kind, name = _party(event)
    return kind, name, fact


def _disposed(event: ev.CallDisposed, labels: Labels) -> Keyed:
    disposition = labels.disposition[event.disposition]
    kind, name = _party(event)
    return kind, name, f.Verdict(event.at, event.id, event.call, disposition, None, event.revision)


def _qualified(event: ev.LeadQualified, labels: Labels) -> Keyed:
    rep, campaign = labels.rep[event.rep], labels.campaign[event.campaign]
    return LEAD, event.lead, f.Step(event.at, event.id, f.QUALIFIED_STEP, rep, campaign, None, event.revision)


def _won(event: ev.LeadWon, labels: Labels) -> Keyed:
    rep = labels.rep[event.rep]
    return LEAD, event.lead, f.Step(event.at, event.id, f.WON_STEP, rep, None, None, event.revision)


def _lost(event: ev.LeadLost, labels: Labels) -> Keyed:
    rep, reason = labels.rep[event.rep], labels.reason[event.reason]
    return LEAD, event.lead, f.Step(event.at, event.id, f.LOST_STEP, rep, None, reason, event.revision)


def _consent(event: ev.LeadConsent, _labels: Labels) -> Keyed:
    return LEAD, event.lead, f.Consent(event.at, event.id, event.granted, event.revision)


def _merged(event: ev.LeadMerged, _labels: Labels) -> Keyed:
    return LEAD, event.lead, f.Merged(event.at, event.id, event.into, event.revision)


def _withdrawn(event: ev.LeadWithdrawn, _labels: Labels) -> Keyed:
    return LEAD, event.lead, f.Withdrawn(event.at, event.id, event.revision)


def _risk(kind: int) -> Callable[[Any, Labels], Keyed]:
    def convert(event: Any, labels: Labels) -> Keyed:
        fact = f.Risk(
            event.at,
            event.id,
            kind,
            labels.rep[event.rep],
            labels.campaign[event.campaign],
            labels.reason[event.reason],
            event.revision,
        )
        return CUSTOMER, event.customer, fact

    return convert


def _spend(event: ev.SpendRecorded, labels: Labels) -> Keyed:
    amount = minor_units(event.amount, event.currency)
    fact = f.Spend(
        event.at,
        event.id,
        labels.campaign[event.campaign],
        amount,
        event.currency,
        event.start,
        event.end,
        labels.channel[event.channel],
        event.revision,
    )
    return b"", fact.campaign, fact


def _state(event: ev.RepState, labels: Labels) -> Keyed:
    at = event.at
    fact = f.RepState(
        at,
        event.id,
        event.state,
        labels.team[event.team],
        labels.reason[event.reason],
        event.revision,
        REP_STATE_LASTS if event.lasts_s is None else min(_ms(event.lasts_s), REP_STATE_LASTS),
    )
    return REP, name_of(labels.rep[event.rep], at // HOUR), fact


def _queue_key(call: str, queue: str) -> str:
    return f"{call}{SEPARATOR}{queue}"


def _joined(event: ev.QueueJoined, labels: Labels) -> Keyed:
    fact = f.QueueJoined(event.at, event.id, event.revision)
    return QUEUE_CALL, _queue_key(event.queued_as or event.call, labels.queue[event.queue]), fact


def _left(event: ev.QueueLeft, labels: Labels) -> Keyed:
    fact = f.QueueLeft(event.at, event.id, event.outcome, _ms_or_none(event.wait_s), event.revision)
    return QUEUE_CALL, _queue_key(event.queued_as or event.call, labels.queue[event.queue]), fact


def queue_fact(event: ev.CallEnded, labels: Labels) -> Keyed:
    """Return the fact that an inbound call that has ended makes of its place in its queue."""
    fact = f.QueueCall(
        event.at,
        event.id,
        event.placed_at,
        event.answered_at,
        event.answered_at is not None or bool(event.talk_s),
        None if event.talk_s is None else _ms(event.talk_s) + _ms(event.hold_s) + _ms(event.wrap_s),
        _ms_or_none(event.wait_s),
        labels.campaign[event.campaign],
        labels.rep[event.rep],
        labels.team[event.team],
        event.revision,
    )
    return QUEUE_CALL, _queue_key(event.queued_as or event.call, labels.queue[event.queue] or ""), fact


LIVE_ONLY: Final = frozenset({ev.CallStarted, ev.CallAnswered})
"""What feeds live views, and no journey."""

NUMBERED: Final = frozenset({ev.LeadRequested, ev.CallEnded, ev.CallDisposed})
"""What may have a number."""

OF_THE_EVENTS: Final[dict[type, Callable[[Any, Labels], Keyed]]] = {
    ev.LeadRequested: _requested,
    ev.LeadAssigned: _assigned,
    ev.CallEnded: _ended,
    ev.CallDisposed: _disposed,
    ev.LeadQualified: _qualified,
    ev.LeadWon: _won,
    ev.LeadLost: _lost,
    ev.LeadConsent: _consent,
    ev.LeadMerged: _merged,
    ev.LeadWithdrawn: _withdrawn,
    ev.CustomerAtRisk: _risk(f.AT_RISK),
    ev.CustomerKept: _risk(f.RISK_KEPT),
    ev.CustomerLost: _risk(f.RISK_LOST),
}
"""What the topic of events takes."""

OF_THE_FLOOR: Final[dict[type, Callable[[Any, Labels], Keyed]]] = {
    ev.RepState: _state,
    ev.QueueJoined: _joined,
    ev.QueueLeft: _left,
}
"""What the topic of the floor takes, beside inbound calls that have ended."""

OF_THE_SPEND: Final[dict[type, Callable[[Any, Labels], Keyed]]] = {ev.SpendRecorded: _spend}
"""What the topic of spend takes."""

EVENT_COUNTS: Final[dict[type, tuple[str, str]]] = {
    kind: ("events", str(kind.__struct_config__.tag)) for kind in get_args(ev.AnyEvent)
}
"""What an event of a type is counted under."""
