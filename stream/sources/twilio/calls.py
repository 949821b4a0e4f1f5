"""Whole calls from what Twilio says of their legs: any order, any repetition, and what comes later corrects."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from stream.events.faults import internal, log_fault
from stream.sources.twilio.facts import ENDED, Party

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.sources.twilio.facts import Fact

SOURCE: Final = "twilio"
KEPT_MS: Final = 26 * 3_600_000
_NOBODY: Final = Party()
# What an end without an answer says of the call.
_UNANSWERED: Final = {"busy": "busy", "no-answer": "no_answer", "canceled": "no_answer", "failed": "failed"}

Events = list[dict[str, Any]]


@dataclass(slots=True)
class Leg:
    """What is known of one leg: its callbacks by what tells them apart, the first of each."""

    sid: str
    facts: dict[tuple[str, str, int], Fact] = field(default_factory=dict)

    def ordered(self) -> list[Fact]:
        """Return the callbacks in the order in which Twilio made them, those without a number last."""
        return sorted(self.facts.values(), key=lambda one: (one.sequence is None, one.sequence or 0, one.at))

    def first_of(self, name: str) -> Any:
        """Return what the first of them that has `name` has for it."""
        return next((value for one in self.ordered() if (value := getattr(one, name)) is not None), None)

    def context(self, name: str) -> str | None:
        """Return what the addresses of the leg's own callbacks say of `name`."""
        of_status = (one for one in self.ordered() if one.status is not None)
        return next((one.context[name] for one in of_status if name in one.context), None)

    @property
    def parent(self) -> str | None:
        """The leg that dialled it; never itself, whatever the callbacks say."""
        parent: str | None = self.first_of("parent")
        return None if parent == self.sid else parent

    @property
    def end(self) -> Fact | None:
        """The last callback of a leg that is over."""
        ends = [one for one in self.ordered() if one.status in ENDED]
        return ends[-1] if ends else None

    @property
    def answered_ms(self) -> int | None:
        """When it was answered, if it was: by its callback, else by its length."""
        end = self.end
        answers = [one.at for one in self.facts.values() if one.status == "in-progress"]
        if answers and (end is None or end.status == "completed"):
            return min(answers)
        if end is not None and end.status == "completed" and end.talked_s:
            return end.at - 1000 * end.talked_s
        return None

    @property
    def placed_ms(self) -> int:
        """When it began, as far as is known."""
        answered = self.answered_ms
        times = [one.at for one in self.facts.values() if one.status is not None]
        return min(times if answered is None else [*times, answered])

    def talked_s(self, until_ms: int) -> float:
        """How long it lasted from its answer; one that is not known to be over did so until `until_ms`."""
        end = self.end
        if end is not None:
            return end.talked_s or 0
        return max(0, until_ms - (self.answered_ms or until_ms)) / 1000

    @property
    def other(self) -> Party:
        """Who is at its far end: who was called, or who calls in."""
        return (
            self.first_of("caller") if self.first_of("direction") == "inbound" else self.first_of("called")
        ) or _NOBODY

    @property
    def rep(self) -> str | None:
        """The rep at its far end, if one is."""
        return self.context("rep") or self.other.rep


