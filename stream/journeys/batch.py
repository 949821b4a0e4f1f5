"""One batch on its way into the state of a partition: the journeys it touches, and what leaves with it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from stream.events.refusal import Reason, Refused
from stream.journeys.store import ERASED, LIVE, OWN_IDS, RELATED, SIMULATED, facts_of, header, size_of
from stream.kpi.facts import Call, Link, Merged, Moved, Shared, Verdict, Withdrawn, order
from stream.kpi.slices import Changed

if TYPE_CHECKING:
    from stream.journeys.partition_state import Send
    from stream.journeys.store import Journeys
    from stream.kpi.cells import Deltas

JOURNEY_BYTES: Final = 2 * 1024 * 1024  # an eighth of what a changelog takes: the whole journey is one record
PASSED_ON_AT_MOST: Final = 1_000_000  # calls of a number times its leads: each passes on to each
_NEVER_TOO_LARGE: Final = 256  # facts: with the longest texts there can be, they have room
_LARGEST_FACT: Final = JOURNEY_BYTES // _NEVER_TOO_LARGE

LEAD: Final = b"l"
NUMBER: Final = b"n"
CUSTOMER: Final = b"c"
QUEUE_CALL: Final = b"q"
REP: Final = b"r"
REVISED: Final = "revised"
"""What an event is counted under that stands in place of its former content."""

SEPARATOR: Final = "\0"
"""Stands between the parts of a journey's name: in no event is there such a character."""


_NOBODY: Final[frozenset[str]] = frozenset()

by_moment = attrgetter("at", "id")
"""What facts of a journey are sorted by where their ids are unique."""

_OF_ANOTHER: Final = frozenset({Merged, Withdrawn, Moved})
_BY_KIND: Final = frozenset({Call, Verdict, Link, Shared, *_OF_ANOTHER})


def identity(fact: Any) -> str:
    """Return the identity of a fact within its journey: one passed on stands beside one that was keyed there."""
    kind = type(fact)
    if kind in _BY_KIND:
        if kind is Link or kind is Shared:
            return f"{kind.__name__}:{fact.id}"
        if kind is Moved:
            return f"{identity(fact.fact)}<{fact.lead}"
        if (kind is Call or kind is Verdict) and fact.number is not None:
            return f"{fact.id}@{fact.number}"
    return fact.id  # type: ignore[no-any-return]


