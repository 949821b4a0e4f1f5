"""What spoke for what the legs of one call come to, in words and without a number, where that call is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.dial_plan.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.sources.freeswitch.calls import Calls
    from stream.sources.freeswitch.legs import Leg
    from stream.sources.freeswitch.parties import Parties

_OF_ITSELF: Final = {
    "outside": "its channel is by a gateway",
    "inside": "its telephone has logged in, or was dialled by the name of its user",
}


def explained(calls: Calls, legs: Sequence[Leg]) -> Iterator[str]:
    """Yield whose each of `legs` is and how it comes to this call, which way that went, and what stood for a queue."""
    ordered = calls.parties.ordered(legs)
    entry = ordered[0]
    for leg in ordered:
        role = _first(ordered) if leg is entry else f"{_switched(leg)}; {_joined(leg, ordered)}"
        yield f"{_where(leg)}: {role}"
        yield f"  {_side(calls.parties, leg, entry)}"
    for leg in legs:
        if leg not in ordered:
            yield f"{_where(leg)}: a loopback, on which nobody speaks"
    went = calls.parties.way(entry, ordered)
    yield f"{went.way or 'left out'}: {went.because}"
    if went.way == "inbound":
        yield f"queue: {_queue(calls, entry)}"


def _where(leg: Leg) -> str:
    return f"{leg.where}, line {leg.line}" if leg.where else f"line {leg.line}"


def _first(ordered: Sequence[Leg]) -> str:
    """Return why the call is taken to have begun with the first of its legs."""
    entry, *others = ordered
    if not others:
        return f"the only leg; {_switched(entry)}"
    if entry.call == entry.uuid and any(leg.call == entry.uuid for leg in others):
        return f"the call began with it: all have its id for the call's (call_uuid); {_switched(entry)}"
    if all(leg.start // 1000 > entry.start // 1000 for leg in others):
        return f"the call began with it: it is the earliest; {_switched(entry)}"
    return (
        "the call began with it: of the legs of one second most speaks for it, by directions, who names whom, numbers "
        f"and contexts; {_switched(entry)}"
    )


def _switched(leg: Leg) -> str:
    if leg.inbound is None:
        return "its record does not say whether it came in or was dialled"
    return "it came to FreeSWITCH" if leg.inbound else "FreeSWITCH dialled it"


def _joined(leg: Leg, ordered: Sequence[Leg]) -> str:
    """Return by what a leg that is not the first belongs to the call."""
    for name, one in ((_where(one), one) for one in ordered if one is not leg):
        if one.uuid in leg.origins:
            return f"it was dialled for {name}"
        if one.uuid in leg.others:
            return f"it names {name}"
        if leg.uuid in one.others:
            return f"{name} names it"
    if any(one.keys & leg.keys for one in ordered if one is not leg):
        return "it has an id in common with the others"
    return "it names no other leg, and lies within the call, to its number or of its caller"


def _side(parties: Parties, leg: Leg, entry: Leg) -> str:
    number = leg.caller if leg is entry and leg.inbound is not False else leg.called
    sided = parties.sided(leg, number)
    digits = len(plain(number).lstrip("+"))
    length = f"its number has {digits} digits" if digits else "it has no number"
    because = {"itself": _OF_ITSELF.get(sided.side or "", ""), "profile": "by the profile of its channel"}
    return f"{sided.side or 'on no known side'}: {because.get(sided.by, length)}"


def _queue(calls: Calls, entry: Leg) -> str:
    if entry.stay is not None:
        return f"{entry.stay.queue}, of mod_callcenter"
    instead = calls.waits.instead_of_queue(entry)
    if instead is not None:
        return f"{instead[0]}, which freeswitch_ring_groups names for what was called, or its context"
    return "none: it stood in none of mod_callcenter, and freeswitch_ring_groups names nothing of what was called"
