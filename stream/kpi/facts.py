"""
What a journey remembers: an event, less all that no KPI reads, as a row that packs small.

Times are milliseconds since the epoch. `number` on a call or a verdict is the pseudonym it was passed on from;
none if it is keyed by the journey itself. A journey is a list of facts in the order of (`at`, `id`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.kpi.rules import REP_STATE_LASTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

QUALIFIED_STEP: Final = 0
WON_STEP: Final = 1
LOST_STEP: Final = 2

AT_RISK: Final = 0
RISK_KEPT: Final = 1
RISK_LOST: Final = 2


class Request(msgspec.Struct, array_like=True, tag=1, frozen=True, gc=False):
    """A `lead.requested`."""

    at: int
    id: str
    campaign: str
    number: str | None = None
    channel: str | None = None
    rep: str | None = None
    team: str | None = None
    revision: int = 0


class Assigned(msgspec.Struct, array_like=True, tag=2, frozen=True, gc=False):
    """A `lead.assigned`."""

    at: int
    id: str
    rep: str
    team: str | None = None
    revision: int = 0


class Call(msgspec.Struct, array_like=True, tag=3, frozen=True, gc=False):
    """A `call.ended`; `machine` is an `amd` of machine or fax."""

    at: int
    id: str
    call: str
    placed_at: int
    outbound: bool
    answered: bool
    talk_ms: int
    machine: bool
    campaign: str | None = None
    rep: str | None = None
    team: str | None = None
    disposition: str | None = None
    number: str | None = None
    revision: int = 0


class Verdict(msgspec.Struct, array_like=True, tag=4, frozen=True, gc=False):
    """A `call.disposed`."""

    at: int
    id: str
    call: str
    disposition: str
    number: str | None = None
    revision: int = 0


class Step(msgspec.Struct, array_like=True, tag=5, frozen=True, gc=False):
    """A `lead.qualified`, `lead.won` or `lead.lost`, by `kind`."""

    at: int
    id: str
    kind: int
    rep: str | None = None
    campaign: str | None = None
    reason: str | None = None
    revision: int = 0


class Consent(msgspec.Struct, array_like=True, tag=6, frozen=True, gc=False):
    """A `lead.consent`."""

    at: int
    id: str
    granted: bool
    revision: int = 0


class Link(msgspec.Struct, array_like=True, tag=7, frozen=True, gc=False):
    """
    On a number's journey: `id` is a lead that was requested with it, first at `at`.

    `requested_at`, `request` and `campaign` are those of the lead's standing request, which may name another number.
    """

    at: int
    id: str
    requested_at: int
    request: str
    campaign: str


class Shared(msgspec.Struct, array_like=True, tag=8, frozen=True, gc=False):
    """On a lead's journey: from `at` on, another lead was requested with the number `id`."""

    at: int
    id: str


class Risk(msgspec.Struct, array_like=True, tag=9, frozen=True, gc=False):
    """A `customer.at_risk`, `customer.kept` or `customer.lost`, by `kind`."""

    at: int
    id: str
    kind: int
    rep: str | None = None
    campaign: str | None = None
    reason: str | None = None
    revision: int = 0


class QueueJoined(msgspec.Struct, array_like=True, tag=10, frozen=True, gc=False):
    """A `queue.joined`."""

    at: int
    id: str
    revision: int = 0


class QueueLeft(msgspec.Struct, array_like=True, tag=11, frozen=True, gc=False):
    """A `queue.left`."""

    at: int
    id: str
    outcome: str | None = None
    wait_ms: int | None = None
    revision: int = 0


class QueueCall(msgspec.Struct, array_like=True, tag=12, frozen=True, gc=False):
    """
    An inbound `call.ended`, on the journey of its place in a queue.

    `handle_ms` is talk, hold and wrap-up; None where no talk is told.
    """

    at: int
    id: str
    placed_at: int
    answered_at: int | None
    answered: bool
    handle_ms: int | None
    wait_ms: int | None = None
    campaign: str | None = None
    rep: str | None = None
    team: str | None = None
    revision: int = 0


class RepState(msgspec.Struct, array_like=True, tag=13, frozen=True, gc=False):
    """A `rep.state`, on the journey of the rep; it `lasts` so many ms unless another follows."""

    at: int
    id: str
    state: str
    team: str | None = None
    reason: str | None = None
    revision: int = 0
    lasts: int = REP_STATE_LASTS


class Spend(msgspec.Struct, array_like=True, tag=14, frozen=True, gc=False):
    """A `spend.recorded`: `amount` minor units of `currency`, spread over [`start`, `end`)."""

    at: int
    id: str
    campaign: str
    amount: int
    currency: str
    start: int
    end: int
    channel: str | None = None
    revision: int = 0


class Merged(msgspec.Struct, array_like=True, tag=16, frozen=True, gc=False):
    """
    A `lead.merged`: the lead is the one called `into`, and no other.

    On the journey of a call without a number: its number is known, so the call `into` counts there, and not here.
    """

    at: int
    id: str
    into: str
    revision: int = 0


class Withdrawn(msgspec.Struct, array_like=True, tag=17, frozen=True, gc=False):
    """A `lead.withdrawn`: the lead was none."""

    at: int
    id: str
    revision: int = 0


class Moved(msgspec.Struct, array_like=True, tag=18, frozen=True, gc=False):
    """On a lead's journey: what happened to a `lead` that is this one, as `fact`, whose `at` and `id` it has."""

    at: int
    id: str
    lead: str
    fact: Fact


class Gone(msgspec.Struct, array_like=True, tag=19, frozen=True, gc=False):
    """Sent to a journey, and kept in none: what it knows as `id`, or all that was moved from the lead `id`, is void."""

    at: int
    id: str


class Erased(msgspec.Struct, array_like=True, tag=15, frozen=True, gc=False):
    """
    On the journey of a person who was erased: what happened up to `at` is known no more, nor taken any more if `done`.

    Until then it waits for `waits`, of which it has `heard` some; `said` if the person's other journeys know so much.
    """

    at: int
    id: str
    waits: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    said: bool = False
    done: bool = False


Fact = (
    Request
    | Assigned
    | Call
    | Verdict
    | Step
    | Consent
    | Link
    | Shared
    | Risk
    | QueueJoined
    | QueueLeft
    | QueueCall
    | RepState
    | Spend
    | Merged
    | Withdrawn
    | Moved
    | Gone
    | Erased
)

TIMELESS: Final = frozenset({Merged, Withdrawn})
"""What says what a lead is: it holds as soon as it is known, as it was so all the time."""


def order(fact: Any) -> tuple[int, str, str]:
    """
    Return what facts of a journey are sorted by, so that the last of a kind is the latest one.

    An event that came to a lead both by itself and passed on by a number is two facts of one `at` and `id`.
    """
    return fact.at, fact.id, getattr(fact, "number", None) or (fact.lead if type(fact) is Moved else "")


def visible_until(facts: Iterable[Any], end: int) -> list[Any]:
    """Return those of `facts` that are visible before `end` (ms)."""
    return [fact for fact in facts if fact.at < end or type(fact) in TIMELESS]


def own_facts(facts: Sequence[Any]) -> Sequence[Any]:
    """Return what happened to a lead, whichever lead it was told of, in order."""
    if not any(type(fact) is Moved for fact in facts):
        return facts
    return [_moved(fact) if type(fact) is Moved else fact for fact in facts]


def _moved(fact: Any) -> Any:
    while type(fact) is Moved:
        fact = fact.fact
    return fact