class Calls:
    """
    The calls that are under way, and those of the last day: what comes late still finds them.

    What a callback makes of them depends on the callbacks before it in the log of legs, and on nothing else: every
    gateway that reads the log says the same, and an event that is said twice has the same id.
    """

    def __init__(self) -> None:
        self._legs: dict[str, Leg] = {}
        self._children: dict[str, dict[str, None]] = {}
        self._latest: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._latest)

    def apply(self, fact: Fact, now_ms: int) -> Events:
        """Take a callback that the log has from `now_ms`, and return what it tells, whether it was known or not."""
        leg = self._legs.setdefault(fact.sid, Leg(fact.sid))
        leg.facts.setdefault(fact.name, fact)
        if fact.parent is not None and fact.parent != fact.sid:
            self._children.setdefault(fact.parent, {})[fact.sid] = None
        root = self._root(leg)
        self._latest[root] = now_ms
        self._latest.move_to_end(root)
        self._forget(now_ms - KEPT_MS)
        return [*self._live(leg, fact), *self._ended(root)]

    def all_ended(self) -> Iterator[Events]:
        """Yield, for each call that is remembered, the events of its end."""
        for root in self._latest:
            try:
                yield self._ended(root)
            except Exception as error:  # noqa: BLE001  one of ours: the other calls are sent
                log_fault(internal(error), "a call of Twilio's")

    def _root(self, leg: Leg) -> str:
        parent = leg.parent
        if parent is not None and leg.sid in self._latest:  # a callback that did not name the parent came first
            del self._latest[leg.sid]
        return parent or leg.sid

    def _forget(self, before_ms: int) -> None:
        while self._latest and next(iter(self._latest.values())) < before_ms:
            root, _ = self._latest.popitem(last=False)
            for sid in (root, *self._children.pop(root, ())):
                self._legs.pop(sid, None)

    def _role(self, leg: Leg, before: frozenset[str] = frozenset()) -> str:
        """
        Return whether a customer or a rep is at the far end of a leg.

        Of a leg that another one dialled it is the rep, unless a rep dialled it: a call that was counted could not be
        taken back, one that is reported late still counts at its own moment. Legs that dialled each other in a circle,
        as nothing but a forgery says, begin where they are first met.
        """
        named = leg.context("leg")
        if named is not None:
            return named
        if leg.other.rep is not None:
            return "rep"
        parent = leg.parent
        if parent is None or parent in before:
            return "customer"
        dialling = self._legs.get(parent)
        return "customer" if dialling is not None and self._role(dialling, before | {leg.sid}) == "rep" else "rep"

    def _reps_of(self, leg: Leg) -> list[Leg]:
        """Return the legs to reps that belong to a customer's."""
        others = [leg.parent, *self._children.get(leg.sid, ())]
        known = [self._legs[sid] for sid in others if sid is not None and sid in self._legs]
        return [one for one in known if self._role(one) == "rep"]

    def _live(self, leg: Leg, fact: Fact) -> Events:
        """Return the events of the live views that this callback alone makes."""
        if self._role(leg) != "customer" or leg.first_of("direction") is None:
            return []
        about = {"at": fact.at, "source": SOURCE, "call": leg.sid, **_who(leg), **_given(leg, "rep")}
        if fact.status == "initiated":
            kind = {"type": "call.started", "direction": leg.first_of("direction")}
            return [_named(kind | about | _given(leg, "campaign", "team", "queue"))]
        if fact.status == "in-progress":
            return [_named({"type": "call.answered", **about})]
        return []

    def _ended(self, root: str) -> Events:
        legs = [self._legs[sid] for sid in (root, *self._children.get(root, ())) if sid in self._legs]
        known = sum(len(leg.facts) for leg in legs)
        over = (leg for leg in legs if leg.end is not None and self._role(leg) == "customer")
        return [self._whole(leg, known) for leg in over]

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
        return _named(about, known)


def _who(leg: Leg) -> dict[str, str]:
    lead = leg.context("lead")
    number = leg.other.number or ("anonymous" if lead is None else None)
    return {**({"lead": lead} if lead else {}), **({"number": number} if number else {})}


def _given(leg: Leg, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := leg.context(name)) is not None}


def _named(event: dict[str, Any], known: int | None = None) -> dict[str, Any]:
    """Return the event with its id: the call, the kind, how much was known of it, then a digest of the rest."""
    digest = hashlib.sha256(orjson.dumps(event, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
    kind = event["type"].partition(".")[2]
    order = "" if known is None else f"{known:04d}:"
    return {"id": f"{SOURCE}:{event['call']}:{kind}:{order}{digest}", **event}