class Draft:
    """
    A journey as a batch leaves it.

    `before` are the facts it had, `added` those that are new, `known` all of them by identity, `links` how many of
    these are links, `lost` the leads that have taken back a link meanwhile, `latest` the moment of the latest of them;
    `erased` if some of them are marks of erasures. `due_before` is the moment from which its facts were not yet visible
    (0: all were). `in_order` if each that was added lies after all before it. `related`: it is of a lead that is
    another one, or is one that another is, or was none. `simulated` if one of its events was, and `was_simulated` if
    one of those before the batch.
    """

    __slots__ = (
        "_room_for",
        "_size",
        "_unsized",
        "added",
        "before",
        "due_before",
        "erased",
        "in_order",
        "key",
        "known",
        "latest",
        "links",
        "lost",
        "own_ids",
        "related",
        "replaced",
        "simulated",
        "was_live",
        "was_simulated",
    )

    def __init__(self, key: bytes, packed: bytes | None) -> None:
        self.key = key
        self.added: list[Any] = []
        self.replaced = False
        self.links = 0
        self.lost: frozenset[str] = _NOBODY
        self.erased = False
        self._size: int | None = None
        self._unsized: list[Any] = []
        self._room_for = 0
        self.latest = -1
        self.in_order = True
        if packed is None:
            self.before: list[Any] = []
            self.known: dict[str, Any] = {}
            self.due_before, self.was_live, self.own_ids, self.related = 0, False, True, False
            self.simulated = self.was_simulated = False
            return
        self.before = before = facts_of(packed)
        self.latest = before[-1].at
        if len(before) >= _NEVER_TOO_LARGE:
            self._size = len(packed)
        _, self.due_before, flags = header(packed)
        self.was_live, self.own_ids, self.related = bool(flags & LIVE), bool(flags & OWN_IDS), bool(flags & RELATED)
        self.erased = bool(flags & ERASED)
        self.simulated = self.was_simulated = bool(flags & SIMULATED)
        if self.own_ids:
            self.known = {fact.id: fact for fact in before}
        else:
            self.known = {identity(fact): fact for fact in before}
            self.links = sum(type(fact) is Link for fact in before)

    def add(self, fact: Any, most: int) -> str | None:
        """
        Take a fact; of two contents under one identity the one of the greater revision stands, else the first.

        Returns None for a new one, and for one that was known what it is counted under. Raises Refused for a new one
        where the journey holds `most` events already, or takes no more for its size.
        """
        kind = type(fact)
        if kind in _BY_KIND:
            name = identity(fact)
            self.related = self.related or kind in _OF_ANOTHER
        else:
            name = fact.id
        known = self.known.get(name)
        if known is None:
            count = len(self.known)
            if count - self.links >= most:
                raise Refused(
                    Reason.JOURNEY_FULL,
                    None,
                    f"its lead, number or customer has {most} events already; raise RINGBOARD_JOURNEY_EVENTS",
                )
            if count >= _NEVER_TOO_LARGE:
                if self._room_for and not self.links:  # mostly, as of a rep's states
                    self._room_for -= 1
                    self._unsized.append(fact)
                else:
                    self._make_room(fact, 1, 0)
            self.known[name] = fact
            self.added.append(fact)
            at = fact.at
            if at > self.latest:
                self.latest = at
            else:
                self.in_order = False
            if name is not fact.id:
                self.own_ids = False
            return None
        if known == fact:
            return "duplicates"
        if fact.revision <= known.revision:
            return "conflicts"
        self._replace(name, fact)
        return REVISED

    def _replace(self, name: str, fact: Any) -> None:
        self.known[name] = fact
        self.added.append(fact)
        self.replaced = True
        if fact.id is not name:
            self.own_ids = False

    def move(self, fact: Any, most: int) -> None:
        """
        Take a fact that was moved here from the journey of another lead, in place of what is known of it.

        Raises Refused for a new one where the journey takes no more.
        """
        name = identity(fact)
        if name not in self.known:
            self.add(fact, most)
        elif self.known[name] != fact:
            self._replace(name, fact)

    def drop(self, gone: str) -> None:
        """Void the fact known as `gone`, or all that was moved here from the lead of that name."""
        names = [
            name for name, fact in self.known.items() if name == gone or (type(fact) is Moved and fact.lead == gone)
        ]
        for name in names:
            fact = self.known.pop(name)
            if type(fact) is Link:
                self.links -= 1
                self.lost |= {fact.id}
        if names:
            self.added = [fact for fact in self.added if identity(fact) in self.known]
            self.replaced = True

    def follow(self, fact: Any) -> None:
        """Take a fact of another journey, to which it belongs, as what follows here."""
        known = self.known.get(fact.id)
        if known is not None:
            if known != fact:
                self._replace(fact.id, fact)
            return
        self.known[fact.id] = fact
        self.added.append(fact)
        if fact.at > self.latest:
            self.latest = fact.at
        else:
            self.in_order = False

    def merge(self, fact: Any) -> None:
        """
        Take a `Link` or a `Shared`, in place of what is known of it.

        Raises Refused for a new one where the journey takes no more for its size.
        """
        name = identity(fact)
        known = self.known.get(name)
        if known != fact:
            if known is None:
                link = type(fact) is Link
                if len(self.known) >= _NEVER_TOO_LARGE:
                    self._make_room(fact, 0, link)
                self.links += link
            self.known[name] = fact
            self.replaced = True
            self.own_ids = False

    def _make_room(self, fact: Any, events: int, links: int) -> None:
        """Raise Refused if with `fact`, so many more events and links, the journey would be more than a batch bears."""
        count = len(self.known)
        if (count - self.links + events) * (self.links + links) > PASSED_ON_AT_MOST:
            held = f"its number has {count - self.links} events and {self.links} leads already"
            raise Refused(Reason.JOURNEY_FULL, None, f"{held}, too many to pass on; name the lead in its events")
        # It is measured when what has come since might, with the longest texts, have filled it.
        if not self._room_for:
            known = size_of(list(self.known.values())) if self._size is None else self._size
            self._size = size = known + size_of(self._unsized)
            self._unsized.clear()
            self._room_for = (JOURNEY_BYTES - size) // _LARGEST_FACT
            if not self._room_for:
                if size + size_of(fact) > JOURNEY_BYTES:
                    raise Refused(
                        Reason.JOURNEY_FULL,
                        None,
                        f"its lead, number or customer has events of {size} bytes already; send no more of it",
                    )
                self._room_for = 1
        self._unsized.append(fact)
        self._room_for -= 1

    @property
    def changed(self) -> bool:
        """Whether the batch has brought anything new."""
        return self.replaced or bool(self.added)

    def facts(self) -> list[Any]:
        """Return all facts, in order."""
        if self.replaced:
            return sorted(self.known.values(), key=order)
        before, added = self.before, self.added
        if self.in_order:
            return before + added
        # What is new is mostly close to the newest: what lies before it stays as it is.
        by = by_moment if self.own_ids else order
        added = sorted(added, key=by)
        place = bisect_left(before, by(added[0]), key=by)
        return before[:place] + sorted(before[place:] + added, key=by)


