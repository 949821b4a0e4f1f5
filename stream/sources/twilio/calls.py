"""Whole calls from what Twilio says of their legs: any order, any repetition, and what comes later corrects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stream.events.call_parts import Remembered, versioned
from stream.events.faults import internal, log_fault
from stream.sources.twilio.facts import ROLES
from stream.sources.twilio.leg import Leg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream.sources.twilio.facts import Fact

SOURCE: Final = "twilio"
# What an end without an answer says of the call.
_UNANSWERED: Final = {"busy": "busy", "no-answer": "no_answer", "canceled": "no_answer", "failed": "failed"}

_OTHER: Final = {"customer": "rep", "rep": "customer"}
MOST_CHILDREN: Final = 50  # of more, what is known of the parent later does not correct the others
LONGEST_CHAIN: Final = 16

Events = list[dict[str, Any]]


class Calls:
    """
    The calls that are under way, and those of the last day: what comes late still finds them.

    What a callback makes of them depends on the callbacks before it in the log of legs, and on nothing else: every
    gateway that reads the log says the same, and an event that is said twice has the same id.

    Whatever the callbacks claim, a callback costs little and the memory is bounded: of a leg so many callbacks and so
    many dialled legs are tied to it, and of all legs those heard of longest ago go first.
    """

    def __init__(self) -> None:
        self._legs: dict[str, Leg] = {}
        self._children: dict[str, dict[str, None]] = {}  # of a parent, which may be no leg that is known
        self._recent = Remembered()

    def __len__(self) -> int:
        unknown = sum(parent not in self._legs for parent in self._children)
        return len(self._legs) + unknown - sum(map(len, self._children.values()))

    def apply(self, fact: Fact, now_ms: int) -> Events:
        """Take a callback that the log has from `now_ms`, and return what it tells, whether it was known or not."""
        leg = self._legs.setdefault(fact.sid, Leg(fact.sid))
        parent = leg.parent
        self._recent.parts += leg.take(fact)
        if leg.parent != parent:
            self._untie(leg.sid, parent)
        self._tie(leg)
        for sid in (leg.sid, leg.parent):
            if sid in self._legs:
                self._recent.touch(sid, now_ms)
        self._forget(now_ms)
        return [*self._live(leg, fact), *self._ended(self._touched(leg))]

    def all_ended(self) -> Iterator[Events]:
        """Yield, for each leg that is remembered, the event of its call's end, if it is over."""
        for leg in list(self._legs.values()):  # others come meanwhile
            try:
                yield self._ended([leg])
            except Exception as error:  # noqa: BLE001  one of ours: the other calls are sent
                log_fault(internal(error), "a call of Twilio's")

    def _tie(self, leg: Leg) -> None:
        if leg.parent is None:
            return
        children = self._children.setdefault(leg.parent, {})
        if len(children) < MOST_CHILDREN:
            children[leg.sid] = None

    def _untie(self, sid: str, parent: str | None) -> None:
        children = self._children.get(parent or "", {})
        children.pop(sid, None)
        if not children:
            self._children.pop(parent or "", None)

    def _forget(self, now_ms: int) -> None:
        for sid in self._recent.too_old(now_ms):
            leg = self._legs.pop(sid)
            self._recent.parts -= len(leg.facts)
            self._untie(sid, leg.parent)

    def _touched(self, leg: Leg) -> Iterator[Leg]:
        """Yield the legs of whose calls a callback of `leg` may change something: itself, its parent, its children."""
        for sid in (leg.sid, leg.parent, *self._children.get(leg.sid, ())):
            if sid in self._legs:
                yield self._legs[sid]

    def _role(self, leg: Leg) -> str:
        """
        Return whether a customer or a rep is at the far end of a leg.

        Of a leg that another one dialled it is the rep, unless a rep dialled it: a call that was counted could not be
        taken back, one that is reported late still counts at its own moment. Legs that dialled each other in a circle,
        or in a chain that is longer than any, as nothing but a forgery says, begin where they are first met.
        """
        chain: dict[str, None] = {}
        at: Leg | None = leg
        role: str | None = None
        while at is not None and role is None:
            chain[at.sid] = None
            parent = at.parent
            named = at.context("leg")
            role = named if named in ROLES else "rep" if at.other.rep is not None else None
            if role is None and (parent is None or parent in chain or len(chain) == LONGEST_CHAIN):
                role = "customer"
            at = None if parent is None else self._legs.get(parent)
        # Where the last one's parent has no callbacks, the last one is a rep's.
        dialled = len(chain) - (1 if role is not None else 0)
        role = role or "customer"
        return role if dialled % 2 == 0 else _OTHER[role]

    def _live(self, leg: Leg, fact: Fact) -> Events:
        """Return the events of the live views that this callback alone makes."""
        if self._role(leg) != "customer" or leg.first_of("direction") is None:
            return []
        about = {"at": fact.at, "source": SOURCE, "call": leg.sid, **_who(leg), **_given(leg, "rep")}
        if fact.status == "initiated":
            kind = {"type": "call.started", "direction": leg.first_of("direction")}
            return [versioned(kind | about | _given(leg, "campaign", "team", "queue"))]
        if fact.status == "in-progress":
            return [versioned({"type": "call.answered", **about})]
        return []

    def _ended(self, legs: Iterable[Leg]) -> Events:
        over = (leg for leg in legs if leg.end is not None and self._role(leg) == "customer")
        return [self._whole(leg, self._known(leg)) for leg in over]

    def _known(self, leg: Leg) -> int:
        """Return how many callbacks are known of the call that a leg belongs to."""
        tied = leg.parent is not None and leg.sid in self._children.get(leg.parent, ())
        root = leg.parent if tied and leg.parent is not None else leg.sid
        legs = {leg.sid, root, *self._children.get(root, ())}
        return sum(len(self._legs[sid].facts) for sid in legs if sid in self._legs)

    def _reps_of(self, leg: Leg) -> list[Leg]:
        """Return the legs to reps that belong to a customer's."""
        others = [leg.parent, *self._children.get(leg.sid, ())]
        known = [self._legs[sid] for sid in others if sid is not None and sid in self._legs]
        return [one for one in known if self._role(one) == "rep"]

    def _whole(self, leg: Leg, known: int) -> dict[str, Any]:
        """Return the call of a customer's leg: of two, the one that more was known for has the greater id."""
        end = leg.end
        assert end is not None  # noqa: S101 - of legs that are over
        inbound = leg.first_of("direction") == "inbound"
        reps = self._reps_of(leg)
        spoke = [rep for rep in reps if rep.answered_ms is not None]
        placed, answered = leg.placed_ms, leg.answered_ms
        talked: float | None = end.talked_s
        rep: str | None = leg.context("rep")
        fields: dict[str, Any] = {}
        if spoke:
            first = min(spoke, key=lambda one: (one.answered_ms or 0, one.sid))
            rep = rep or first.rep
            if first.sid != leg.parent:
                joined = max(first.answered_ms or placed, placed)
                talked = sum(one.talked_s(end.at) for one in spoke)
                if inbound and answered is not None:
                    answered = joined
        elif reps and not any(one.sid == leg.parent for one in reps):
            talked, answered = 0, None if inbound else answered
            rep = rep or (reps[0].rep if len(reps) == 1 and not inbound else None)
        elif reps:
            rep = rep or reps[0].rep
        if answered is not None:
            answered = min(max(answered, placed), end.at)
            fields |= {"answered_at": answered, "wait_s" if inbound else "ring_s": (answered - placed) / 1000}
        amd = leg.first_of("amd")
        about: dict[str, Any] = {
            "type": "call.ended",
            "at": end.at,
            "source": SOURCE,
            "call": leg.sid,
            **_who(leg),
            "direction": "inbound" if inbound else "outbound",
            "placed_at": min(placed, end.at),
            **fields,
            "talk_s": (talked or 0) if answered is not None or inbound else 0,
            **({"rep": rep} if rep else {}),
            **({"amd": amd} if amd else {}),
            **({"disposition": _UNANSWERED[end.status]} if end.status in _UNANSWERED else {}),
            **({"hangup_cause": end.cause} if end.cause else {}),
            **_given(leg, "campaign", "team", "queue"),
        }
        return versioned(about, known)


def _who(leg: Leg) -> dict[str, str]:
    lead = leg.context("lead")
    number = leg.other.number or ("anonymous" if lead is None else None)
    return {**({"lead": lead} if lead else {}), **({"number": number} if number else {})}


def _given(leg: Leg, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := leg.context(name)) is not None}