@dataclass(slots=True)
class Batch:
    """
    What a batch has gathered so far; `now` is the clock's time, in ms.

    `kinds` and `moments` are those of the events in it. `calls` are new outbound ones by campaign, disposition, whether
    a machine answered, and whether anybody did. `limits` are when what is open of journeys runs out, before and after.
    `erasing` are the journeys whose erasing it advances. `simulated` is the spend in it that is. `simulated_deltas` are
    what simulated journeys change, until it is marked and added to `deltas`.
    """

    now: int
    drafts: dict[bytes, Draft] = field(default_factory=dict)
    sends: list[Send] = field(default_factory=list)
    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    kinds: list[type] = field(default_factory=list)
    calls: Counter[tuple[str | None, str | None, bool, bool]] = field(default_factory=Counter)
    moments: list[int] = field(default_factory=list)
    responses: list[int] = field(default_factory=list)
    latest: int = 0
    deltas: Deltas = field(default_factory=dict)
    simulated_deltas: Deltas = field(default_factory=dict)
    journeys: dict[bytes, bytes | None] = field(default_factory=dict)
    slices: Changed = field(default_factory=Changed)
    live: dict[bytes, Any] = field(default_factory=dict)
    limits: list[tuple[bytes, int | None, int | None]] = field(default_factory=list)
    history: bool = False
    erasing: set[bytes] = field(default_factory=set)
    simulated: set[bytes] = field(default_factory=set)

    def draft(self, key: bytes, journeys: Journeys) -> Draft:
        """Return the draft of the journey of `key`, begun from what is there."""
        draft = self.drafts.get(key)
        if draft is None:
            draft = self.drafts[key] = Draft(key, journeys.get(key))
        return draft

    def move_limit(self, key: bytes, limits: tuple[int | None, int | None]) -> None:
        """Note when what is open of a journey ran out, and when it does now."""
        before, after = limits
        if before != after:
            self.limits.append((key, before, after))

    def count(self, *name: str) -> None:
        """Count something that this process has handled, for its own metrics."""
        self.counts[name] += 1
